//! The order of label sets in what is sent and shown.

use std::cmp::Ordering;

use regain_model::Labels;

/// Compares as `model.LabelSet.Before` does: the set with fewer labels comes first; of two with the same number
/// the one that lacks the first name which is not in both; then the values decide, name by name.
pub(crate) fn by_size_then_labels(a: &Labels, b: &Labels) -> Ordering {
    let names = || {
        let first_difference = a.iter().zip(b).find(|(a, b)| a != b);
        first_difference.map_or(Ordering::Equal, |((a_name, a_value), (b_name, b_value))| {
            // The smaller of two different names is missing in the other set.
            b_name.cmp(a_name).then_with(|| a_value.cmp(b_value))
        })
    };
    a.len().cmp(&b.len()).then_with(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_labels_then_missing_names_then_values() {
        let sets = [
            Labels::empty(),
            Labels::from_pairs([("z", "9")]),
            Labels::from_pairs([("b", "1"), ("c", "1")]),
            Labels::from_pairs([("a", "1"), ("c", "0")]),
            Labels::from_pairs([("a", "1"), ("b", "0")]),
            Labels::from_pairs([("a", "1"), ("b", "1")]),
            Labels::from_pairs([("a", "2"), ("b", "0")]),
        ];
        for (at, first) in sets.iter().enumerate() {
            for (other, second) in sets.iter().enumerate() {
                assert_eq!(by_size_then_labels(first, second), at.cmp(&other), "{first} {second}");
            }
        }
    }
}
