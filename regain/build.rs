//! Tells the program which commit it was built from; a build outside a checkout has none.

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
}
