//! What requests say about metrics.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use regain_model::{Metadata, MetricKind};

/// The store is told again what a sender says of a metric after so many requests.
const REQUESTS_PER_SAYING: u64 = 1024;

/// The kind with this number; unknown for one that nobody knows.
fn kind_of(number: i32) -> MetricKind {
    usize::try_from(number)
        .ok()
        .and_then(|at| MetricKind::NUMBERED.get(at).copied())
        .unwrap_or_default()
}

/// What a request says about the metrics in it, but for what its sender is known to have said.
#[derive(Debug, Default)]
pub(super) struct Said(Vec<(String, Metadata)>);

impl Said {
    /// Adds what is said of a family; texts that are no UTF-8 say nothing.
    pub(super) fn add(&mut self, name: &[u8], kind: i32, texts: (&[u8], &[u8])) {
        self.add_named(name, kind, texts, |_, name| name);
    }

    /// Adds what is said of the family of a series.
    pub(super) fn add_of_series(&mut self, series: &[u8], kind: i32, texts: (&[u8], &[u8])) {
        self.add_named(series, kind, texts, MetricKind::family_of);
    }

    fn add_named(
        &mut self,
        name: &[u8],
        kind: i32,
        (help, unit): (&[u8], &[u8]),
        family_of: impl Fn(MetricKind, &str) -> &str,
    ) {
        let text = |bytes| std::str::from_utf8(bytes).ok();
        let kind = kind_of(kind);
        if let (Some(name), Some(help), Some(unit)) = (text(name), text(help), text(unit)) {
            let (help, unit) = (help.to_owned(), unit.to_owned());
            let said = (family_of(kind, name).to_owned(), Metadata { kind, help, unit });
            // Series of one family come one after the other.
            if self.0.last() != Some(&said) {
                self.0.push(said);
            }
        }
    }

    /// Names with what is said about them.
    pub(super) fn all(&self) -> Vec<(&str, &Metadata)> {
        self.0.iter().map(|(name, metadata)| (name.as_str(), metadata)).collect()
    }
}

/// What tells metadata of one kind and text from all other, but for an accident. It is another one after every
/// [`REQUESTS_PER_SAYING`] requests, so that the store hears again what is still said.
pub(super) fn hash_of(request: u64, kind: i32, (help, unit): (&[u8], &[u8])) -> u64 {
    FixedState::default().hash_one((request / REQUESTS_PER_SAYING, kind, help, unit))
}
