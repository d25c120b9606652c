//! The key that orders series everywhere.
//!
//! From the top: 32 bits of the metric name, 64 bits of the other labels without `le`, 32 bits of
//! `le`. One metric lies together, and so do the buckets of one histogram; head, segments and
//! blocks merge by comparing keys, never strings. The hash is seeded per data directory, so that
//! nobody can prepare label sets that collide.

use xxhash_rust::xxh64::{Xxh64, xxh64};

use crate::labels::Labels;
use crate::names::{BUCKET_LABEL, METRIC_NAME};

/// The seed of a data directory's series keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySeed(pub u64);

/// The 128-bit key of a series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey(pub u128);

impl SeriesKey {
    /// The key of the series with these labels, which must ascend by name.
    pub fn of<'a>(seed: KeySeed, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let (mut name_hash, mut bucket_hash) = (0, 0);
        let mut rest = Xxh64::new(seed.0);
        for (name, value) in labels {
            match name {
                METRIC_NAME => name_hash = xxh64(value.as_bytes(), seed.0) >> 32,
                BUCKET_LABEL => bucket_hash = xxh64(value.as_bytes(), seed.0) >> 32,
                _ => {
                    // Lengths keep `a="bc"` and `ab="c"` apart.
                    rest.update(&(name.len() as u64).to_le_bytes());
                    rest.update(name.as_bytes());
                    rest.update(&(value.len() as u64).to_le_bytes());
                    rest.update(value.as_bytes());
                }
            }
        }
        let key =
            u128::from(name_hash) << 96 | u128::from(rest.digest()) << 32 | u128::from(bucket_hash);
        Self(key)
    }

    /// The key of the series `labels`.
    pub fn of_labels(seed: KeySeed, labels: &Labels) -> Self {
        Self::of(seed, labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(pairs: &[(&str, &str)]) -> u128 {
        SeriesKey::of_labels(KeySeed(7), &Labels::from_pairs(pairs.iter().copied())).0
    }

    #[test]
    fn keeps_a_metric_together_and_a_histogram_within_it() {
        let first = key(&[("__name__", "m_bucket"), ("a", "1"), ("le", "1")]);
        let second = key(&[("__name__", "m_bucket"), ("a", "1"), ("le", "+Inf")]);
        let other_set = key(&[("__name__", "m_bucket"), ("a", "2"), ("le", "1")]);
        let other_name = key(&[("__name__", "n_bucket"), ("a", "1"), ("le", "1")]);
        assert_eq!(first >> 32, second >> 32);
        assert_ne!(first, second);
        assert_eq!(first >> 96, other_set >> 96);
        assert_ne!(first >> 32, other_set >> 32);
        assert_ne!(first >> 96, other_name >> 96);
    }

    #[test]
    fn tells_names_from_values_and_depends_on_the_seed() {
        assert_ne!(key(&[("a", "bc")]), key(&[("ab", "c")]));
        let labels = Labels::from_pairs([("a", "b")]);
        let keys = [0, 1].map(|seed| SeriesKey::of_labels(KeySeed(seed), &labels));
        assert_ne!(keys[0], keys[1]);
    }
}
