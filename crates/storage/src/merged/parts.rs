//! The selected series of several stores, in one order, of which all is known.

use std::cmp::Ordering;
use std::sync::{Arc, Mutex};

use super::part::{Member, MergedPart, Shared, SharedPart};
use crate::arena::ArenaReader;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::select::{Order, Part, Parts, Presence, SeriesMeta};

/// The parts of each store in the order of precedence, merged series by series.
///
/// A part that comes out is made of at most one part of each store: it ends where one of these does.
pub(super) struct MergedParts {
    sources: Vec<Source>,
    order: Order,
    /// How many series may still come.
    rest: usize,
    ctx: Arc<Ctx>,
}

/// The parts of one store.
struct Source {
    parts: Box<dyn Parts>,
    open: Option<OpenPart>,
}

/// A part whose series are being handed on.
struct OpenPart {
    part: Shared,
    series: Vec<SeriesMeta>,
    /// The next one.
    at: usize,
}

impl Source {
    /// Opens the next part with series where none is open.
    fn fill(&mut self) -> Result<()> {
        while self.open.is_none() {
            let Some(part) = self.parts.next()? else { return Ok(()) };
            let series = part.series().to_vec();
            if !series.is_empty() {
                let part = Arc::new(Mutex::new(SharedPart { part, is_prepared: true }));
                self.open = Some(OpenPart { part, series, at: 0 });
            }
        }
        Ok(())
    }

    /// The next series.
    fn next(&self) -> Option<&SeriesMeta> {
        self.open.as_ref().and_then(|open| open.series.get(open.at))
    }

    /// Goes on to the series after the next, and says whether the part has none.
    fn advance(&mut self) -> bool {
        let Some(open) = &mut self.open else { return false };
        open.at += 1;
        open.at == open.series.len()
    }
}

impl MergedParts {
    /// `limit` is that of the selection: 0 for all.
    pub(super) fn new(
        parts: Vec<Box<dyn Parts>>,
        (order, limit): (Order, usize),
        ctx: Arc<Ctx>,
    ) -> Self {
        let sources = parts.into_iter().map(|parts| Source { parts, open: None }).collect();
        let rest = if limit == 0 { usize::MAX } else { limit };
        Self { sources, order, rest, ctx }
    }

    /// The series that come next, up to the end of a part.
    fn gather(&mut self) -> (Vec<SeriesMeta>, Vec<Member>) {
        let (mut series, mut members) = (Vec::new(), Vec::new());
        let labels = (self.order == Order::Labels).then(|| self.ctx.labels.read());
        let most = self.rest.min(<dyn Parts>::SERIES_MAX);
        let mut is_at_end = false;
        while !is_at_end && series.len() < most {
            let nexts = self.sources.iter().enumerate().filter_map(|(at, s)| Some((at, s.next()?)));
            let first = nexts.reduce(|least, next| {
                if compare(labels.as_ref(), next.1, least.1).is_lt() { next } else { least }
            });
            let Some((_, first)) = first else { break };
            let mut meta: Option<SeriesMeta> = None;
            let first = first.clone();
            for (at, source) in self.sources.iter_mut().enumerate() {
                let Some(next) = source.next() else { continue };
                if compare(labels.as_ref(), next, &first).is_ne() {
                    continue;
                }
                meta = Some(match meta {
                    None => next.clone(),
                    Some(meta) => join(&meta, next),
                });
                let open = source.open.as_ref().expect("it has a next series");
                members.push(Member { of: series.len(), source: at, at: open.at });
                is_at_end |= source.advance();
            }
            series.push(meta.expect("the first one is among them"));
        }
        self.rest -= series.len();
        (series, members)
    }
}

impl Parts for MergedParts {
    fn next(&mut self) -> Result<Option<Box<dyn Part>>> {
        if self.rest == 0 {
            return Ok(None);
        }
        self.sources.iter_mut().try_for_each(Source::fill)?;
        let parts = self.sources.iter().map(|s| s.open.as_ref().map(|open| Arc::clone(&open.part)));
        let parts = parts.collect();
        let (series, members) = self.gather();
        for source in &mut self.sources {
            source.open.take_if(|open| open.at == open.series.len());
        }
        if series.is_empty() {
            return Ok(None);
        }
        Ok(Some(Box::new(MergedPart::new(series, members, parts))))
    }
}

/// The order of two series: that of their labels where these are at hand, that of their keys otherwise.
fn compare(labels: Option<&ArenaReader<'_>>, a: &SeriesMeta, b: &SeriesMeta) -> Ordering {
    match labels {
        _ if a.key == b.key => Ordering::Equal,
        None => a.key.cmp(&b.key),
        Some(labels) => labels.iter(a.labels).cmp(labels.iter(b.labels)),
    }
}

/// What is known of a series that two stores have.
pub(super) fn join(a: &SeriesMeta, b: &SeriesMeta) -> SeriesMeta {
    let samples_max = a.samples_max.saturating_add(b.samples_max);
    let presence = a.presence.zip(b.presence).map(|(a, b)| both(a, b));
    SeriesMeta { key: a.key, labels: a.labels, samples_max, presence }
}

/// Where a series has samples that has some in both. Gaps may be shorter and markers fewer than this says.
fn both(a: Presence, b: Presence) -> Presence {
    let (earlier, later) = if a.first <= b.first { (a, b) } else { (b, a) };
    let between = later.first.0.saturating_sub(earlier.last.0);
    let between = u64::try_from(between).unwrap_or_default();
    Presence {
        first: earlier.first,
        last: a.last.max(b.last),
        max_gap_ms: a.max_gap_ms.max(b.max_gap_ms).max(between),
        stale: a.stale.saturating_add(b.stale),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regain_model::Timestamp;

    use super::*;

    fn presence(times: &[i64]) -> Presence {
        let gaps = times.windows(2).map(|pair| pair[1].abs_diff(pair[0]));
        let (first, last) = (Timestamp(times[0]), Timestamp(times[times.len() - 1]));
        Presence { first, last, max_gap_ms: gaps.max().unwrap_or(0), stale: 0 }
    }

    proptest! {
        #[test]
        fn what_is_known_of_two_stores_holds_for_both(
            a in prop::collection::btree_set(0..60_i64, 1..20),
            b in prop::collection::btree_set(0..60_i64, 1..20),
        ) {
            let [one, two, all] = [a.clone(), b.clone(), &a | &b].map(|times| {
                presence(&times.into_iter().collect::<Vec<_>>())
            });
            let joined = both(one, two);
            prop_assert_eq!((joined.first, joined.last), (all.first, all.last));
            prop_assert!(joined.max_gap_ms >= all.max_gap_ms);
            let longest = one.max_gap_ms.max(two.max_gap_ms).max(all.max_gap_ms);
            prop_assert!(joined.max_gap_ms <= longest);
        }
    }
}
