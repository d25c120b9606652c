//! `promtool test promql`: runs files in the language that upstream specifies its queries with.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use regain_promql::test_language::{self, Tally};

use crate::exit;
use crate::flags::Line;

/// What the files of a directory are called that hold tests.
const EXTENSION: &str = "test";

/// Runs all files; prints a line about each and a few about each case that does not pass, and how many of all
/// cases pass in the last one.
pub(super) fn main(line: &Line) -> ExitCode {
    let (mut all, mut unreadable) = (Tally::default(), false);
    for path in &line.arguments {
        let files = match files_of(Path::new(path)) {
            Ok(files) => files,
            Err(error) => {
                exit::complain(&format!("{path}: {error}"));
                unreadable = true;
                continue;
            }
        };
        for file in files {
            match run(&file, line.is_on("list")) {
                Ok(tally) => all = all + tally,
                Err(why) => {
                    exit::complain(&why);
                    unreadable = true;
                }
            }
        }
    }
    exit::say(&all.to_string());
    if unreadable || all.passed < all.cases() { exit::FAILURE } else { exit::SUCCESS }
}

/// The file itself, or the test files of a directory and of those below it, sorted.
fn files_of(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !std::fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries = std::fs::read_dir(path)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    let mut files = Vec::new();
    for entry in entries {
        if entry.is_dir() {
            files.append(&mut files_of(&entry)?);
        } else if entry.extension().is_some_and(|extension| extension == EXTENSION) {
            files.push(entry);
        }
    }
    Ok(files)
}

fn run(file: &Path, list: bool) -> Result<Tally, String> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| format!("{name}: {error}"))?;
    let report = test_language::run(&name, &text).map_err(|bad| bad.to_string())?;
    exit::say(&report.to_string());
    if list {
        report.list().for_each(|case| exit::say(&case));
    }
    report.complaints().for_each(|complaint| exit::say(&complaint));
    Ok(report.tally())
}
