//! Why nothing is found: one store, and a query for each reason.

use regain_model::{Labels, STALE_NAN, Timestamp};
use regain_promql::EmptyReason;
use regain_storage::memory::MemoryStore;

use super::{MINUTE, NOW, SECOND, add, explain};

fn store() -> MemoryStore {
    let store = MemoryStore::new();
    let always = (0, NOW, 15 * SECOND);
    let requests = [("__name__", "requests_total"), ("job", "api")];
    for (instance, code) in [("x", "200"), ("x", "500"), ("y", "200")] {
        let labels = [&requests[..], &[("instance", instance), ("code", code)]].concat();
        add(&store, &labels, always, 0.0);
    }
    add(&store, &[("__name__", "limit"), ("job", "api"), ("team", "t")], always, 1.0);
    add(&store, &[("__name__", "other_limit"), ("job", "web")], always, 1.0);
    add(&store, &[("__name__", "slow"), ("job", "api")], (0, NOW, 10 * MINUTE), 1.0);
    add(&store, &[("__name__", "old"), ("job", "api")], (0, 20 * MINUTE, MINUTE), 1.0);
    add(&store, &[("__name__", "new"), ("job", "api")], (NOW, NOW, MINUTE), 1.0);
    add(&store, &[("__name__", "early"), ("job", "api")], (0, 10 * MINUTE, MINUTE), 1.0);
    add(&store, &[("__name__", "late"), ("job", "api")], (50 * MINUTE, NOW, MINUTE), 1.0);
    let gone = Labels::from_pairs([("__name__", "gone")]);
    let samples = [(58, 1.0), (59, STALE_NAN)].map(|(at, v)| (Timestamp(at * MINUTE), v));
    store.add(&gone, samples).unwrap();
    store
}

/// The name of the reason for the whole and its text; nothing where there is a result.
fn reason(query: &str) -> (&'static str, String) {
    let explanation = explain(&store(), query, NOW);
    let blamed = explanation.why_empty.map(|at| &explanation.nodes[at]);
    let reason = blamed.and_then(|node| node.empty.as_ref());
    reason.map(|reason| (reason.name(), reason.to_string())).unwrap_or_default()
}

