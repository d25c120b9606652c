//! Samples as Prometheus keeps them: floats, histograms of integers, histograms of floats.
//!
//! Queries know one kind of histogram; blocks keep two. What is read here keeps its kind, so that it
//! can be written and printed again as it was.

use std::fmt;
use std::sync::Arc;

use regain_model::histogram::{Buckets, EXPONENTIAL_SCHEMA_MAX, Span};
use regain_model::{Histogram, ResetHint, is_stale};
use regain_storage::{histogram_cell, histogram_index, quieted};

/// Integers below this are told apart by floats.
const WHOLE_MAX: u64 = 1 << 53;

/// Where a histogram's buckets lie.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// How finely the buckets divide.
    pub schema: i32,
    /// How far the zero bucket reaches.
    pub zero_threshold: f64,
    /// The positive buckets.
    pub positive: Vec<Span>,
    /// The negative buckets.
    pub negative: Vec<Span>,
    /// The upper bounds of custom buckets.
    pub bounds: Option<Arc<[f64]>>,
}

/// A histogram with counts of the type `N`.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts<N> {
    /// What is known about counter resets.
    pub hint: ResetHint,
    /// Where the buckets lie.
    pub layout: Arc<Layout>,
    /// All observations.
    pub count: N,
    /// The observations in the zero bucket.
    pub zero_count: N,
    /// The sum of all observations.
    pub sum: f64,
    /// The counts of the positive buckets.
    pub positive: Vec<N>,
    /// The counts of the negative buckets.
    pub negative: Vec<N>,
}

impl<N: Default> Counts<N> {
    /// The marker that says that a series of histograms has ended.
    pub fn stale() -> Self {
        Self {
            hint: ResetHint::Unknown,
            layout: Arc::default(),
            count: N::default(),
            zero_count: N::default(),
            sum: regain_model::STALE_NAN,
            positive: Vec::new(),
            negative: Vec::new(),
        }
    }
}

/// A histogram of one of the two kinds.
#[derive(Clone, Debug, PartialEq)]
pub enum Native {
    /// With integer counts.
    Integer(Counts<u64>),
    /// With float counts.
    Float(Counts<f64>),
}

impl Native {
    /// What is known about counter resets.
    pub const fn hint(&self) -> ResetHint {
        match self {
            Self::Integer(counts) => counts.hint,
            Self::Float(counts) => counts.hint,
        }
    }

    /// Sets what is known about counter resets.
    pub const fn set_hint(&mut self, hint: ResetHint) {
        match self {
            Self::Integer(counts) => counts.hint = hint,
            Self::Float(counts) => counts.hint = hint,
        }
    }

    /// Whether this marks the end of a series.
    pub const fn is_stale(&self) -> bool {
        is_stale(match self {
            Self::Integer(counts) => counts.sum,
            Self::Float(counts) => counts.sum,
        })
    }

    /// The number of buckets but for the one around zero.
    pub const fn buckets(&self) -> usize {
        match self {
            Self::Integer(counts) => counts.positive.len() + counts.negative.len(),
            Self::Float(counts) => counts.positive.len() + counts.negative.len(),
        }
    }

    /// The histogram as queries know it, or `None` where its buckets do not fit its layout.
    pub fn to_model(&self) -> Option<Histogram> {
        match self {
            Self::Integer(counts) => model_of(counts, |count| count as f64),
            Self::Float(counts) => model_of(counts, |count| count),
        }
    }

    /// A histogram of queries as one with integer counts, if all of its counts are such.
    pub fn from_whole_model(histogram: &Histogram) -> Option<Self> {
        let Self::Float(counts) = Self::from_model(histogram) else { return None };
        let all = |counts: &[f64]| counts.iter().copied().map(whole).collect::<Option<Vec<u64>>>();
        Some(Self::Integer(Counts {
            hint: counts.hint,
            layout: counts.layout,
            count: whole(counts.count)?,
            zero_count: whole(counts.zero_count)?,
            sum: counts.sum,
            positive: all(&counts.positive)?,
            negative: all(&counts.negative)?,
        }))
    }

    /// A histogram of queries as one with float counts.
    pub fn from_model(histogram: &Histogram) -> Self {
        Self::Float(Counts {
            hint: histogram.hint,
            layout: Arc::new(Layout {
                schema: histogram.schema,
                zero_threshold: histogram.zero_threshold,
                positive: histogram.positive.spans().to_vec(),
                negative: histogram.negative.spans().to_vec(),
                bounds: histogram.bounds.clone(),
            }),
            count: histogram.count,
            zero_count: histogram.zero_count,
            sum: histogram.sum,
            positive: histogram.positive.cells().to_vec(),
            negative: histogram.negative.cells().to_vec(),
        })
    }
}

impl fmt::Display for Native {
    /// Writes the histogram as upstream prints it: integer counts in full.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(model) = self.to_model() else { return f.write_str("{}") };
        match self {
            Self::Integer(counts) if model.positive.len() == counts.positive.len() => {
                write_integers(f, &model, counts)
            }
            _ => model.fmt(f),
        }
    }
}

/// A count that is an integer which floats tell from its neighbours.
fn whole(count: f64) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared below")]
    let integer = count as u64;
    let is_same = (integer as f64).to_bits() == count.to_bits();
    (is_same && integer < WHOLE_MAX).then_some(integer)
}

