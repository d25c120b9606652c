//! Looks whether the files of the configuration have changed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use regain_config::Config;
use regain_discovery::matching_files;

/// What a configuration is read from, and what was in there.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    files: Vec<PathBuf>,
    patterns: Vec<String>,
    last: Option<u64>,
}

impl Watch {
    /// Watches the file `path`, what `config`, which was read from it, includes, and `more` files.
    pub(super) fn new(path: &Path, config: &Config, more: &[PathBuf]) -> Self {
        let patterns = config.scrape_config_files.iter().chain(&config.rule_files);
        let patterns = patterns.map(|pattern| pattern.pattern.clone()).collect();
        let files = [path.to_owned()].into_iter().chain(more.iter().cloned()).collect();
        let mut watch = Self { files, patterns, last: None };
        watch.last = watch.fingerprint().ok();
        watch
    }

    /// Whether anything is different from the last time that this was asked. Files that cannot be
    /// read are no difference: a reload would fail.
    pub(super) fn has_changed(&mut self) -> io::Result<bool> {
        let now = self.fingerprint()?;
        Ok(self.last.replace(now) != Some(now))
    }

    fn fingerprint(&self) -> io::Result<u64> {
        let mut files = self.files.clone();
        for pattern in &self.patterns {
            files.extend(matching_files(pattern).unwrap_or_default());
        }
        let mut hasher = DefaultHasher::new();
        for file in files {
            file.hash(&mut hasher);
            std::fs::read(&file)?.hash(&mut hasher);
        }
        Ok(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write as _;

    use regain_config::LoadOptions;

    use super::*;

    fn write(path: &Path, content: &str) {
        File::create(path).unwrap().write_all(content.as_bytes()).unwrap();
    }

    #[test]
    fn a_file_that_is_included_counts_like_the_file_itself() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        write(&path("main.yml"), "scrape_config_files: ['jobs-*.yml']\n");
        let config = regain_config::load_file(&path("main.yml"), &LoadOptions::default()).unwrap();
        let mut watch = Watch::new(&path("main.yml"), &config, &[]);
        assert!(!watch.has_changed().unwrap());
        write(&path("jobs-a.yml"), "scrape_configs: []\n");
        assert!(watch.has_changed().unwrap());
        assert!(!watch.has_changed().unwrap());
        write(&path("main.yml"), "{}\n");
        assert!(watch.has_changed().unwrap());
    }
}
