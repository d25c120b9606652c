//! The labels of what a binary operation makes of two series.

use std::cmp::Ordering;

use regain_storage::{ArenaReader, Symbol};

use super::groups::matching_filter;
use crate::label_sets::{LabelFilter, MetadataSymbols, Pair};
use crate::plan::{Cardinality, Matching, VectorVector};

/// Makes labels from those of two series.
pub(super) struct ResultLabels<'a> {
    matching: &'a Matching,
    drop_metadata: bool,
    metadata: MetadataSymbols,
    /// What of the left side stays in one-to-one matching.
    kept: Option<LabelFilter>,
    /// The labels by which series match.
    matched: LabelFilter,
    include: Vec<Symbol>,
}

impl<'a> ResultLabels<'a> {
    pub(super) fn new(arena: &ArenaReader<'_>, node: &'a VectorVector, delayed: bool) -> Self {
        let matching = &node.matching;
        let labels = matching.labels.iter().map(String::as_str);
        let mut kept = (matching.cardinality == Cardinality::OneToOne).then(|| {
            if matching.on { LabelFilter::keeping(labels) } else { LabelFilter::removing(labels) }
        });
        if let Some(kept) = &mut kept {
            kept.resolve(arena);
        }
        let mut matched = matching_filter(matching.on, &matching.labels);
        matched.resolve(arena);
        Self {
            matching,
            drop_metadata: node.op.changes_meaning() || (node.as_bool && !delayed),
            metadata: MetadataSymbols::of(arena),
            kept,
            matched,
            include: matching.include.iter().filter_map(|name| arena.symbol(name)).collect(),
        }
    }

    /// The matching labels of a series, which stand in for one that is filled in.
    pub(super) fn matched(&self, pairs: &[Pair]) -> Vec<Pair> {
        let mut out = Vec::new();
        self.matched.apply(pairs, &mut out);
        out
    }

    /// The labels for a series `many` and the series `one` that it matches.
    pub(super) fn of(
        &self,
        arena: &ArenaReader<'_>,
        many: &[Pair],
        one: &[Pair],
        out: &mut Vec<Pair>,
    ) {
        out.clear();
        out.extend(many.iter().filter(|(name, _)| {
            !(self.drop_metadata && self.metadata.contain(*name))
                && self.kept.as_ref().is_none_or(|kept| kept.keeps(*name))
        }));
        if self.matching.include.is_empty() {
            return;
        }
        for &name in &self.include {
            out.retain(|(label, _)| *label != name);
            if let Some(&pair) = one.iter().find(|(label, _)| *label == name) {
                let before =
                    |other: &Pair| arena.text(other.0).cmp(arena.text(name)) == Ordering::Less;
                let at = out.partition_point(before);
                out.insert(at, pair);
            }
        }
    }
}
