//! Configurations that consist of several files.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use regain_config::{Config, LoadError, LoadOptions, load_file};
use tempfile::TempDir;

/// A folder with a configuration in `prometheus.yml` and other files around it.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            let path = folder.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
        }
        folder
    }

    pub(crate) fn load_with(&self, options: &LoadOptions) -> Result<Config, LoadError> {
        load_file(&self.0.path().join("prometheus.yml"), options)
    }

    pub(crate) fn load(&self) -> Config {
        self.load_with(&LoadOptions::default()).unwrap()
    }

    /// The message of a refusal, or of something else, with the folder left out.
    pub(crate) fn local(&self, message: &impl ToString) -> String {
        message.to_string().replace(&format!("{}/", self.path().display()), "")
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

#[test]
fn paths_start_at_the_directory_of_the_file_that_has_them() {
    let folder = Folder::new(&[
        (
            "prometheus.yml",
            "rule_files: ['rules/*.yml', /etc/rules.yml]\n\
             scrape_config_files: ['jobs/*.yml']\n\
             scrape_configs:\n\
             - job_name: main\n  basic_auth: {username: u, password_file: password}\n\
             \x20 file_sd_configs: [{files: [targets/*.json]}]\n",
        ),
        (
            "jobs/node.yml",
            "scrape_configs:\n\
             - job_name: node\n  tls_config: {ca_file: ../ca.pem}\n\
             \x20 file_sd_configs: [{files: [targets.json, /abs.json]}]\n",
        ),
    ]);
    let config = folder.load();
    let path = |name: &str| folder.path().join(name);
    let text = |name: &str| path(name).to_string_lossy().into_owned();

    let rules: Vec<&str> = config.rule_files.iter().map(|rules| &*rules.pattern).collect();
    assert_eq!(rules, [&*text("rules/*.yml"), "/etc/rules.yml"]);
    let jobs: Vec<_> = config.jobs().map(|job| job.job(false)).collect();
    assert_eq!(jobs.len(), 2);
    let main = &jobs[0];
    let password = main.config.client.basic_auth.as_ref().unwrap().password_file.as_deref();
    assert_eq!(password, Some(&*path("password")));
    assert_eq!(main.files[0].files, [text("targets/*.json")]);
    let node = &jobs[1];
    assert_eq!(node.config.client.tls_config.ca_file.as_deref(), Some(&*path("ca.pem")));
    assert_eq!(node.files[0].files, [text("jobs/targets.json"), "/abs.json".to_owned()]);
}

#[test]
fn included_jobs_inherit_what_is_global() {
    let folder = Folder::new(&[
        (
            "prometheus.yml",
            "global: {scrape_interval: 7s, sample_limit: 3}\nscrape_config_files: [more.yml]\n",
        ),
        ("more.yml", "scrape_configs: [{job_name: a}, {job_name: b, scrape_interval: 5s}]\n"),
    ]);
    let config = folder.load();
    let jobs: Vec<_> = config.jobs().collect();
    let seconds: Vec<_> = jobs.iter().map(|job| job.scrape_interval.as_secs()).collect();
    assert_eq!(seconds, [7, 5]);
    assert!(jobs.iter().all(|job| job.limits.sample_limit == 3));
    assert!(!config.to_yaml().contains("job_name"), "included jobs belong to their files");
}

#[test]
fn mistakes_in_all_files_come_together() {
    let folder = Folder::new(&[
        (
            "prometheus.yml",
            "scrape_config_files: [a.yml, b.yml, a.yml]\nscrape_configs:\n- job_name: one\n  sheme: x\n",
        ),
        ("a.yml", "scrape_configs:\n- job_name: two\n  scrape_interval: 1\n"),
        ("b.yml", "scrape_configs:\n- job_name: one\n"),
    ]);
    let error = folder.load_with(&LoadOptions::default()).unwrap_err();
    let message = folder.local(&error);
    assert_eq!(
        message.lines().collect::<Vec<_>>(),
        [
            "prometheus.yml:4:3: field sheme not found in type config.ScrapeConfig (did you mean \"scheme\"?)",
            "a.yml:3:20: not a valid duration string: \"1\"",
            "b.yml:2:13: found multiple scrape configs with job name \"one\", first found in \"prometheus.yml\"",
        ]
    );
}

#[test]
fn included_files_can_be_left_alone() {
    let folder = Folder::new(&[
        ("prometheus.yml", "scrape_config_files: [broken.yml]\n"),
        ("broken.yml", "scrape_configs: 7\n"),
    ]);
    let options = LoadOptions { syntax_only: true, ..LoadOptions::default() };
    assert!(folder.load_with(&options).is_ok());
    assert!(folder.load_with(&LoadOptions::default()).is_err());
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = Folder::new(&[]);
    let error = folder.load_with(&LoadOptions::default()).unwrap_err();
    assert_eq!(folder.local(&error), "open prometheus.yml: no such file or directory");
}

#[test]
fn bytes_that_are_no_text_are_located() {
    let folder = Folder::new(&[("prometheus.yml", "")]);
    let mut file = fs::File::create(folder.path().join("prometheus.yml")).unwrap();
    file.write_all(b"global:\n  a: \xff\n").unwrap();
    let error = folder.load_with(&LoadOptions::default()).unwrap_err();
    assert_eq!(folder.local(&error), "prometheus.yml:2:6: yaml: invalid UTF-8");
}

#[test]
fn a_check_looks_at_the_files_that_are_named() {
    let folder = Folder::new(&[
        (
            "prometheus.yml",
            "rule_files: ['rules/*.yml', gone.yml]\n\
             scrape_configs:\n\
             - job_name: a\n  authorization: {credentials_file: token}\n\
             \x20 tls_config: {cert_file: cert.pem, key_file: key.pem}\n\
             \x20 file_sd_configs: [{files: [good.json, bad.yml, none.json]}]\n",
        ),
        ("rules/1.yml", ""),
        ("rules/2.yml", ""),
        ("key.pem", ""),
        ("good.json", "[]"),
        ("bad.yml", "- targets: [a:1]\n  label: {}\n"),
    ]);
    let checked = folder.load().check_files();
    let rules: Vec<String> =
        checked.rule_files.iter().map(|path| folder.local(&path.display())).collect();
    assert_eq!(rules, ["rules/1.yml", "rules/2.yml"]);
    let errors: Vec<String> = checked.errors.iter().map(|error| folder.local(error)).collect();
    assert_eq!(
        errors,
        [
            "\"gone.yml\" does not point to an existing file",
            "error checking authorization credentials or bearer token file \"token\": stat token: no such file or directory",
            "error checking client cert file \"cert.pem\": stat cert.pem: no such file or directory",
            "checking SD file \"bad.yml\": bad.yml:2:3: field label not found in type targetgroup.Group (did you mean \"labels\"?)",
        ]
    );
    let warnings: Vec<String> =
        checked.warnings.iter().map(|warning| folder.local(warning)).collect();
    assert_eq!(warnings, ["file \"none.json\" for file_sd in scrape job \"a\" does not exist"]);
}
