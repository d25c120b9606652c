//! Counting series without decoding them, where the store knows when they have samples.

use std::ops::Range;
use std::sync::Arc;

use proptest::prelude::*;
use regain_model::{Span, Timestamp, is_stale};
use regain_storage::memory::MemoryStore;
use regain_storage::{
    Batch, Ctx, Part, Parts, Presence, Queryable, Result, Run, Selection, SeriesMeta, Snapshot,
};

use super::{aggregate, ask, bits, samples, select, store, with_workers};
use crate::plan::AggregateOp;

const LOOKBACK_DELTA_MS: u64 = 5 * 60 * 1000;

/// A store in memory that also knows when its series have samples.
struct Known(MemoryStore);

struct KnownSnapshot(Arc<dyn Snapshot>);

struct KnownParts(Box<dyn Parts>);

struct KnownPart {
    part: Box<dyn Part>,
    series: Vec<SeriesMeta>,
}

impl Queryable for Known {
    fn snapshot(&self, span: Span, ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
        Ok(Arc::new(KnownSnapshot(self.0.snapshot(span, ctx)?)))
    }
}

impl Snapshot for KnownSnapshot {
    fn select(&self, selection: &Selection<'_>, ctx: &Arc<Ctx>) -> Result<Box<dyn Parts>> {
        Ok(Box::new(KnownParts(self.0.select(selection, ctx)?)))
    }

    fn label_names(&self, _: &[regain_model::Matcher], _: usize) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn label_values(&self, _: &str, _: &[regain_model::Matcher], _: usize) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn changed_since(&self, mark: u64) -> (u64, Option<Timestamp>) {
        (mark, None)
    }
}

impl Parts for KnownParts {
    fn next(&mut self) -> Result<Option<Box<dyn Part>>> {
        let Some(mut part) = self.0.next()? else { return Ok(None) };
        let mut series = part.series().to_vec();
        let mut batch = Batch::default();
        part.decode(0..series.len(), &mut batch)?;
        for run in &batch.runs {
            series[run.series as usize].presence = presence(&batch, run);
        }
        Ok(Some(Box::new(KnownPart { part, series })))
    }
}

fn presence(batch: &Batch, run: &Run) -> Option<Presence> {
    let times = batch.times_of(run);
    let gaps = times.windows(2).map(|pair| pair[1].abs_diff(pair[0]));
    Some(Presence {
        first: Timestamp(*times.first()?),
        last: Timestamp(*times.last()?),
        max_gap_ms: gaps.max().unwrap_or(0),
        stale: batch.floats_of(run).iter().filter(|value| is_stale(**value)).count() as u64,
    })
}

impl Part for KnownPart {
    fn series(&self) -> &[SeriesMeta] {
        &self.series
    }

    fn decode(&mut self, which: Range<usize>, out: &mut Batch) -> Result<()> {
        self.check_needed();
        self.part.decode(which, out)
    }
}

impl KnownPart {
    /// Whether something about the series can only be learned from the samples.
    fn check_needed(&self) {
        let unknown = |series: &SeriesMeta| {
            series.presence.is_none_or(|p| p.stale > 0 || p.max_gap_ms > LOOKBACK_DELTA_MS)
        };
        assert!(self.series.iter().any(unknown), "decoded what was known");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn counts_are_the_same_with_and_without_decoding(
        series in prop::collection::vec(samples(), 1..8),
    ) {
        let plain = store(&series);
        for op in [AggregateOp::Count, AggregateOp::Group] {
            let node = aggregate(op, None, select("m"));
            let options = with_workers(1);
            let known = ask(&Known(plain.clone()), &node, &options, true);
            prop_assert_eq!(bits(&known), bits(&ask(&plain, &node, &options, true)));
        }
    }
}
