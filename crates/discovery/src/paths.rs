//! Paths and patterns in configuration files.

use std::path::{Component, Path, PathBuf};

use glob::PatternError;

/// The path that a configuration file in `dir` means by `path`: an absolute or empty path as it is,
/// a relative one below `dir`, without `.` and without `..` where that can be told from the text.
pub fn join_dir(dir: &Path, path: &str) -> String {
    if path.is_empty() || Path::new(path).is_absolute() {
        return path.to_owned();
    }
    clean(&dir.join(path)).to_string_lossy().into_owned()
}

/// Shortens a path by its text alone, as Go's `filepath.Clean` does.
fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match clean.components().next_back() {
                Some(Component::Normal(_)) => {
                    clean.pop();
                }
                Some(Component::RootDir) => {}
                _ => clean.push(".."),
            },
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => {
                clean.push(component);
            }
        }
    }
    if clean.as_os_str().is_empty() { PathBuf::from(".") } else { clean }
}

/// The existing paths that match `pattern`, sorted. What cannot be read does not match.
///
/// The pattern is Go's: stars in a row mean the same as one, and `^` negates a class.
pub fn matching_files(pattern: &str) -> Result<Vec<PathBuf>, PatternError> {
    let mut go = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        match character {
            '*' if go.ends_with('*') => {}
            '^' if go.ends_with('[') => go.push('!'),
            _ => go.push(character),
        }
    }
    let mut files: Vec<PathBuf> = glob::glob(&go)?.filter_map(Result::ok).collect();
    files.sort_unstable();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_are_joined_and_cleaned() {
        for (dir, path, expected) in [
            ("/etc/prom", "rules.yml", "/etc/prom/rules.yml"),
            ("/etc/prom", "/abs.yml", "/abs.yml"),
            ("/etc/prom", "../x/./y.yml", "/etc/x/y.yml"),
            ("/", "../x", "/x"),
            ("conf", "../../x", "../x"),
            ("", "x", "x"),
            ("/etc", "", ""),
        ] {
            assert_eq!(join_dir(Path::new(dir), path), expected, "{dir} {path}");
        }
    }
}
