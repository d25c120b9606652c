//! One part's series, computed.

use std::ops::Range;
use std::sync::Arc;

use regain_model::SeriesKey;
use regain_storage::{Batch, Ctx, Part, Presence, SeriesMeta};

use super::Scan;
use super::stage::{Pool, Raw, Stage, StageScratch};
use super::stats;
use crate::annotations::Remark;
use crate::eval_error::Result;
use crate::grid::{ABSENT, Held, RowLabels};
use crate::native::{Notes, cost, size_bytes};
use crate::window::Reach;

/// The most samples that are decoded at once, unless one series has more.
const DECODED_SAMPLES_MAX: u64 = 1 << 20;

/// What a decoded sample takes: a time and a value.
const SAMPLE_BYTES: usize = size_of::<i64>() + size_of::<f64>();

/// The rows of one part, in memory that the next part uses again.
pub(super) struct PartRows {
    pub(super) steps: usize,
    rows: Vec<RowEntry>,
    values: Vec<f64>,
    batch: Batch,
    scratch: StageScratch,
    /// The memory of all this.
    held: Held,
    pub(super) samples_total: u64,
    pub(super) samples_read: u64,
    /// The most samples that one window can hold.
    pub(super) window_max: u64,
    pub(super) series_selected: u64,
    pub(super) is_decoded: bool,
}

struct RowEntry {
    key: SeriesKey,
    labels: RowLabels,
    checks: u32,
    remarks: Box<[Noted]>,
    computed: Computed,
}

/// What a series has come to.
#[derive(Clone, Debug)]
enum Computed {
    Nothing,
    /// A row, which begins here among the values.
    Row(usize),
    /// Samples at these steps, whatever their values.
    Present(Range<usize>),
}

/// What was noticed with the number of the stage, and how often.
pub(super) type Noted = ((u32, Remark), u64);

/// A series that was computed.
pub(super) struct PartRow<'a> {
    pub(super) key: SeriesKey,
    pub(super) labels: RowLabels,
    pub(super) checks: u32,
    /// What was noticed.
    pub(super) remarks: &'a [Noted],
    pub(super) outcome: RowOutcome<'a>,
}

/// What a series has come to.
pub(super) enum RowOutcome<'a> {
    Nothing,
    Values(&'a [f64]),
    /// Samples at these steps, whatever their values.
    Present(Range<usize>),
}

