//! `promtool check config`: verdicts, exit codes and what is said.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::files::write;
use super::program::{REGAIN, original, run, text};

/// Published files whose names do not say whether they are good.
const BAD: [&str; 3] = [
    "config_with_deprecated_am_api_config.yml",
    "otlp_allow_utf8.incompatible.yml",
    "otlp_no_translation.incompatible.yml",
];

fn published() -> Vec<PathBuf> {
    let root = std::env::var_os("REGAIN_CONFORMANCE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance"),
        PathBuf::from,
    );
    let dir = root.join("prometheus-config");
    let Ok(entries) = std::fs::read_dir(&dir) else {
        println!("skipped: {} is missing", dir.display());
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yml"));
    files.sort();
    files
}

fn is_valid(program: &Path, before: &[&str], file: &Path) -> bool {
    // Files that include others are wrong only together with them.
    let name = file.file_name().unwrap().to_str().unwrap();
    let alone = !(name.starts_with("scrape_config_files_") && name.ends_with(".bad.yml"));
    let mut command = Command::new(program);
    command.args(before).args(["check", "config"]);
    if alone {
        command.arg("--syntax-only");
    }
    match command.arg(file).output().unwrap().status.code() {
        Some(0) => true,
        Some(1) => false,
        other => panic!("{name}: exit code {other:?}"),
    }
}

#[test]
fn published_configurations_have_the_right_verdict() {
    let original = original("PROMTOOL");
    let mut wrong = Vec::new();
    for file in published() {
        let name = file.file_name().unwrap().to_str().unwrap();
        let expected =
            name.ends_with(".good.yml") || !name.ends_with(".bad.yml") && !BAD.contains(&name);
        let ours = is_valid(Path::new(REGAIN), &["promtool"], &file);
        let theirs = original.as_ref().map(|program| is_valid(program, &[], &file));
        let word = |valid| if valid { "good" } else { "bad" };
        println!("{name:<72} {:<4} {}", word(ours), theirs.map_or("", word));
        if ours != expected || theirs.is_some_and(|theirs| theirs != ours) {
            wrong.push(name.to_owned());
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// A directory with these files.
fn files(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        write(dir.path().join(name), content);
    }
    dir
}

/// Runs the check in `dir`; gives the exit code and both outputs.
fn check(dir: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(REGAIN)
        .args(["promtool", "check", "config"])
        .args(arguments)
        .current_dir(dir)
        .output()
        .unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn good_and_bad_files_are_told_apart_with_every_mistake() {
    let dir = files(&[
        ("good.yml", "global: {scrape_interval: 5s}\n"),
        ("bad.yml", "global:\n  scrape_intervall: 5s\nscrape_configs:\n- scrape_timeout: 2h\n"),
    ]);
    let (code, out, err) = check(dir.path(), &["good.yml", "bad.yml"]);
    assert_eq!(code, 1);
    assert_eq!(
        out,
        "Checking good.yml\n SUCCESS: good.yml is valid prometheus config file syntax\n\n\
         Checking bad.yml\n\n"
    );
    assert!(err.starts_with("  FAILED: bad.yml:2:3: field scrape_intervall not found"), "{err}");
    assert!(err.contains("(did you mean \"scrape_interval\"?)\nbad.yml:4:"), "{err}");
}

#[test]
fn what_a_configuration_names_must_exist() {
    let dir = files(&[
        ("tls.yml", "scrape_configs: [{job_name: a, tls_config: {cert_file: c, key_file: k}}]\n"),
        (
            "sd.yml",
            "scrape_configs: [{job_name: a, file_sd_configs: [{files: ['t*.json', 'x.json']}]}]\n",
        ),
        ("targets.json", "[{\"targets\": 5}]"),
        ("rules.yml", "rule_files: ['first.rules', 'others-*.rules']\n"),
        ("first.rules", "groups: []\n"),
    ]);
    let (code, _, err) = check(dir.path(), &["tls.yml"]);
    assert_eq!(code, 1);
    assert!(err.contains("error checking client cert file \"c\": stat c: no such file"), "{err}");
    assert_eq!(check(dir.path(), &["--syntax-only", "tls.yml"]).0, 0);
    let (code, out, err) = check(dir.path(), &["sd.yml"]);
    assert_eq!(code, 1);
    assert!(
        out.contains("WARNING: file \"x.json\" for file_sd in scrape job \"a\" does not exist")
    );
    assert!(err.contains("checking SD file \"t*.json\""), "{err}");
    let (code, out, err) = check(dir.path(), &["rules.yml"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(
        out,
        "Checking rules.yml\n  SUCCESS: 1 rule files found\n \
         SUCCESS: rules.yml is valid prometheus config file syntax\n\n\
         Checking first.rules\n  SUCCESS: 0 rules found\n\n"
    );
}

#[test]
fn complaints_are_fatal_only_where_they_are_asked_to_be() {
    let dir = files(&[("seldom.yml", "scrape_configs: [{job_name: a, scrape_interval: 10m}]\n")]);
    let lint = "--lint=too-long-scrape-interval";
    assert_eq!(check(dir.path(), &["seldom.yml"]).2, "");
    let (code, _, err) = check(dir.path(), &[lint, "seldom.yml"]);
    assert_eq!(code, 0);
    assert!(
        err.contains("too long scrape interval found") && err.contains("job: a, interval: 10m")
    );
    assert_eq!(check(dir.path(), &[lint, "--lint-fatal", "seldom.yml"]).0, 3);
    let patient = ["--query.lookback-delta=1h", lint, "--lint-fatal", "seldom.yml"];
    assert_eq!(check(dir.path(), &patient).0, 0);
}

#[test]
fn test_files_are_run_and_counted() {
    let dir = files(&[
        ("a.test", "load 1m\n  x 1 2 3\n\neval instant at 2m x\n  x 3\n"),
        ("b.test", "eval instant at 0 1 + 1\n  2\n\neval instant at 0 1 + 1\n  3\n"),
        ("c.txt", "not a test"),
    ]);
    let path = dir.path().display().to_string();
    let output = run(&["promtool", "test", "promql", &path]);
    let printed = text(&output.stdout);
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 5, "{printed}");
    assert!(lines[0].ends_with("a.test: 1 passed, 0 failed"), "{printed}");
    assert!(lines[1].ends_with("b.test: 1 passed, 1 failed"), "{printed}");
    assert!(lines[2].ends_with("b.test:4: 1 + 1"), "{printed}");
    assert_eq!(lines[4], "2 passed, 1 failed");
    assert_eq!(output.status.code(), Some(1));
    let output = run(&["promtool", "test", "promql", "--list", &path]);
    assert!(text(&output.stdout).contains("b.test:1: 1 + 1\n"), "{}", text(&output.stdout));
    let output = run(&["promtool", "test", "promql", &format!("{path}/a.test")]);
    assert!(output.status.success());
}
