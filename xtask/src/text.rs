//! Length, white space and words.

use std::path::Path;

use crate::complaint::Complaints;
use crate::sources::{Source, Sources};

/// The most lines a source file may have.
const LINES_MAX: usize = 500;

/// File names that say nothing about what they hold.
const NAMES: [&str; 8] = [
    "utils.rs",
    "util.rs",
    "helpers.rs",
    "helper.rs",
    "common.rs",
    "misc.rs",
    "mod.rs",
    "types.rs",
];

/// Words that do not belong in a finished file, cut in two so that this file passes its own check.
const WORDS: [(&str, &str); 9] = [
    ("FIX", "ME"),
    ("TO", "DO"),
    ("XX", "X"),
    ("dbg", "!("),
    ("todo", "!("),
    ("unimplemented", "!("),
    ("#[ig", "nore"),
    ("#[al", "low("),
    ("Phase", " 1"),
];

/// Complains about the text of every file.
pub(crate) fn check(sources: &Sources, complaints: &mut Complaints) {
    for source in sources.iter() {
        check_file(source, complaints);
    }
}

fn check_file(source: &Source, complaints: &mut Complaints) {
    let path: &Path = &source.path;
    let prose = path.extension().is_some_and(|extension| extension == "md");
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if NAMES.contains(&name) {
        complaints.about(&path.display().to_string(), "name it after what it holds");
    }
    let lines = source.text.lines().count();
    if !prose && lines > LINES_MAX {
        complaints.at(path, lines, &format!("{lines} lines; one idea a file, at most {LINES_MAX}"));
    }
    for (index, line) in source.text.lines().enumerate() {
        if line.ends_with([' ', '\t']) {
            complaints.at(path, index + 1, "trailing white space");
        }
        if !prose {
            check_words(path, index + 1, line, complaints);
        }
    }
    if !source.text.is_empty() && !source.text.ends_with('\n') {
        complaints.at(path, lines, "no line end at the end of the file");
    }
    if source.is_rust() && !source.text.starts_with("//!") && !source.text.starts_with("#![") {
        let tests = name == "tests.rs" || path.components().any(|part| part.as_os_str() == "tests");
        if !tests {
            complaints.at(path, 1, "say in a module comment what this file is and why");
        }
    }
}

fn check_words(path: &Path, number: usize, line: &str, complaints: &mut Complaints) {
    for (head, tail) in WORDS {
        let mut from = 0;
        while let Some(at) = line.get(from..).and_then(|rest| rest.find(head)) {
            let end = from + at + head.len();
            if line.get(end..).is_some_and(|rest| rest.starts_with(tail)) {
                complaints.at(path, number, &format!("`{head}{tail}` does not belong here"));
            }
            from = end;
        }
    }
}
