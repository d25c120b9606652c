//! Names of metrics and labels, and which of them are valid.

/// The label that holds a series' metric name.
pub const METRIC_NAME: &str = "__name__";
/// The label that holds the upper bound of a classic histogram's bucket.
pub const BUCKET_LABEL: &str = "le";
/// The label that holds which quantile of a summary a series is.
pub const QUANTILE_LABEL: &str = "quantile";
/// The label that names the job a target belongs to.
pub const JOB_NAME: &str = "job";
/// The label that names the target a series came from.
pub const INSTANCE_NAME: &str = "instance";

/// Which names are accepted (`metric_name_validation_scheme`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NameScheme {
    /// Any non-empty UTF-8 string.
    #[default]
    Utf8,
    /// The classic character set, `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    Legacy,
}

/// Whether `name` may name a metric under `scheme`.
pub fn is_valid_metric_name(name: &str, scheme: NameScheme) -> bool {
    match scheme {
        NameScheme::Utf8 => !name.is_empty(),
        NameScheme::Legacy => is_legacy_metric_name(name),
    }
}

/// Whether `name` may name a label under `scheme`.
pub fn is_valid_label_name(name: &str, scheme: NameScheme) -> bool {
    match scheme {
        NameScheme::Utf8 => !name.is_empty(),
        NameScheme::Legacy => is_legacy_label_name(name),
    }
}

/// Whether `name` needs no quotes as a metric name.
pub fn is_legacy_metric_name(name: &str) -> bool {
    is_identifier(name, |byte| byte == b'_' || byte == b':')
}

/// Whether `name` needs no quotes as a label name.
pub fn is_legacy_label_name(name: &str) -> bool {
    is_identifier(name, |byte| byte == b'_')
}

fn is_identifier(name: &str, extra: impl Fn(u8) -> bool) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || extra(byte))
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || extra(byte))
}
