//! `/proc/1/mountinfo`: what is mounted where.

use crate::error::CollectError;
use crate::roots::{Roots, read_text};
use crate::sink::Sink;

/// Is one mounted file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) device: String,
    /// Is the mount point as the host sees it.
    pub(super) point: String,
    pub(super) fs_type: String,
    pub(super) major: u32,
    pub(super) minor: u32,
    pub(super) read_only: bool,
}

/// Reads the mounts of the first process, or of this one where the first is hidden.
pub(super) fn read(roots: &Roots) -> Result<Vec<Mount>, CollectError> {
    let mut path = roots.proc("1/mountinfo");
    let text = match read_text(&path) {
        Err(error) if error.is_missing() => {
            path = roots.proc("self/mountinfo");
            read_text(&path)?
        }
        read => read?,
    };
    let mut mounts = Vec::new();
    for line in text.lines() {
        match parse_line(roots, line) {
            Some(mount) => mounts.push(mount),
            None => Sink::odd_line(&path, line),
        }
    }
    Ok(mounts)
}

/// Reads one line, see `proc_pid_mountinfo(5)`: the last four words are a hyphen, the type, the source
/// and the options of the file system.
fn parse_line(roots: &Roots, line: &str) -> Option<Mount> {
    let words: Vec<&str> = line.split(' ').collect();
    let [_, _, version, _, point, options, .., "-", fs_type, source, super_options] =
        words.as_slice()
    else {
        return None;
    };
    let (major, minor) = version.split_once(':')?;
    // Blanks are escaped as in fstab(5); upstream undoes these two and no other.
    let point = point.replace("\\040", " ").replace("\\011", "\t");
    let read_only = options.split(',').any(|option| option == "ro")
        || super_options.split(',').any(|option| matches!(option, "ro" | "emergency_ro"));
    Some(Mount {
        device: (*source).to_owned(),
        point: roots.strip_root(&point).to_owned(),
        fs_type: (*fs_type).to_owned(),
        major: major.parse().ok()?,
        minor: minor.parse().ok()?,
        read_only,
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;

    fn roots() -> Roots {
        Roots { root: PathBuf::from("/host"), ..Roots::default() }
    }

    #[test]
    fn reads_mounts_as_the_host_sees_them() {
        let mount = |line| parse_line(&roots(), line);
        let check = |line, expected: Option<(&str, &str, bool)>| {
            let mount = mount(line);
            let seen = mount.as_ref().map(|m| (m.device.as_str(), m.point.as_str(), m.read_only));
            assert_eq!(seen, expected, "{line}");
        };
        check(
            "29 1 8:1 / /host rw,relatime shared:7 - ext4 /dev/sda1 rw,errors=remount-ro",
            Some(("/dev/sda1", "/", false)),
        );
        check(
            r"30 29 0:51 / /host/a\040b ro,nosuid - tmpfs tmpfs rw",
            Some(("tmpfs", "/a b", true)),
        );
        check("30 29 0:51 / /m rw - ext4 /dev/x rw,emergency_ro", Some(("/dev/x", "/m", true)));
        check(
            "30 29 0:51 / /m rw shared:1 master:2 - nfs h:/x rw,prot=ro",
            Some(("h:/x", "/m", false)),
        );
        check("30 29 051 / /m rw - tmpfs tmpfs rw", None);
        check("30 29 0:51 / /m rw tmpfs tmpfs rw", None);
        check("", None);
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in "([0-9]+ ){0,2}[ -~]{0,80}( - [a-z]+ [a-z]+ [a-z,]+)?") {
            parse_line(&roots(), &line);
        }
    }
}