impl PartRows {
    pub(super) fn new(scan: &Scan<'_>, ctx: &Arc<Ctx>) -> Result<Self> {
        let mut held = Held::new(ctx, 0)?;
        held.add_bytes(scan.stage.scratch_bytes())?;
        Ok(Self {
            steps: scan.stage.steps(),
            rows: Vec::new(),
            values: Vec::new(),
            batch: Batch::default(),
            scratch: scan.stage.scratch(),
            held,
            samples_total: 0,
            samples_read: 0,
            window_max: 0,
            series_selected: 0,
            is_decoded: true,
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = PartRow<'_>> {
        self.rows.iter().map(|row| PartRow {
            key: row.key,
            labels: row.labels,
            checks: row.checks,
            remarks: &row.remarks,
            outcome: match &row.computed {
                Computed::Nothing => RowOutcome::Nothing,
                &Computed::Row(at) => RowOutcome::Values(&self.values[at..at + self.steps]),
                Computed::Present(steps) => RowOutcome::Present(steps.clone()),
            },
        })
    }

    /// Computes the series of `part`.
    pub(super) fn fill(
        &mut self,
        scan: &Scan<'_>,
        part: &mut dyn Part,
        ctx: &Arc<Ctx>,
    ) -> Result<()> {
        self.rows.clear();
        self.values.clear();
        (self.samples_total, self.samples_read) = (0, 0);
        self.series_selected = part.series().len() as u64;
        self.is_decoded = true;
        if scan.presence_only
            && let Stage::Instant(reach) = scan.stage
            && part.series().iter().all(|series| is_continuous(series, reach))
        {
            self.is_decoded = false;
            self.fill_from_presence(part.series(), reach, scan.drop_name);
            return Ok(());
        }
        let mut start = 0;
        while start < part.series().len() {
            let end = start + decoded_together(&part.series()[start..]);
            self.decode(scan, part, start..end, ctx)?;
            start = end;
        }
        Ok(())
    }

    fn decode(
        &mut self,
        scan: &Scan<'_>,
        part: &mut dyn Part,
        which: Range<usize>,
        ctx: &Arc<Ctx>,
    ) -> Result<()> {
        let mut batch = std::mem::take(&mut self.batch);
        let mut held = Held::new(ctx, 0)?;
        let most =
            part.series()[which.clone()].iter().map(|series| series.samples_max).sum::<u64>();
        if most > DECODED_SAMPLES_MAX {
            // One series alone may not fit, and it is known before.
            held.set_bytes(
                usize::try_from(most).unwrap_or(usize::MAX).saturating_mul(SAMPLE_BYTES),
            )?;
        }
        part.decode(which, &mut batch)?;
        if !scan.details.buckets && !batch.histograms.is_empty() {
            stats::strip(&mut batch);
        }
        if scan.stage.has_windows() {
            // Upstream holds one window at a time, of one series.
            let largest = batch.histograms.iter().map(|held| cost(held)).max().unwrap_or(1);
            let longest = batch.runs.iter().map(|run| batch.floats_of(run).len()).max();
            let window = (longest.unwrap_or_default() as u64).saturating_mul(largest);
            self.window_max = self.window_max.max(window);
        }
        let histogram_bytes = batch.histograms.iter().map(|histogram| size_bytes(histogram));
        held.set_bytes(batch.size_bytes() + histogram_bytes.sum::<usize>())?;
        self.scratch.forget_times();
        for run in &batch.runs {
            let &SeriesMeta { key, labels, .. } = &part.series()[run.series as usize];
            let labels = RowLabels { labels, drop_name: scan.drop_name };
            let raw = Raw {
                times: batch.times_of(run),
                values: batch.floats_of(run),
                shared: Some((run.times.start, run.times.end)),
                histograms: Pool::Batch(&batch.histograms),
                starts: if scan.details.starts { batch.starts_of(run) } else { &[] },
            };
            self.compute(scan, (key, labels), raw, ctx)?;
        }
        self.batch = batch;
        Ok(())
    }

    fn compute(
        &mut self,
        scan: &Scan<'_>,
        (key, labels): (SeriesKey, RowLabels),
        raw: Raw<'_>,
        ctx: &Arc<Ctx>,
    ) -> Result<()> {
        let at = self.values.len();
        self.held.make_room(&mut self.values, self.steps)?;
        self.values.resize(at + self.steps, ABSENT);
        let (mut notes, out) = (Notes::default(), &mut self.values[at..]);
        let outcome = scan.stage.run(raw, &mut self.scratch, (ctx, &mut notes), out)?;
        let remarks: Box<[_]> = notes.0.into_iter().collect();
        self.samples_total += outcome.samples_total;
        self.samples_read += outcome.samples_read;
        if !outcome.present {
            self.values.truncate(at);
        }
        if outcome.present || outcome.checks != 0 || !remarks.is_empty() {
            let computed = if outcome.present { Computed::Row(at) } else { Computed::Nothing };
            self.rows.push(RowEntry { key, labels, checks: outcome.checks, remarks, computed });
        }
        Ok(())
    }

    fn fill_from_presence(&mut self, series: &[SeriesMeta], reach: &Reach, drop_name: bool) {
        for meta in series {
            let Some(Presence { first, last, .. }) = meta.presence else { continue };
            let steps = reach.steps_between(first.0, last.0);
            if steps.is_empty() {
                continue;
            }
            self.samples_total += steps.len() as u64;
            let labels = RowLabels { labels: meta.labels, drop_name };
            let (key, remarks, computed) = (meta.key, Box::default(), Computed::Present(steps));
            self.rows.push(RowEntry { key, labels, checks: 0, remarks, computed });
        }
    }
}

/// How many of the first series are decoded at once, so that long ranges of many series do not lie
/// in memory together.
fn decoded_together(series: &[SeriesMeta]) -> usize {
    let mut samples = 0_u64;
    let fits = |series: &&SeriesMeta| {
        samples = samples.saturating_add(series.samples_max);
        samples <= DECODED_SAMPLES_MAX
    };
    series.iter().take_while(fits).count().max(1)
}

/// Whether an instant selector sees a sample at every step between the first and the last.
fn is_continuous(series: &SeriesMeta, reach: &Reach) -> bool {
    let range = u64::try_from(reach.range).unwrap_or(0);
    series.presence.is_some_and(|presence| presence.stale == 0 && presence.max_gap_ms <= range)
}
