//! How long samples are kept, whatever a store keeps them in.

use regain_model::Matcher;

/// How long samples are kept. May change while a store is open.
#[derive(Clone, Debug, Default)]
pub struct Retention {
    /// Files that end this long before the newest sample are dropped; 0 keeps them.
    pub time_ms: i64,
    /// The oldest files are dropped while all together are larger; 0 keeps them.
    pub bytes: u64,
    /// Series that are kept for a shorter time.
    pub rules: Vec<RetentionRule>,
}

impl Retention {
    /// Everything is kept.
    pub const ENDLESS: Self = Self::of_ms(0);

    /// Everything is kept for so long.
    pub const fn of_ms(time_ms: i64) -> Self {
        Self { time_ms, bytes: 0, rules: Vec::new() }
    }
}

/// Series that match are kept for so long, and up to an eighth longer.
#[derive(Clone, Debug)]
pub struct RetentionRule {
    /// What the labels of the series satisfy.
    pub matchers: Vec<Matcher>,
    /// The age at which samples go, against the newest of the store.
    pub time_ms: i64,
}
