//! The way out: a consistent view per query, series selected by matchers, columns decoded on
//! demand.
//!
//! A part owns what it reads and may move to another thread. A source that lacks the order asked
//! for buffers.

use std::ops::Range;
use std::sync::Arc;

use regain_model::{Matcher, SeriesKey, Span, Timestamp};

use crate::arena::LabelsId;
use crate::batch::Batch;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::exemplars::SeriesExemplars;

/// Something that can be asked: the local store, memory, a remote, a merge of them.
pub trait Queryable: Send + Sync {
    /// A view of the samples in `span` that does not change while the query runs.
    fn snapshot(&self, span: Span, ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>>;

    /// No fewer series than match and have samples in the span, as far as that is known at once. A series that takes
    /// longer to read than others may count as several.
    fn series_max(&self, _matchers: &[Matcher], _span: Span) -> usize {
        usize::MAX
    }

    /// No fewer than the label `name` has values in the span, or than there are names of labels where it is `None`, as far
    /// as that is known at once.
    fn texts_max(&self, _name: Option<&str>, _span: Span) -> usize {
        usize::MAX
    }

    /// The exemplars in a closed span of the series that satisfy all matchers of one of the selectors, sorted by the
    /// labels of the series. A source that keeps none has none.
    fn exemplars(&self, _span: Span, _selectors: &[Vec<Matcher>]) -> Result<Vec<SeriesExemplars>> {
        Ok(Vec::new())
    }
}

/// A view that stays the same for the length of one query.
pub trait Snapshot: Send + Sync {
    /// The series that match, handed out in parts.
    fn select(&self, selection: &Selection<'_>, ctx: &Arc<Ctx>) -> Result<Box<dyn Parts>>;

    /// The names of the labels of all series that match, sorted, at most `limit` of them (0: all).
    fn label_names(&self, matchers: &[Matcher], limit: usize) -> Result<Vec<String>>;

    /// The values of the label `name` over all series that match, sorted, at most `limit` (0: all).
    fn label_values(&self, name: &str, matchers: &[Matcher], limit: usize) -> Result<Vec<String>>;

    /// Takes note that a query selects series which match, but finds their samples elsewhere. A source that does not
    /// count what is asked for does nothing.
    fn note_selected(&self, _matchers: &[Matcher]) {}

    /// No sample that it sees within the span that it was asked for lies outside of this; it may be longer than need be. `None` says
    /// that it sees no sample.
    fn span(&self) -> Option<Span> {
        Some(Span::ALL)
    }

    /// This view's mark, and the lowest timestamp of the samples that have come or gone since the view whose
    /// mark was `mark`: what a cache must forget. Every change counts, in order or late; the time may be lower
    /// than that of the change, never higher. What the view sees beyond its own mark is a change after it.
    /// Each change adds one to the mark, or more. Marks hold for the life of the store in memory; of one that it
    /// has not given, as is 0, everything may have changed.
    fn changed_since(&self, mark: u64) -> (u64, Option<Timestamp>);
}

/// What a query wants from a source.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// The matchers that a series' labels must all satisfy.
    pub matchers: &'a [Matcher],
    /// The closed span of time.
    pub span: Span,
    /// Which columns will be decoded.
    pub want: Want,
    /// The order in which series must come.
    pub order: Order,
    /// What the samples are for.
    pub hints: Hints<'a>,
    /// At most this many series (0: all).
    pub limit: usize,
    /// Up to this many series may come in any order instead: that in which the source reads them fastest. Who
    /// needs theirs has the keys. [`Parts::loose`] says whether they do.
    pub loose_max: usize,
}

impl<'a> Selection<'a> {
    /// All samples of the series that match, in key order.
    pub const fn new(matchers: &'a [Matcher], span: Span) -> Self {
        let (want, order, hints) = (Want::Floats, Order::Key, Hints::NONE);
        Self { matchers, span, want, order, hints, limit: 0, loose_max: 0 }
    }
}

/// Which columns a query will decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Only which series there are.
    Nothing,
    /// Times and float values.
    Floats,
}

/// The order of series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By [`SeriesKey`]: the stores' own order.
    Key,
    /// By label set.
    Labels,
}

/// What a selection's samples are for; a source may use it to read less.
#[derive(Clone, Copy, Debug)]
pub struct Hints<'a> {
    /// The function or aggregation around the selector, or the empty string.
    pub function: &'a str,
    /// The evaluation step in milliseconds, 0 for instant queries.
    pub step_ms: i64,
    /// The range of the selector in milliseconds, 0 for an instant selector.
    pub range_ms: i64,
    /// The labels that the surrounding aggregation groups by.
    pub grouping: &'a [String],
    /// Whether `grouping` is kept (`by`) or removed (`without`).
    pub by: bool,
    /// Whether, with `by`, no other labels than those of `grouping` and those that say what a series means
    /// (`__name__`, `__type__`, `__unit__`) matter, so that a source may leave the others out. Series that are
    /// then the same may share their [`SeriesMeta::labels`].
    pub projected: bool,
}

impl Hints<'_> {
    /// No hints.
    pub const NONE: Self =
        Self { function: "", step_ms: 0, range_ms: 0, grouping: &[], by: false, projected: false };
}

/// The selected series, at most [`Parts::SERIES_MAX`] a part, handed out one part after another.
pub trait Parts: Send {
    /// The next part, or `None` after the last.
    fn next(&mut self) -> Result<Option<Box<dyn Part>>>;

    /// The next part before anything is known of its series: [`Part::prepare`] finds that out, on any thread.
    fn next_unprepared(&mut self) -> Result<Option<Box<dyn Part>>> {
        self.next()
    }

    /// How many series come at most, where they come in any order; `None` where they come in the order asked for.
    fn loose(&self) -> Option<usize> {
        None
    }
}

impl dyn Parts {
    /// The most series a part holds.
    pub const SERIES_MAX: usize = 128;
}

/// Some of the selected series.
pub trait Part: Send {
    /// Prepares a part that came from [`Parts::next_unprepared`], once and before anything else. It may turn out
    /// to have no series.
    fn prepare(&mut self) -> Result<()> {
        Ok(())
    }

    /// The keys of the series of a part that is not prepared, in the selection's order, where they are known. Some of
    /// these series may turn out to have no samples.
    fn keys(&self) -> Option<Vec<SeriesKey>> {
        None
    }

    /// The series, in the selection's order.
    fn series(&self) -> &[SeriesMeta];

    /// Decodes the series with these indices into `out`, which is cleared first. A series without
    /// samples in the span gets no run.
    fn decode(&mut self, which: Range<usize>, out: &mut Batch) -> Result<()>;
}

/// One selected series.
#[derive(Clone, Debug)]
pub struct SeriesMeta {
    /// Its key.
    pub key: SeriesKey,
    /// Its labels, in the query's arena.
    pub labels: LabelsId,
    /// An upper bound of the number of samples in the span.
    pub samples_max: u64,
    /// When it is known to have samples; `None` means that it must be decoded to know.
    pub presence: Option<Presence>,
}

/// Where a series has samples in the selection's span, as far as that is known without decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    /// The first sample.
    pub first: Timestamp,
    /// The last sample.
    pub last: Timestamp,
    /// The longest time between two neighbouring samples.
    pub max_gap_ms: u64,
    /// How many of the samples are staleness markers.
    pub stale: u64,
}
