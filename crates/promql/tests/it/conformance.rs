//! Upstream's own files: how many of their cases pass, never fewer than before.

use std::fs;
use std::path::{Path, PathBuf};

use regain_promql::test_language::{self, BadScript, FileReport, Tally};
use regain_promql::{Engine, EngineOptions, Features};

/// For each file how many cases pass at least, and how many it has.
const FLOORS: [(&str, usize, usize); 21] = [
    ("aggregators", 160, 160),
    ("at_modifier", 71, 71),
    ("collision", 2, 2),
    ("duration_expression", 59, 59),
    ("extended_vectors", 169, 169),
    ("fill-modifier", 46, 46),
    ("functions", 431, 431),
    ("histograms", 185, 185),
    ("info", 42, 42),
    ("limit", 37, 37),
    ("literals", 25, 25),
    ("name_label_dropping", 30, 30),
    ("native_histograms", 522, 522),
    ("operators", 213, 213),
    ("range_queries", 18, 18),
    ("selectors", 31, 31),
    ("staleness", 17, 17),
    ("start_timestamps", 26, 26),
    ("subquery", 34, 34),
    ("trig_functions", 19, 19),
    ("type_and_unit", 58, 58),
];

/// The same files where names are dropped at once, as a server does by default: how many cases
/// expect something else then, because their names or what is said about names are upstream's for
/// names that go last.
const OTHERWISE_AT_ONCE: [(&str, usize); 4] = [
    ("histograms", 12),
    ("name_label_dropping", 8),
    ("native_histograms", 14),
    ("type_and_unit", 4),
];

fn folder() -> Option<PathBuf> {
    let root = std::env::var_os("REGAIN_CONFORMANCE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"),
        PathBuf::from,
    );
    let folder = root.join("promql");
    if !folder.is_dir() {
        eprintln!("SKIPPED: no conformance data in {}", folder.display());
        return None;
    }
    Some(folder)
}

/// Runs all files, prints a line for each, and refuses any with fewer passing cases than `floor`.
fn check(
    floor: impl Fn(&str, usize) -> usize,
    run: impl Fn(&str, &str) -> Result<FileReport, BadScript>,
) {
    let Some(folder) = folder() else { return };
    let (mut total, mut below) = (Tally::default(), Vec::new());
    for (file, passing, cases) in FLOORS {
        let text = fs::read_to_string(folder.join(file).with_extension("test")).unwrap();
        let report = run(file, &text).unwrap_or_else(|bad| panic!("{bad}"));
        eprintln!("{report}");
        let (tally, floor) = (report.tally(), floor(file, passing));
        assert_eq!(tally.cases(), cases, "{file}");
        if tally.passed < floor {
            below.extend(report.complaints());
            below.push(format!("{file}: {} cases pass, {floor} did", tally.passed));
        }
        total = total + tally;
    }
    eprintln!("{total}");
    assert!(below.is_empty(), "{}", below.join("\n"));
}

#[test]
fn as_many_upstream_cases_pass_as_before() {
    check(|_, passing| passing, test_language::run);
}

#[test]
fn dropping_names_at_once_changes_little() {
    let features = Features { start_timestamps: true, ..Features::default() };
    let engine = Engine::new(EngineOptions { features, ..EngineOptions::default() });
    let otherwise = |file: &str| OTHERWISE_AT_ONCE.iter().find(|(name, _)| *name == file);
    check(
        |file, passing| passing - otherwise(file).map_or(0, |(_, cases)| *cases),
        |name, text| test_language::run_with(&engine, name, text),
    );
}
