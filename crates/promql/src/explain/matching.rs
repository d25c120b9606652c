//! Which series of two vectors match, and which labels keep the others apart.

use std::collections::BTreeSet;

use regain_model::{Labels, METRIC_NAME};
use regain_storage::ArenaReader;

use crate::binary::{MatchGroups, matching_filter};
use crate::grid::{Matrix, RowLabels};

/// As many series without a match are shown.
const EXAMPLES_MAX: usize = 3;
/// As many values of a label are shown.
const VALUES_MAX: usize = 3;
/// More series are not looked at for the labels that differ.
const COMPARED_MAX: usize = 1000;

/// How the series of the two sides of a binary operation find each other, at all steps together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matching {
    /// Whether `labels` are those that count rather than those that do not.
    pub on: bool,
    /// The labels of `on` or `ignoring`.
    pub labels: Vec<String>,
    /// The series of the left side.
    pub left: u64,
    /// The series of the right side.
    pub right: u64,
    /// The match groups that have series of both sides.
    pub matched: u64,
    /// The series of the left side without a match.
    pub unmatched_left: Unmatched,
    /// The series of the right side without a match.
    pub unmatched_right: Unmatched,
    /// Where nothing matches: the labels that keep the sides apart.
    pub differences: Vec<LabelDifference>,
}

/// Series without a match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unmatched {
    /// How many there are.
    pub count: u64,
    /// The first few of them.
    pub examples: Vec<Labels>,
}

/// A label of which two sides have no value in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelDifference {
    /// The label.
    pub name: String,
    /// Some of its values on the left; none where no series has it.
    pub left: Vec<String>,
    /// Some of its values on the right; none where no series has it.
    pub right: Vec<String>,
}

/// Looks at the labels of two vectors the way that a binary operation with this `on` or `ignoring`
/// does.
pub(super) fn census(
    arena: &ArenaReader<'_>,
    (on, labels): (bool, &[String]),
    [left, right]: [&Matrix; 2],
) -> Matching {
    let mut filter = matching_filter(on, labels);
    let groups = MatchGroups::new(arena, left, right, &mut filter);
    let matched = (0..groups.len()).filter(|&group| is_matched(&groups, group)).count() as u64;
    let nothing = matched == 0 && left.len() > 0 && right.len() > 0;
    Matching {
        on,
        labels: labels.to_vec(),
        left: left.len() as u64,
        right: right.len() as u64,
        matched,
        unmatched_left: unmatched(arena, &groups, &groups.of_left, &left.labels),
        unmatched_right: unmatched(arena, &groups, &groups.of_right, &right.labels),
        differences: if nothing {
            differences(arena, (on, labels), [&left.labels, &right.labels])
        } else {
            Vec::new()
        },
    }
}

fn is_matched(groups: &MatchGroups, group: usize) -> bool {
    !groups.left[group].is_empty() && !groups.right[group].is_empty()
}

fn unmatched(
    arena: &ArenaReader<'_>,
    groups: &MatchGroups,
    of_rows: &[usize],
    rows: &[RowLabels],
) -> Unmatched {
    let alone = || of_rows.iter().zip(rows).filter(|(group, _)| !is_matched(groups, **group));
    Unmatched {
        count: alone().count() as u64,
        examples: alone().take(EXAMPLES_MAX).map(|(_, row)| arena.labels(row.labels)).collect(),
    }
}

/// The labels by which series match and of which the sides have no value in common.
fn differences(
    arena: &ArenaReader<'_>,
    (on, labels): (bool, &[String]),
    sides: [&[RowLabels]; 2],
) -> Vec<LabelDifference> {
    let looked_at = sides.map(|rows| &rows[..rows.len().min(COMPARED_MAX)]);
    let names: BTreeSet<&str> = if on {
        labels.iter().map(String::as_str).collect()
    } else {
        let all = looked_at.iter().copied().flatten().flat_map(|row| arena.iter(row.labels));
        let counts = |name: &&str| *name != METRIC_NAME && !labels.iter().any(|out| out == name);
        all.map(|(name, _)| name).filter(counts).collect()
    };
    let found = names.into_iter().filter_map(|name| {
        let [left, right] = looked_at.map(|rows| values(arena, rows, name));
        left.is_disjoint(&right).then(|| LabelDifference {
            name: name.to_owned(),
            left: some(&left),
            right: some(&right),
        })
    });
    found.collect()
}

/// The values of a label, the empty one where a series does not have it.
fn values<'a>(arena: &'a ArenaReader<'_>, rows: &[RowLabels], name: &str) -> BTreeSet<&'a str> {
    let symbol = arena.symbol(name);
    let value = |row: &RowLabels| symbol.and_then(|name| arena.get(row.labels, name));
    rows.iter().map(|row| value(row).map_or("", |value| arena.text(value))).collect()
}

fn some(values: &BTreeSet<&str>) -> Vec<String> {
    let filled = values.iter().filter(|value| !value.is_empty());
    filled.take(VALUES_MAX).map(|value| (*value).to_owned()).collect()
}