fn write_integers(
    f: &mut fmt::Formatter<'_>,
    model: &Histogram,
    counts: &Counts<u64>,
) -> fmt::Result {
    // The float's text has the sum and the bounds; only counts are written otherwise.
    let bare = Histogram { sum: counts.sum, ..Histogram::default() }.to_string();
    let sum = bare.strip_prefix("{count:0").unwrap_or(&bare).trim_end_matches('}');
    write!(f, "{{count:{}{sum}", counts.count)?;
    let negative = model.negative_buckets().zip(&counts.negative).collect::<Vec<_>>();
    let zero = (counts.zero_count != 0).then(|| (model.zero_bucket(), &counts.zero_count));
    let positive = model.positive_buckets().zip(&counts.positive);
    for (bucket, count) in negative.into_iter().rev().chain(zero).chain(positive) {
        if *count != 0 {
            let text = bucket.to_string();
            let bounds = text.rsplit_once(':').map_or(text.as_str(), |(bounds, _)| bounds);
            write!(f, ", {bounds}:{count}")?;
        }
    }
    f.write_str("}")
}

fn model_of<N: Copy>(counts: &Counts<N>, float: impl Fn(N) -> f64 + Copy) -> Option<Histogram> {
    let Layout { schema, zero_threshold, positive, negative, bounds } = &*counts.layout;
    let buckets = |spans: &[Span], cells: &[N]| {
        Buckets::new(spans.to_vec(), cells.iter().map(|&cell| float(cell)).collect()).ok()
    };
    let mut histogram = Histogram {
        hint: counts.hint,
        schema: *schema,
        zero_threshold: *zero_threshold,
        zero_count: float(counts.zero_count),
        count: float(counts.count),
        sum: counts.sum,
        positive: buckets(positive, &counts.positive)?,
        negative: buckets(negative, &counts.negative)?,
        bounds: bounds.clone(),
    };
    if *schema > EXPONENTIAL_SCHEMA_MAX {
        histogram.reduce_to(EXPONENTIAL_SCHEMA_MAX);
    }
    Some(histogram)
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number, or the staleness marker.
    Float(f64),
    /// A histogram.
    Histogram(Native),
}

/// The samples of a series, in columns.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// The times in milliseconds.
    pub times: Vec<i64>,
    /// When what a sample counts has started; 0 where it is not known. As long as `times`.
    pub starts: Vec<i64>,
    /// Floats, and the places ([`histogram_cell`]) of `histograms`.
    pub cells: Vec<f64>,
    /// The histograms.
    pub histograms: Vec<Native>,
}

impl Samples {
    /// Forgets the samples and keeps the memory.
    pub fn clear(&mut self) {
        self.times.clear();
        self.starts.clear();
        self.cells.clear();
        self.histograms.clear();
    }

    /// The number of samples.
    pub const fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Appends a float.
    #[inline]
    pub fn push_float(&mut self, time: i64, start: i64, value: f64) {
        self.times.push(time);
        self.starts.push(start);
        self.cells.push(quieted(value));
    }

    /// Appends a histogram.
    pub fn push_histogram(&mut self, time: i64, start: i64, histogram: Native) {
        let index = u32::try_from(self.histograms.len()).expect("a series' samples fit memory");
        self.times.push(time);
        self.starts.push(start);
        self.cells.push(histogram_cell(index));
        self.histograms.push(histogram);
    }

    /// Appends a value.
    pub fn push(&mut self, time: i64, start: i64, value: Value) {
        match value {
            Value::Float(value) => self.push_float(time, start, value),
            Value::Histogram(histogram) => self.push_histogram(time, start, histogram),
        }
    }

    /// The histogram at `index`, where there is one and not a float.
    pub fn histogram(&self, index: usize) -> Option<&Native> {
        let place = histogram_index(*self.cells.get(index)?)?;
        self.histograms.get(usize::try_from(place).ok()?)
    }

    /// The histogram at `index`, to be changed.
    pub(crate) fn histogram_mut(&mut self, index: usize) -> Option<&mut Native> {
        let place = histogram_index(*self.cells.get(index)?)?;
        self.histograms.get_mut(usize::try_from(place).ok()?)
    }

    /// The value at `index`.
    pub fn value(&self, index: usize) -> Value {
        match self.histogram(index) {
            Some(histogram) => Value::Histogram(histogram.clone()),
            None => Value::Float(self.cells[index]),
        }
    }

    /// Forgets all but the first samples; `histograms` of these are histograms, or lie unused.
    pub(crate) fn truncate(&mut self, samples: usize, histograms: usize) {
        self.times.truncate(samples);
        self.starts.truncate(samples);
        self.cells.truncate(samples);
        self.histograms.truncate(histograms);
    }

    /// Puts the sample at `from` in the place of the one at `to`.
    pub(crate) fn move_row(&mut self, from: usize, to: usize) {
        self.times[to] = self.times[from];
        self.starts[to] = self.starts[from];
        self.cells[to] = self.cells[from];
    }

    /// Appends the sample at `index` of `other`.
    pub fn push_from(&mut self, other: &Self, index: usize) {
        let (time, start) = (other.times[index], other.starts[index]);
        match other.histogram(index) {
            Some(histogram) => self.push_histogram(time, start, histogram.clone()),
            None => self.push_float(time, start, other.cells[index]),
        }
    }
}
