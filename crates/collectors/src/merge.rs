//! One exposition out of many collectors' families.
//!
//! A textfile may say anything, including what a collector says too. As upstream's registry does, the
//! contradicting part is dropped and logged, and the rest is served.

use std::collections::BTreeMap;

use regain_exposition::{MetricFamily, Text, sort_families};

/// Joins families of the same name and sorts all; what contradicts an earlier family is dropped.
pub fn merge(parts: impl IntoIterator<Item = MetricFamily>) -> Vec<MetricFamily> {
    let mut merged: BTreeMap<Text, MetricFamily> = BTreeMap::new();
    for mut part in parts {
        match merged.get_mut(&part.name) {
            None => {
                merged.insert(part.name.clone(), part);
            }
            Some(known) if known.help == part.help && known.kind == part.kind => {
                known.metrics.append(&mut part.metrics);
            }
            Some(known) => tracing::error!(
                metric = %part.name,
                help = %part.help,
                should_have = %known.help,
                "dropping metrics whose help text or type contradicts others of the same name"
            ),
        }
    }
    let mut families: Vec<MetricFamily> = merged.into_values().collect();
    sort_families(&mut families);
    for family in &mut families {
        let before = family.metrics.len();
        // Sorted, metrics with the same labels are neighbours.
        family.metrics.dedup_by(|later, kept| later.labels == kept.labels);
        let dropped = before - family.metrics.len();
        if dropped > 0 {
            tracing::error!(
                metric = %family.name,
                dropped,
                "dropping metrics that were collected before with the same name and label values"
            );
        }
    }
    families
}

#[cfg(test)]
mod tests {
    use regain_exposition::LabelPair;

    use super::*;

    #[test]
    fn drops_contradictions_and_keeps_the_rest() {
        let label = |value: &'static str| vec![LabelPair::new("x", value)];
        let merged = merge([
            MetricFamily::gauge("b", "B.").with(label("2"), 1.0),
            MetricFamily::gauge("a", "A.").with(vec![], 1.0),
            MetricFamily::gauge("b", "Other.").with(label("3"), 1.0),
            MetricFamily::counter("a", "A.").with(label("3"), 1.0),
            MetricFamily::gauge("b", "B.").with(label("1"), 5.0).with(label("2"), 7.0),
        ]);
        assert_eq!(
            merged,
            [
                MetricFamily::gauge("a", "A.").with(vec![], 1.0),
                MetricFamily::gauge("b", "B.").with(label("1"), 5.0).with(label("2"), 1.0),
            ]
        );
    }
}
