//! What a scrape may not exceed.

use regain_yaml::Section;

use crate::marshal::Fields;
use crate::value::size_bytes;

/// Limits of a job; zero means no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The bytes of an answer after decompression.
    pub body_size_bytes: i64,
    /// The samples of a scrape after relabelling.
    pub sample_limit: u64,
    /// The targets of the job after relabelling.
    pub target_limit: u64,
    /// The labels of a sample.
    pub label_limit: u64,
    /// The bytes of a label's name.
    pub label_name_length_limit: u64,
    /// The bytes of a label's value.
    pub label_value_length_limit: u64,
    /// The dropped targets that are remembered.
    pub keep_dropped_targets: u64,
}

impl Limits {
    pub(crate) fn decode(section: &mut Section<'_>) -> Self {
        Self {
            body_size_bytes: size_bytes(section, "body_size_limit"),
            sample_limit: section.or_zero("sample_limit"),
            target_limit: section.or_zero("target_limit"),
            label_limit: section.or_zero("label_limit"),
            label_name_length_limit: section.or_zero("label_name_length_limit"),
            label_value_length_limit: section.or_zero("label_value_length_limit"),
            keep_dropped_targets: section.or_zero("keep_dropped_targets"),
        }
    }

    /// Writes the limits but for the dropped targets, which stand apart from the others.
    pub(crate) fn write(&self, fields: &mut Fields) {
        fields.some_size("body_size_limit", self.body_size_bytes);
        fields.some("sample_limit", self.sample_limit);
        fields.some("target_limit", self.target_limit);
        fields.some("label_limit", self.label_limit);
        fields.some("label_name_length_limit", self.label_name_length_limit);
        fields.some("label_value_length_limit", self.label_value_length_limit);
    }

    /// These limits, with those of `global` where there are none.
    pub(crate) fn or(self, global: &Self) -> Self {
        fn pick<T: Default + PartialEq>(own: T, global: T) -> T {
            if own == T::default() { global } else { own }
        }
        Self {
            body_size_bytes: pick(self.body_size_bytes, global.body_size_bytes),
            sample_limit: pick(self.sample_limit, global.sample_limit),
            target_limit: pick(self.target_limit, global.target_limit),
            label_limit: pick(self.label_limit, global.label_limit),
            label_name_length_limit: pick(
                self.label_name_length_limit,
                global.label_name_length_limit,
            ),
            label_value_length_limit: pick(
                self.label_value_length_limit,
                global.label_value_length_limit,
            ),
            keep_dropped_targets: pick(self.keep_dropped_targets, global.keep_dropped_targets),
        }
    }
}
