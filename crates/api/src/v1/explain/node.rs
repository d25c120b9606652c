//! The nodes of an expression on the wire.

use regain_model::Labels;
use regain_promql::{
    Evaluation, ExplainedNode, Figures, LabelDifference, Matching, ScanFigures, Unmatched,
};
use serde::Serialize;

use super::reason::Empty;
use crate::v1::LabelsObject;

/// Longer texts are cut: a chain of operations would repeat itself at each of them. In characters.
const TEXT_CHARS_MAX: usize = 300;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Node<'e> {
    parent: Option<usize>,
    /// The first byte of its text, and the one behind the last.
    start: u32,
    end: u32,
    text: String,
    kind: &'static str,
    label: String,
    /// Whether it was computed once for all steps.
    constant: bool,
    evaluation: &'static str,
    /// The node that it was evaluated in one go with.
    part_of: Option<usize>,
    /// The equal node whose vector it has.
    shared_with: Option<usize>,
    figures: Option<NodeFigures<'e>>,
    empty: Option<Empty<'e>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeFigures<'e> {
    evaluations: u64,
    steps: usize,
    total_seconds: f64,
    own_seconds: f64,
    samples_read: u64,
    queryable_samples: u64,
    samples_held: u64,
    series: Option<u64>,
    groups: Option<u64>,
    scan: Option<Scan>,
    matching: Option<Pairs<'e>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Scan {
    series_selected: u64,
    series_out: u64,
    parts: u64,
    parts_undecoded: u64,
    workers: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pairs<'e> {
    on: bool,
    labels: &'e [String],
    left: u64,
    right: u64,
    matched_groups: u64,
    unmatched_left: Alone<'e>,
    unmatched_right: Alone<'e>,
    differences: Vec<Difference<'e>>,
}

#[derive(Serialize)]
struct Alone<'e> {
    count: u64,
    examples: Vec<LabelsObject<&'e Labels>>,
}

/// A label of which two sides have no value in common.
#[derive(Serialize)]
pub(super) struct Difference<'e> {
    name: &'e str,
    left: &'e [String],
    right: &'e [String],
}

impl<'e> Node<'e> {
    pub(super) fn of(node: &'e ExplainedNode, query: &str) -> Self {
        let (mut part_of, mut shared_with, mut figures) = (None, None, None);
        let evaluation = match &node.evaluation {
            Evaluation::Settled => "settled",
            Evaluation::Measured(measured) => {
                figures = Some(NodeFigures::of(measured));
                "measured"
            }
            Evaluation::PartOf(lead) => {
                part_of = Some(*lead);
                "part"
            }
            Evaluation::SharedWith(lender) => {
                shared_with = Some(*lender);
                "shared"
            }
            Evaluation::Skipped => "skipped",
        };
        let text = query.get(node.at.start as usize..node.at.end as usize);
        Self {
            parent: node.parent,
            start: node.at.start,
            end: node.at.end,
            text: cut(text.unwrap_or_default()),
            kind: node.kind.as_str(),
            label: cut(&node.label),
            constant: node.is_constant,
            evaluation,
            part_of,
            shared_with,
            figures,
            empty: node.empty.as_ref().map(Empty::of),
        }
    }
}

/// As much of a text as is worth sending.
fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

impl<'e> NodeFigures<'e> {
    fn of(figures: &'e Figures) -> Self {
        Self {
            evaluations: figures.evaluations,
            steps: figures.steps,
            total_seconds: figures.time.as_secs_f64(),
            own_seconds: figures.own_time.as_secs_f64(),
            samples_read: figures.samples_read,
            queryable_samples: figures.samples_total,
            samples_held: figures.samples,
            series: figures.series,
            groups: figures.groups,
            scan: figures.scan.map(Scan::of),
            matching: figures.matching.as_ref().map(Pairs::of),
        }
    }
}

impl Scan {
    const fn of(scan: ScanFigures) -> Self {
        let ScanFigures { series_selected, series_out, parts, parts_undecoded, workers } = scan;
        Self { series_selected, series_out, parts, parts_undecoded, workers }
    }
}

impl<'e> Pairs<'e> {
    fn of(matching: &'e Matching) -> Self {
        Self {
            on: matching.on,
            labels: &matching.labels,
            left: matching.left,
            right: matching.right,
            matched_groups: matching.matched,
            unmatched_left: Alone::of(&matching.unmatched_left),
            unmatched_right: Alone::of(&matching.unmatched_right),
            differences: matching.differences.iter().map(Difference::of).collect(),
        }
    }
}

impl<'e> Alone<'e> {
    fn of(alone: &'e Unmatched) -> Self {
        Self { count: alone.count, examples: alone.examples.iter().map(LabelsObject).collect() }
    }
}

impl<'e> Difference<'e> {
    pub(super) fn of(difference: &'e LabelDifference) -> Self {
        let LabelDifference { name, left, right } = difference;
        Self { name, left, right }
    }
}
