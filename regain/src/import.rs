//! What a Prometheus has left, taken over: its samples into Regain's store or into blocks beside it, and its
//! files to `regain/imported`.

mod beside;
pub(crate) mod moved;
mod rows;

use std::collections::BTreeMap;
use std::sync::Arc;

use regain_model::{Labels, Matcher, Span, Timestamp};
use regain_prometheus_tsdb::Blocks;
use regain_prometheus_tsdb::{PrometheusDir, Samples, windows};
use regain_storage::{Appendable as _, BlockFormat as _, Ctx, LaneKey, Result, Written};
use regain_tsdb::Db;

use rows::Rows;

pub(crate) use beside::carry;
pub(crate) use rows::Answers;

/// A lane is read in spans with about so many samples.
const SAMPLES_AIM: u64 = 2_000_000;
/// The store looks after itself after so many samples.
const SAMPLES_PER_PAUSE: u64 = 1_000_000;

/// Lanes by job and instance, with the most samples that one has in a window.
pub(crate) type Lanes = BTreeMap<(String, String), u64>;

/// When somebody may look after the store, or show how far it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pause {
    /// Before a window.
    Begin(Span),
    /// Within a window, after many samples.
    Within(Span),
    /// After a window.
    End(Span),
}

/// Counts what there is. `each` is told which window it is at.
pub(crate) fn survey(found: &PrometheusDir, each: &mut dyn FnMut(Span)) -> Result<Lanes> {
    let mut lanes: BTreeMap<(String, String), (Span, u64, u64)> = BTreeMap::new();
    found.survey(&Arc::default(), &mut |window, labels, samples| {
        each(window);
        let (last, count, most) = lanes.entry(lane_of(labels)).or_insert((window, 0, 0));
        if *last != window {
            (*last, *count) = (window, 0);
        }
        *count += samples;
        *most = (*most).max(*count);
    })?;
    Ok(lanes.into_iter().map(|(lane, (.., most))| (lane, most)).collect())
}

/// Appends everything to a store, window by window.
pub(crate) fn append(
    found: &PrometheusDir,
    lanes: &Lanes,
    db: &Db,
    pause: &mut dyn FnMut(Pause) -> Result<()>,
) -> Result<Answers> {
    let mut import = Import { found, db, rows: Rows::default(), answers: Answers::default() };
    let mut paused_at = 0;
    for window in found.span().into_iter().flat_map(windows) {
        pause(Pause::Begin(window))?;
        for (lane, &most) in lanes {
            for span in parts(window, most) {
                import.append(lane, span)?;
            }
            if import.answers.samples - paused_at > SAMPLES_PER_PAUSE {
                paused_at = import.answers.samples;
                pause(Pause::Within(window))?;
            }
        }
        pause(Pause::End(window))?;
    }
    Ok(import.answers)
}

/// Writes everything to blocks, window by window, and no window twice: `id` tells what it is made of.
pub(crate) fn write(found: &PrometheusDir, blocks: &Blocks, id: u64) -> Result<Written> {
    let mut written = Written::default();
    let Some(span) = found.span() else { return Ok(written) };
    for window in windows(span) {
        let within = Span::new(window.min.max(span.min), window.max.min(span.max));
        written += blocks.write(found, within, id)?;
    }
    Ok(written)
}

/// The job and the instance of a series.
fn lane_of(labels: &Labels) -> (String, String) {
    let value = |name| labels.get(name).unwrap_or_default().to_owned();
    (value("job"), value("instance"))
}

/// The lane of a job and an instance. Samples at times of their own are kept as those of a target are: series by series.
fn key_of((job, instance): &(String, String)) -> LaneKey {
    let target = Labels::from_pairs([("job", job.as_str()), ("instance", instance)]);
    LaneKey::scrape(&target, "import:")
}

/// A window in parts that have about as many samples as are read at once.
fn parts(window: Span, samples: u64) -> impl Iterator<Item = Span> {
    let count = i64::try_from(samples.div_ceil(SAMPLES_AIM).max(1)).unwrap_or(i64::MAX);
    let length = (window.max.0.saturating_sub(window.min.0) / count).saturating_add(1);
    let starts = std::iter::successors(Some(window.min.0), move |start| start.checked_add(length));
    starts.take_while(move |&start| start <= window.max.0).map(move |start| {
        let last = start.saturating_add(length - 1).min(window.max.0);
        Span::new(Timestamp(start), Timestamp(last))
    })
}

/// An import under way.
struct Import<'a> {
    found: &'a PrometheusDir,
    db: &'a Db,
    rows: Rows,
    answers: Answers,
}

impl Import<'_> {
    /// Appends what a lane has in `span`.
    fn append(&mut self, (job, instance): &(String, String), span: Span) -> Result<()> {
        let matchers = [Matcher::equal("job", job), Matcher::equal("instance", instance)];
        let mut found = self.found.series(&matchers, span, None, &Arc::new(Ctx::default()))?;
        let mut samples = Samples::default();
        let Some(mut labels) = found.next(&mut samples)? else { return Ok(()) };
        let mut lane = self.db.appender(&key_of(&(job.clone(), instance.clone())))?;
        loop {
            self.rows.add(lane.series(&labels)?, &samples, &mut self.answers);
            match found.next(&mut samples)? {
                Some(next) => labels = next,
                None => break,
            }
        }
        self.rows.append(&mut *lane, &mut self.answers)
    }
}
