//! How much memory the process has, and how much it may have.

use std::fs;
use std::path::{Path, PathBuf};

/// The memory that the process has to itself, in bytes; `None` where the kernel does not say.
pub(super) fn used_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    kibibytes(&status, "RssAnon:")
}

/// The memory that the process may have, in bytes: that of its control group, or all there is.
pub(super) fn max_bytes() -> Option<u64> {
    let there_is = fs::read_to_string("/proc/meminfo").ok();
    let there_is = there_is.and_then(|text| kibibytes(&text, "MemTotal:"));
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    of_groups(&groups, Path::new("/sys/fs/cgroup")).into_iter().chain(there_is).min()
}

fn kibibytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let number: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    number.checked_mul(1024)
}

/// The smallest limit of the groups in `/proc/self/cgroup` and of those around them, below `root`.
fn of_groups(groups: &str, root: &Path) -> Option<u64> {
    let limits = groups.lines().filter_map(|line| {
        let (_, line) = line.split_once(':')?;
        let (controllers, path) = line.split_once(':')?;
        let (root, file) = if controllers.is_empty() {
            (root.to_owned(), "memory.max")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            (root.join("memory"), "memory.limit_in_bytes")
        } else {
            return None;
        };
        of_group(&root, path.trim_start_matches('/'), file)
    });
    limits.min()
}

/// The smallest limit on the way from a group up to the root. In a container the path may be one of outside, and then
/// only the root is there.
fn of_group(root: &Path, path: &str, file: &str) -> Option<u64> {
    let group: PathBuf = root.join(path);
    let around = group.ancestors().take_while(|dir| dir.starts_with(root));
    let limit = |dir: &Path| fs::read_to_string(dir.join(file)).ok()?.trim().parse().ok();
    around.filter_map(limit).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(dir: &Path, file: &str, text: &str) {
        fs::create_dir_all(dir).unwrap();
        #[expect(
            clippy::disallowed_methods,
            reason = "a file of a test, which nobody reads meanwhile"
        )]
        fs::write(dir.join(file), text).unwrap();
    }

    #[test]
    fn the_smallest_limit_on_the_way_up_counts() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        assert_eq!(of_groups("0::/a/b\n", root), None);
        put(root, "memory.max", "max\n");
        assert_eq!(of_groups("0::/a/b\n", root), None);
        put(&root.join("a"), "memory.max", "5000\n");
        put(&root.join("a/b"), "memory.max", "7000\n");
        assert_eq!(of_groups("0::/a/b\n", root), Some(5000));
        assert_eq!(of_groups("0::/\n", root), None);
        // The first version has a directory for each controller.
        put(&root.join("memory/a"), "memory.limit_in_bytes", "3000\n");
        let first = "4:cpu,cpuacct:/a\n3:memory:/a\n";
        assert_eq!(of_groups(first, root), Some(3000));
        assert_eq!(of_groups("4:cpu,cpuacct:/a\n", root), None);
    }

    #[test]
    fn the_kernel_tells_of_this_process() {
        let (used, max) = (used_bytes().unwrap(), max_bytes().unwrap());
        assert!(used > 0 && used < max, "{used} of {max}");
    }
}