/// Queries, the reasons why they find nothing, and the sentences for those.
const CASES: &[(&str, &str, &str)] = &[
    (
        "sum(rate(request_total[5m])) * 2",
        "no_such_metric",
        "No series has the name \"request_total\". Similar names: \"requests_total\".",
    ),
    ("nothing_like_it", "no_such_metric", "No series has the name \"nothing_like_it\"."),
    (
        "requests_total{code=\"50\"}",
        "no_such_label",
        "No series of requests_total fits code=\"50\". Values of code are \"500\", \"200\".",
    ),
    (
        "requests_total{zone!~\"|a\"}",
        "no_such_label",
        "No series of requests_total has the label zone.",
    ),
    (
        "rate(requests_total{job=~\"ap.\", code=\"500\", instance=\"y\"}[1m])",
        "no_series_for_all_matchers",
        "Each matcher fits some series of requests_total, all together fit none. Without \
             code=\"500\" or without instance=\"y\" there would be some.",
    ),
    (
        "old",
        "nothing_in_range",
        "The series have no samples between 1970-01-01T00:55:00Z and 1970-01-01T01:00:00Z; the last \
             one before is of 1970-01-01T00:20:00Z.",
    ),
    (
        "sum_over_time(late[5m] @ 600)",
        "nothing_in_range",
        "The series have no samples between 1970-01-01T00:05:00Z and 1970-01-01T00:10:00Z; the first \
             one is of 1970-01-01T00:50:00Z.",
    ),
    (
        "abs(gone)",
        "stale",
        "The series have ended at 1970-01-01T00:59:00Z; their last sample is of \
             1970-01-01T00:58:00Z.",
    ),
    (
        "slow offset 1m",
        "lookback_too_short",
        "The last sample is of 1970-01-01T00:50:00Z, which is longer ago than the lookback delta of \
             5m: samples come only every 10m.",
    ),
    (
        "rate(requests_total[15s])",
        "range_too_short",
        "No window of [15s] holds the two samples that rate needs; samples come every 15s.",
    ),
    (
        "increase(new[5m])",
        "range_too_short",
        "No window of [5m] holds the two samples that increase needs; there is only one sample so \
             far.",
    ),
    (
        "max_over_time(requests_total[30s:1m] offset 10s)",
        "no_subquery_step",
        "No step of the subquery lies in its range: steps are 1m apart, the range is 30s.",
    ),
    (
        "requests_total / limit",
        "no_match",
        "None of the 3 series on the left matches one of the 1 on the right: code is only on the \
             left (\"200\", \"500\"); instance is only on the left (\"x\", \"y\"); team is only on the \
             right (\"t\").",
    ),
    (
        "limit and on (job) other_limit",
        "no_match",
        "None of the 1 series on the left matches one of the 1 on the right: job is \"api\" on the \
             left and \"web\" on the right.",
    ),
    (
        "requests_total > 1000",
        "comparison_never_holds",
        "The comparison > 1000 holds for none of the 3 series: their value is 240.",
    ),
    (
        "limit > on (job) sum by (job) (limit * 2)",
        "comparison_never_holds",
        "The comparison > on (job) holds for none of the 1 series.",
    ),
    (
        "requests_total unless on (job) limit",
        "excluded",
        "The right side excludes all 3 series of the left side.",
    ),
    (
        "absent(limit)",
        "present",
        "absent answers only where nothing is, and its argument has series.",
    ),
    (
        "absent_over_time(limit[5m])",
        "present",
        "absent_over_time answers only where nothing is, and its argument has series.",
    ),
    (
        "histogram_quantile(0.9, sum by (job) (requests_total))",
        "no_buckets",
        "histogram_quantile needs the label le or native histograms, and none of the 1 series has \
             either, such as {job=\"api\"}.",
    ),
    (
        "histogram_count(limit)",
        "no_histograms",
        "histogram_count takes native histograms, and its argument has only numbers.",
    ),
    (
        "topk(0, limit)",
        "nothing_comes_out",
        "Nothing comes of topk, although its input has series.",
    ),
];

#[test]
fn every_reason_is_found() {
    let mut wrong = Vec::new();
    for &(query, name, text) in CASES {
        let (found, sentence) = reason(query);
        if (found, sentence.as_str()) != (name, text) {
            wrong.push(format!("{query}: {found}: {sentence}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn series_that_match_may_never_meet() {
    let (engine, clock) = (super::engine(), super::ticking());
    let expr =
        regain_promql::parse("early + late", &regain_promql::ParserOptions::default()).unwrap();
    let steps = regain_promql::Steps { start: Timestamp(0), end: Timestamp(NOW), step_ms: MINUTE };
    let explained =
        engine.explain_range(&store(), &expr, steps, &engine.context(), &clock).unwrap();
    let reason = explained.nodes[0].empty.as_ref().unwrap();
    assert_eq!(reason.name(), "never_together");
}

#[test]
fn what_is_empty_below_is_told_as_well() {
    let explanation = explain(&store(), "limit or (nothing + on (job) limit)", NOW);
    assert_eq!(explanation.why_empty, None);
    let names: Vec<_> = explanation
        .nodes
        .iter()
        .map(|node| node.empty.as_ref().map_or("", EmptyReason::name))
        .collect();
    assert_eq!(names, ["", "", "empty_input", "no_such_metric", ""]);
}

#[test]
fn what_is_absent_says_why() {
    let explanation = explain(&store(), "absent_over_time(nothing[5m]) * absent(gone)", NOW);
    let names: Vec<_> = explanation
        .nodes
        .iter()
        .map(|node| node.empty.as_ref().map_or("", EmptyReason::name))
        .collect();
    assert_eq!(names, ["", "", "no_such_metric", "", "stale"]);
}
