//! Upstream's own files: each has the verdict that upstream gives it, for a reason that upstream names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regain_config::{LoadOptions, load_file};

const TABLE: &str = include_str!("conformance.tsv");

/// The files whose verdict is left out, each with the reason.
const LEFT_OUT: [(&str, &str); 0] = [];

fn folder() -> PathBuf {
    let root = std::env::var_os("REGAIN_CONFORMANCE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"),
        PathBuf::from,
    );
    root.join("prometheus-config")
}

struct Case {
    file: &'static str,
    verdict: &'static str,
    message: &'static str,
}

fn cases() -> Vec<Case> {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    let case = |row: &'static str| {
        let cells: Vec<&str> = row.split('\t').collect();
        let [file, verdict, message] = cells[..] else { panic!("row {row:?} has not three cells") };
        Case { file, verdict, message }
    };
    rows.map(case).collect()
}

/// What is wrong with the verdict on a file, and the message of a refusal.
fn judge(folder: &Path, case: &Case, agent: bool) -> Result<String, String> {
    let options = LoadOptions { agent, ..LoadOptions::default() };
    let refused = case.verdict == "bad" || agent && case.verdict == "agent";
    match (load_file(&folder.join(case.file), &options), refused) {
        (Ok(_), false) => Ok("loads".to_owned()),
        (Ok(_), true) => Err(format!("loads, but should be refused: {}", case.message)),
        (Err(error), true) if error.to_string().contains(case.message) => {
            let prefix = format!("{}/", folder.display());
            Ok(format!("is refused: {}", error.to_string().replace(&prefix, "")))
        }
        (Err(error), true) => {
            Err(format!("is refused for another reason: {error}\n  expected: {}", case.message))
        }
        (Err(error), false) => Err(format!("is refused: {error}")),
    }
}

#[test]
fn every_file_of_upstream_has_its_verdict() {
    let folder = folder();
    if !folder.is_dir() {
        println!("SKIPPED: {} does not exist", folder.display());
        return;
    }
    let (mut wrong, mut right) = (Vec::new(), 0);
    for case in cases() {
        if LEFT_OUT.iter().any(|(file, _)| *file == case.file) {
            continue;
        }
        for agent in [false, true] {
            if agent && case.verdict != "agent" && !case.file.starts_with("agent_mode") {
                continue;
            }
            match judge(&folder, &case, agent) {
                Ok(verdict) => {
                    right += 1;
                    println!("{} {verdict}", case.file);
                }
                Err(complaint) => wrong.push(format!("{} {complaint}", case.file)),
            }
        }
    }
    println!("{right} verdicts are right, {} are wrong", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_of_upstream_is_in_the_table() {
    let folder = folder();
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("SKIPPED: {} does not exist", folder.display());
        return;
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = names.filter(|name| name.contains(".yml")).collect();
    let listed: BTreeSet<String> = cases().iter().map(|case| case.file.to_owned()).collect();
    let absent: Vec<&String> = files.difference(&listed).collect();
    assert!(absent.is_empty(), "not in the table: {absent:?}");
}
