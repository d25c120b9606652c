//! The way in: one batch of samples, answered sample by sample, committed or dropped whole.
//!
//! An appender belongs to one **lane**: one writer's time grid, such as a scrape target. A batch is
//! staged, every sample is answered with a [`Verdict`], and then the writer decides, as its protocol
//! wants, whether the accepted ones are committed or the whole batch is dropped. After `commit`
//! returns, the samples are visible to queries and survive the end of the process.

use regain_model::{Exemplar, Labels, Metadata, Timestamp};

use crate::error::Result;
use crate::exemplars::ExemplarVerdict;
use crate::gate::Gate;
use crate::value::Value;

/// The name of a lane: what stays the same about one writer across batches and reloads.
///
/// The bytes are the writer's own; a scrape uses the target's labels and URL, a push the sender with
/// its job and instance. The first byte tells the kinds of writers apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LaneKey(pub Box<[u8]>);

impl LaneKey {
    /// The lane of a scrape target.
    pub fn scrape(labels: &Labels, url: &str) -> Self {
        Self::of(b's', &[labels.to_string().as_bytes(), url.as_bytes()])
    }

    /// The lane of one job and instance of one sender of pushes.
    pub fn push(sender: &str, job: &str, instance: &str) -> Self {
        Self::of(b'p', &[sender.as_bytes(), job.as_bytes(), instance.as_bytes()])
    }

    /// The lane of one rule's results.
    pub fn rule(group: &str, rule: &str) -> Self {
        Self::of(b'r', &[group.as_bytes(), rule.as_bytes()])
    }

    fn of(kind: u8, parts: &[&[u8]]) -> Self {
        let mut bytes = vec![kind];
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part);
        }
        Self(bytes.into_boxed_slice())
    }
}

/// A lane's handle on one of its series. It holds a generation, so one that outlived its series is
/// refused with [`Verdict::UnknownSeries`] instead of reaching another series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesRef(pub u64);

/// The answer to one staged sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The sample is staged. A repetition of the newest sample with the same value is, too.
    Accepted,
    /// The series has another value at this time.
    Duplicate,
    /// The series has a newer sample.
    OutOfOrder,
    /// The sample is older than anything the store takes.
    TooOld,
    /// The sample lies too far in the future.
    TooNew,
    /// A limit on series, or on the size of one sample, refuses it, and would again.
    OverLimit,
    /// Samples that could not be written yet fill the memory: there may be room for it later.
    NoRoom,
    /// The reference is stale; ask [`Appender::series`] again.
    UnknownSeries,
}

/// What a commit did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Samples that became visible.
    pub samples: u64,
    /// Series that did not exist before this batch.
    pub series_created: u64,
}

/// A store that takes samples.
pub trait Appendable: Send + Sync {
    /// Opens the lane `key`, new or as an earlier writer left it. A lane has one appender at a time:
    /// a second one waits inside `stage` and `commit`, never interleaving a batch.
    fn appender(&self, key: &LaneKey) -> Result<Box<dyn Appender>>;

    /// Keeps what is said about metrics, by their names. It survives the end of the process once this returns. A store may
    /// have no place for it.
    fn keep_metadata(&self, _said: &[(&str, &Metadata)]) -> Result<()> {
        Ok(())
    }

    /// Opens once the store takes samples; until then [`appender`](Self::appender) fails.
    fn gate(&self) -> Gate {
        Gate::opened()
    }
}

/// One lane's writer. References that [`Appender::series`] gives are this lane's only.
pub trait Appender: Send {
    /// The reference of the series with these labels, which is created on first use. Its definition
    /// is kept whether or not the current batch is committed.
    ///
    /// A series that a limit refuses has a reference, too: its samples are answered with [`Verdict::OverLimit`], and with
    /// [`Verdict::UnknownSeries`] once it is worth asking again.
    fn series(&mut self, labels: &Labels) -> Result<SeriesRef>;

    /// The same for a series that a writer writes about itself, such as a scrape's report, which no limit on
    /// series refuses.
    fn own_series(&mut self, labels: &Labels) -> Result<SeriesRef> {
        self.series(labels)
    }

    /// Stages one sample at its own time.
    fn stage(&mut self, series: SeriesRef, time: Timestamp, value: f64) -> Verdict;

    /// Stages one sample, which may be a histogram. `start` is when what it counts started, in
    /// milliseconds; `Timestamp(0)` says that it is not known.
    fn stage_value(
        &mut self,
        series: SeriesRef,
        time: Timestamp,
        start: Timestamp,
        value: Value,
    ) -> Verdict;

    /// Stages the zero from which a series counts since `start`, in the kind of its sample `like` at `time`. Where the
    /// series has a sample that is as new already, or the store would refuse the zero, nothing is staged. A store that
    /// takes late samples does not take this one late.
    fn stage_zero(&mut self, series: SeriesRef, start: Timestamp, time: Timestamp, like: &Value) {
        if start < time {
            self.stage_value(series, start, Timestamp(0), like.zero());
        }
    }

    /// Stages a row: `values[i]` for `series[i]`, all at `time`. Samples that are not accepted are
    /// pushed to `refused` with their index. This is the steady path: it allocates nothing when
    /// the row has the series of the one before it.
    fn stage_row(
        &mut self,
        time: Timestamp,
        series: &[SeriesRef],
        values: &[f64],
        refused: &mut Vec<(usize, Verdict)>,
    );

    /// Whether exemplars are kept, so that it is worth to read them.
    fn keeps_exemplars(&self) -> bool {
        false
    }

    /// Stages an exemplar of a series. Those of one series come oldest first.
    fn stage_exemplar(&mut self, _series: SeriesRef, _exemplar: Exemplar) -> ExemplarVerdict {
        ExemplarVerdict::NotKept
    }

    /// Writes what is staged to the log and then shows it to queries.
    fn commit(&mut self) -> Result<Committed>;

    /// Forgets what is staged.
    fn rollback(&mut self);
}
