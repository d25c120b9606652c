//! Upstream's own files: how many of their cases pass, never fewer than before.

use std::fs;
use std::path::{Path, PathBuf};

use regain_promql::test_language::{self, Tally};

/// For each file how many cases pass at least, and how many it has.
const FLOORS: [(&str, usize, usize); 21] = [
    ("aggregators", 0, 160),
    ("at_modifier", 0, 71),
    ("collision", 0, 2),
    ("duration_expression", 0, 59),
    ("extended_vectors", 0, 169),
    ("fill-modifier", 0, 46),
    ("functions", 0, 431),
    ("histograms", 0, 185),
    ("info", 0, 42),
    ("limit", 0, 37),
    ("literals", 0, 25),
    ("name_label_dropping", 0, 30),
    ("native_histograms", 0, 522),
    ("operators", 0, 213),
    ("range_queries", 0, 18),
    ("selectors", 0, 31),
    ("staleness", 0, 17),
    ("start_timestamps", 0, 26),
    ("subquery", 0, 34),
    ("trig_functions", 0, 19),
    ("type_and_unit", 0, 58),
];

fn folder() -> PathBuf {
    let root = std::env::var_os("REGAIN_CONFORMANCE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"),
        PathBuf::from,
    );
    root.join("promql")
}

#[test]
fn as_many_upstream_cases_pass_as_before() {
    let folder = folder();
    if !folder.is_dir() {
        eprintln!("SKIPPED: no conformance data in {}", folder.display());
        return;
    }
    let (mut total, mut below) = (Tally::default(), Vec::new());
    for (file, floor, cases) in FLOORS {
        let path = folder.join(file).with_extension("test");
        let text = fs::read_to_string(&path).unwrap();
        let report = test_language::run(file, &text).unwrap_or_else(|bad| panic!("{bad}"));
        eprintln!("{report}");
        let tally = report.tally();
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
