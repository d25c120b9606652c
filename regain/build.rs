//! Tells the program which commit it was built from, and the linker what makes it small. A build outside a checkout has
//! no commit.

use std::process::Command;

fn main() {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let revision = git(&["rev-parse", "HEAD"]).unwrap_or_default();
    let branch = git(&["rev-parse", "--abbrev-ref", "HEAD"]).unwrap_or_default();
    println!("cargo::rustc-env=REGAIN_REVISION={revision}");
    println!("cargo::rustc-env=REGAIN_BRANCH={branch}");
    // The log of HEAD grows with each commit; HEAD itself changes only with the branch.
    println!("cargo::rerun-if-changed=../.git/logs/HEAD");
    for argument in link_arguments() {
        println!("cargo::rustc-link-arg-bins=-Wl,{argument}");
    }
}

/// The first version of glibc that reads relocations in their short form.
const GLIBC_WITH_RELR: (u32, u32) = (2, 36);

/// What makes the linked program smaller, where the compiler links with its own lld: functions with the same code once,
/// and relocations in a twentieth of the space.
#[expect(clippy::disallowed_methods, reason = "a build script lives by its environment")]
fn link_arguments() -> Vec<&'static str> {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let is_release = variable("PROFILE") == "release";
    let is_lld = variable("TARGET") == "x86_64-unknown-linux-gnu"
        && variable("RUSTC_LINKER").is_empty()
        && !variable("CARGO_ENCODED_RUSTFLAGS").contains("link");
    if !is_release || !is_lld {
        return Vec::new();
    }
    let mut arguments = vec!["--icf=all"];
    // An older system would not start the program, and who builds here runs it here.
    if glibc().is_some_and(|version| version >= GLIBC_WITH_RELR) {
        arguments.push("-z,pack-relative-relocs");
    }
    arguments
}

/// The version of this system's C library, if it is glibc.
fn glibc() -> Option<(u32, u32)> {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
