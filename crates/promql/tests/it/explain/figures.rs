//! What the nodes are told about themselves.

use std::fmt::Write as _;

use regain_promql::{Evaluation, Explanation, Figures};
use regain_storage::memory::MemoryStore;

use super::{MINUTE, NOW, SECOND, add, explain, explain_range};

/// Three counters of two jobs, a sample every 15 seconds, and a limit for one of the jobs.
fn store() -> MemoryStore {
    let store = MemoryStore::new();
    let always = (0, NOW, 15 * SECOND);
    for (job, instance) in [("a", "x"), ("a", "y"), ("b", "x")] {
        let labels = [("__name__", "requests_total"), ("job", job), ("instance", instance)];
        add(&store, &labels, always, 1.0);
    }
    add(&store, &[("__name__", "limits"), ("job", "a"), ("team", "t")], always, 100.0);
    add(&store, &[("__name__", "limits"), ("job", "c"), ("team", "t")], always, 100.0);
    store
}

/// The tree as text: for each node what it does and what is known about it, times left out.
fn tree(explanation: &Explanation) -> String {
    let mut depths: Vec<usize> = Vec::new();
    let mut text = String::new();
    for node in &explanation.nodes {
        let depth = node.parent.map_or(0, |parent| depths[parent] + 1);
        depths.push(depth);
        let once = if node.is_constant { " once" } else { "" };
        let what = match &node.evaluation {
            Evaluation::Settled => "settled".to_owned(),
            Evaluation::Skipped => "skipped".to_owned(),
            Evaluation::PartOf(lead) => format!("part of {lead}"),
            Evaluation::SharedWith(lender) => format!("shared with {lender}"),
            Evaluation::Measured(figures) => measured(figures),
        };
        writeln!(text, "{:1$}{2}:{once} {what}", "", depth * 2, node.label).unwrap();
    }
    text
}

fn measured(figures: &Figures) -> String {
    let mut text = match figures.series {
        Some(series) => format!("{series} series, {} samples", figures.samples),
        None => format!("{} numbers", figures.samples),
    };
    if figures.steps > 1 {
        write!(text, ", {} steps", figures.steps).unwrap();
    }
    if let Some(groups) = figures.groups {
        write!(text, ", {groups} groups").unwrap();
    }
    if let Some(scan) = figures.scan {
        let (selected, out) = (scan.series_selected, scan.series_out);
        write!(text, ", scan {selected} -> {out}, read {}", figures.samples_read).unwrap();
    }
    if let Some(matching) = &figures.matching {
        let (left, right) = (&matching.unmatched_left, &matching.unmatched_right);
        write!(text, ", {} and {}, {} matched", matching.left, matching.right, matching.matched)
            .unwrap();
        for (side, alone) in [("left", left), ("right", right)] {
            for example in &alone.examples {
                write!(text, ", {side} alone {example}").unwrap();
            }
        }
    }
    text
}

