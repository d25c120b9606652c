//! `promtool check rules`, and the rules of `promtool check config`: verdicts, exit codes and what is said.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::files::write;
use super::program::{REGAIN, original, text};

/// The exit code and both outputs.
type Said = (i32, String, String);

fn check(dir: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(REGAIN);
    said(command.arg("promtool").args(arguments).current_dir(dir))
}

fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// Rules that are good, that are duplicates, that have two mistakes, that have a field nobody knows, and that need an
/// experiment.
const FILES: [(&str, &str); 5] = [
    (
        "good.yml",
        "groups:\n- name: g\n  rules: [{record: a, expr: up}, {alert: B, expr: up == 0}]\n",
    ),
    (
        "twice.yml",
        "groups:\n- name: g\n  rules: [{record: a, expr: 1, labels: {x: y}}, \
         {record: a, expr: 2, labels: {x: y}}]\n",
    ),
    ("bad.yml", "groups:\n- name: g\n  rules:\n  - {record: a, expr: rate(}\n  - {alert: B}\n"),
    (
        "extended.yml",
        "groups:\n- name: g\n  owner: me\n  rules: [{record: a, expr: up, runbook: r}]\n",
    ),
    (
        "experiment.yml",
        "groups:\n- name: g\n  rules: [{record: a, expr: 'mad_over_time(x[5m])'}]\n",
    ),
];

fn files() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in FILES {
        write(dir.path().join(name), content);
    }
    dir
}

#[test]
fn verdicts_and_exit_codes_are_promtools() {
    let original = original("PROMTOOL");
    let dir = files();
    let published = |folder: &str| {
        let root = std::env::var_os("REGAIN_CONFORMANCE").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance"),
            PathBuf::from,
        );
        let Ok(entries) = root.join(folder).read_dir() else {
            println!("skipped: {folder} is missing in {}", root.display());
            return Vec::new();
        };
        entries.map(|entry| entry.unwrap().path().display().to_string()).collect()
    };
    let mut cases: Vec<(Vec<&str>, Option<i32>)> = vec![
        (vec!["good.yml"], Some(0)),
        (vec!["twice.yml"], Some(0)),
        (vec!["--lint-fatal", "good.yml"], Some(0)),
        (vec!["--lint-fatal", "twice.yml"], Some(3)),
        (vec!["--lint-fatal", "--lint=none", "twice.yml"], Some(0)),
        (vec!["--lint-fatal", "--lint=all", "twice.yml", "good.yml"], Some(3)),
        (vec!["--lint=nonsense", "good.yml"], Some(0)),
        (vec!["bad.yml"], Some(1)),
        (vec!["--lint-fatal", "twice.yml", "bad.yml"], Some(1)),
        (vec!["extended.yml"], Some(1)),
        (vec!["--ignore-unknown-fields", "extended.yml"], Some(0)),
        (vec!["experiment.yml"], Some(1)),
        (vec!["--enable-feature=promql-experimental-functions", "experiment.yml"], Some(0)),
    ];
    let published = [published("rules"), published("rulefmt")].concat();
    cases.extend(published.iter().map(|file| (vec!["--lint-fatal", file.as_str()], None)));
    for (arguments, expected) in cases {
        let (code, out, err) = check(dir.path(), &[&["check", "rules"], &arguments[..]].concat());
        if let Some(expected) = expected {
            assert_eq!(code, expected, "{arguments:?}: {out}{err}");
        }
        assert_eq!(
            err.is_empty(),
            code == 0 && !out.ends_with("twice.yml\n\n"),
            "{arguments:?}: {err}"
        );
        if let Some(original) = &original {
            let mut command = Command::new(original);
            let theirs =
                said(command.args(["check", "rules"]).args(&arguments).current_dir(dir.path()));
            assert_eq!((code, &out), (theirs.0, &theirs.1), "{arguments:?}: {}", theirs.2);
        }
    }
}

#[test]
fn every_mistake_is_named_with_its_place() {
    let (code, out, err) = check(files().path(), &["check", "rules", "bad.yml", "good.yml"]);
    assert_eq!(code, 1);
    assert_eq!(out, "Checking bad.yml\nChecking good.yml\n  SUCCESS: 2 rules found\n\n");
    assert!(err.starts_with("  FAILED:\nbad.yml:4:"), "{err}");
    assert!(err.contains("could not parse expression"), "{err}");
    assert!(
        err.contains("\nbad.yml:5:5: group \"g\", rule 2, \"B\": field 'expr' must be set"),
        "{err}"
    );
}

#[test]
fn rules_may_come_through_the_standard_input() {
    for (rules, expected) in [
        (FILES[0].1, (0, "Checking standard input\n  SUCCESS: 2 rules found\n\n", "")),
        ("groups: 1\n", (1, "Checking standard input\n", "  FAILED:\nstandard input:1:9: ")),
    ] {
        let mut child = Command::new(REGAIN)
            .args(["promtool", "check", "rules"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(rules.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let (code, out, err) = expected;
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(code), out));
        assert!(text(&output.stderr).starts_with(err), "{}", text(&output.stderr));
    }
}

#[test]
fn the_rules_that_a_configuration_names_are_checked_with_it() {
    let dir = files();
    write(dir.path().join("prometheus.yml"), "rule_files: [good.yml, 'tw*.yml']\n");
    write(dir.path().join("worse.yml"), "rule_files: [bad.yml]\n");
    let (code, out, err) = check(dir.path(), &["check", "config", "prometheus.yml"]);
    assert_eq!(code, 0);
    assert!(out.contains("2 rule files found\n"), "{out}");
    assert!(
        out.ends_with("\n\nChecking good.yml\n  SUCCESS: 2 rules found\n\nChecking twice.yml\n\n")
    );
    assert!(err.contains("1 duplicate rule(s) found."), "{err}");
    let config = |flags: &[&str], file| {
        check(dir.path(), &[&["check", "config"], flags, &[file]].concat()).0
    };
    assert_eq!(config(&["--lint-fatal"], "prometheus.yml"), 3);
    assert_eq!(config(&["--lint-fatal", "--lint=none"], "prometheus.yml"), 0);
    assert_eq!(config(&["--lint-fatal", "--lint=too-long-scrape-interval"], "prometheus.yml"), 0);
    assert_eq!(config(&[], "worse.yml"), 1);
    assert_eq!(config(&["--syntax-only"], "worse.yml"), 0);
}
