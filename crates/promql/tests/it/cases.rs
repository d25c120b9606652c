//! Our own files in `tests/cases`: every case of every file passes.

use std::fs;
use std::path::Path;

use regain_promql::Engine;
use regain_promql::test_language::{self, BadScript, FileReport};

/// Runs all files in `folder` below `tests/cases` and returns how many cases they have.
fn check(folder: &str, run: impl Fn(&str, &str) -> Result<FileReport, BadScript>) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder);
    let (mut complaints, mut cases) = (Vec::new(), 0);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let name = path.display().to_string();
        match run(&name, &fs::read_to_string(&path).unwrap()) {
            Ok(report) => {
                cases += report.cases.len();
                complaints.extend(report.complaints());
            }
            Err(bad) => complaints.push(bad.to_string()),
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    cases
}

#[test]
fn every_case_passes() {
    let cases = check("", test_language::run);
    assert!(cases > 400, "only {cases} cases were found");
}

#[test]
fn names_go_at_once_by_default() {
    let engine = Engine::default();
    let cases = check("names_at_once", |name, text| test_language::run_with(&engine, name, text));
    assert!(cases > 10, "only {cases} cases were found");
}