#[track_caller]
fn check(explanation: &Explanation, expected: &[&str]) {
    assert_eq!(tree(explanation).lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_scan_does_the_work_of_a_chain_and_an_aggregation() {
    check(
        &explain(&store(), "sum by (job) (rate(requests_total[5m])) / on (job) limits", NOW),
        &[
            "/ on (job): 1 series, 1 samples, 2 and 2, 1 matched, left alone {job=\"b\"}, right alone \
             {__name__=\"limits\", job=\"c\", team=\"t\"}",
            "  sum by (job): 2 series, 2 samples, 2 groups, scan 3 -> 3, read 60",
            "    rate: part of 1",
            "      requests_total[5m]: part of 1",
            "  limits: 2 series, 2 samples, scan 2 -> 2, read 2",
        ],
    );
}

#[test]
fn many_series_match_one() {
    check(
        &explain(&store(), "requests_total * on (job) group_left (team) (limits) > bool 5", NOW),
        &[
            "> bool: 2 series, 2 samples",
            "  * on (job) group_left (team): 2 series, 2 samples, 3 and 2, 1 matched, left alone \
             {__name__=\"requests_total\", instance=\"x\", job=\"b\"}, right alone \
             {__name__=\"limits\", job=\"c\", team=\"t\"}",
            "    requests_total: 3 series, 3 samples, scan 3 -> 3, read 3",
            "    limits: 2 series, 2 samples, scan 2 -> 2, read 2",
            "  5: settled",
        ],
    );
}

#[test]
fn operations_on_single_series_are_one_scan() {
    check(
        &explain_range(&store(), "-(abs(requests_total{job=\"a\"}) * 2) > 1"),
        &[
            ">: 0 series, 0 samples, 11 steps, scan 2 -> 0, read 22",
            "  -: part of 0",
            "    *: part of 0",
            "      abs: part of 0",
            "        requests_total{job=\"a\"}: part of 0",
            "      2: settled",
            "  1: settled",
        ],
    );
}

#[test]
fn what_stays_the_same_is_computed_once() {
    check(
        &explain_range(&store(), "requests_total - (requests_total @ 600)"),
        &[
            "-: 3 series, 33 samples, 11 steps, 3 and 3, 3 matched",
            "  requests_total: 3 series, 33 samples, 11 steps, scan 3 -> 3, read 33",
            "  requests_total @ 600.000: once 3 series, 33 samples, scan 3 -> 3, read 3",
        ],
    );
}

#[test]
fn a_subquery_has_steps_of_its_own() {
    check(
        &explain_range(&store(), "max_over_time(sum(requests_total)[5m:1m])"),
        &[
            "max_over_time: 1 series, 11 samples, 11 steps",
            "  [5m:1m]: part of 0",
            "    sum: 1 series, 15 samples, 15 steps, 1 groups, scan 3 -> 3, read 45",
            "      requests_total: part of 2",
        ],
    );
}

#[test]
fn parameters_and_texts_are_nodes() {
    check(
        &explain(
            &store(),
            "topk by (job) (scalar(count(limits)) - 1, label_replace(requests_total, \"a\", \"b\", \"\", \"\"))",
            NOW,
        ),
        &[
            "topk by (job): 2 series, 2 samples, 2 groups",
            "  -: 1 numbers",
            "    scalar: 1 numbers",
            "      count: 1 series, 1 samples, 1 groups, scan 2 -> 2, read 2",
            "        limits: part of 3",
            "    1: settled",
            "  label_replace: 3 series, 3 samples",
            "    requests_total: 3 series, 3 samples, scan 3 -> 3, read 3",
            "    \"a\": settled",
            "    \"b\": settled",
            "    \"\": settled",
            "    \"\": settled",
        ],
    );
}

#[test]
fn a_range_vector_by_itself_has_figures() {
    check(
        &explain(&store(), "requests_total[1m]", NOW),
        &["requests_total[1m]: 3 series, 12 samples"],
    );
}

#[test]
fn what_others_have_computed_is_shared_with_them() {
    let share =
        "sum by (job) (rate(requests_total[1m])) / (1 + sum by (job) (rate(requests_total[1m])))";
    check(
        &explain(&store(), share, NOW),
        &[
            "/: 2 series, 2 samples, 2 and 2, 2 matched",
            "  sum by (job): 2 series, 2 samples, 2 groups, scan 3 -> 3, read 12",
            "    rate: part of 1",
            "      requests_total[1m]: part of 1",
            "  +: 2 series, 2 samples",
            "    1: settled",
            "    sum by (job): shared with 1",
        ],
    );
    // The reason is told once.
    let explanation = explain(&store(), "nothing and nothing", NOW);
    check(
        &explanation,
        &[
            "and: 0 series, 0 samples, 0 and 0, 0 matched",
            "  nothing: 0 series, 0 samples, scan 0 -> 0, read 0",
            "  nothing: shared with 1",
        ],
    );
    assert_eq!(explanation.why_empty, Some(1));
}

#[test]
fn times_add_up_to_the_whole() {
    let explanation = explain(&store(), "sum(requests_total) / scalar(count(limits))", NOW);
    let figures = explanation.nodes.iter().filter_map(|node| match &node.evaluation {
        Evaluation::Measured(figures) => Some(figures),
        _ => None,
    });
    let figures: Vec<_> = figures.collect();
    assert_eq!(figures.len(), 4);
    let own: std::time::Duration = figures.iter().map(|figures| figures.own_time).sum();
    assert_eq!(own, figures[0].time);
    assert!(figures.iter().all(|figures| !figures.own_time.is_zero()));
}

#[test]
fn places_are_bytes_of_the_query() {
    let query = "  sum( up{\"é\"=\"x\"} )/(1)";
    let explanation = explain(&store(), query, 5 * MINUTE);
    let texts: Vec<&str> = explanation
        .nodes
        .iter()
        .map(|node| query.get(node.at.start as usize..node.at.end as usize).unwrap())
        .collect();
    assert_eq!(
        texts,
        ["sum( up{\"é\"=\"x\"} )/(1)", "sum( up{\"é\"=\"x\"} )", "up{\"é\"=\"x\"}", "1"]
    );
}
