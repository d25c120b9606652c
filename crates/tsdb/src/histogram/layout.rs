//! Which buckets a histogram has: what changes rarely from one sample of a series to the next.

use std::sync::Arc;

use regain_model::histogram::Span;
use regain_model::{Buckets, Histogram};

use super::BUCKETS_MAX;
use crate::wire::{Cursor, put_signed, put_varint};

/// Flags of a layout.
const BOUNDS: u8 = 1;
const THRESHOLD: u8 = 2;

/// A layout that was read.
#[derive(Debug)]
pub(super) struct Layout {
    schema: i32,
    zero_threshold: f64,
    positive: Side,
    negative: Side,
    bounds: Option<Arc<[f64]>>,
}

/// The spans of one side, and how many buckets they name.
#[derive(Debug)]
struct Side {
    spans: Vec<Span>,
    buckets: usize,
}

/// The numbers of a histogram beside its buckets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Totals {
    pub(super) count: f64,
    pub(super) zero_count: f64,
    pub(super) sum: f64,
}

/// Whether two histograms have one layout, bit for bit.
pub(super) fn is_same(a: &Histogram, b: &Histogram) -> bool {
    let bits = |h: &Histogram| -> Option<Vec<u64>> {
        h.bounds.as_ref().map(|bounds| bounds.iter().map(|bound| bound.to_bits()).collect())
    };
    let shares_bounds = match (&a.bounds, &b.bounds) {
        (None, None) => true,
        (Some(a), Some(b)) if Arc::ptr_eq(a, b) => true,
        _ => bits(a) == bits(b),
    };
    shares_bounds
        && a.schema == b.schema
        && a.zero_threshold.to_bits() == b.zero_threshold.to_bits()
        && a.positive.spans() == b.positive.spans()
        && a.negative.spans() == b.negative.spans()
}

/// Appends the layout of a histogram.
pub(super) fn put(out: &mut Vec<u8>, histogram: &Histogram) {
    let threshold = histogram.zero_threshold.to_bits();
    let bounds = if histogram.bounds.is_some() { BOUNDS } else { 0 };
    out.push(bounds | if threshold == 0 { 0 } else { THRESHOLD });
    put_signed(out, i64::from(histogram.schema));
    if threshold != 0 {
        out.extend_from_slice(&threshold.to_le_bytes());
    }
    for buckets in [&histogram.positive, &histogram.negative] {
        put_varint(out, buckets.spans().len() as u64);
        for span in buckets.spans() {
            put_signed(out, i64::from(span.offset));
            put_varint(out, u64::from(span.length));
        }
    }
    if let Some(bounds) = &histogram.bounds {
        put_varint(out, bounds.len() as u64);
        bounds.iter().for_each(|bound| out.extend_from_slice(&bound.to_le_bytes()));
    }
}

/// Reads a layout; `None` when it makes no sense.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<Layout> {
    let flags = cursor.byte()?;
    if flags & !(BOUNDS | THRESHOLD) != 0 {
        return None;
    }
    let schema = i32::try_from(cursor.signed()?).ok()?;
    let threshold = if flags & THRESHOLD == 0 { 0 } else { cursor.u64()? };
    let (positive, negative) = (read_side(cursor)?, read_side(cursor)?);
    let bounds = if flags & BOUNDS == 0 {
        None
    } else {
        let count = cursor.count()?;
        Some((0..count).map(|_| cursor.u64().map(f64::from_bits)).collect::<Option<_>>()?)
    };
    let zero_threshold = f64::from_bits(threshold);
    let layout = Layout { schema, zero_threshold, positive, negative, bounds };
    (layout.buckets() <= BUCKETS_MAX).then_some(layout)
}

fn read_side(cursor: &mut Cursor<'_>) -> Option<Side> {
    let count = cursor.count()?;
    let (mut spans, mut buckets) = (Vec::with_capacity(count), 0_usize);
    for _ in 0..count {
        let offset = i32::try_from(cursor.signed()?).ok()?;
        let length = cursor.id()?;
        buckets = buckets.checked_add(length as usize).filter(|&all| all <= BUCKETS_MAX)?;
        spans.push(Span { offset, length });
    }
    Some(Side { spans, buckets })
}

impl Layout {
    /// The layout of a histogram.
    pub(super) fn of(histogram: &Histogram) -> Self {
        let side =
            |buckets: &Buckets| Side { spans: buckets.spans().to_vec(), buckets: buckets.len() };
        Self {
            schema: histogram.schema,
            zero_threshold: histogram.zero_threshold,
            positive: side(&histogram.positive),
            negative: side(&histogram.negative),
            bounds: histogram.bounds.clone(),
        }
    }

    /// The number of buckets.
    pub(super) const fn buckets(&self) -> usize {
        self.positive.buckets + self.negative.buckets
    }

    /// The histogram with these numbers; `counts` are those of the positive buckets and then those of
    /// the negative ones. `None` when spans name no buckets that there can be.
    pub(super) fn with(&self, totals: Totals, mut counts: Vec<f64>) -> Option<Histogram> {
        let negative = counts.split_off(self.positive.buckets.min(counts.len()));
        Some(Histogram {
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: totals.zero_count,
            count: totals.count,
            sum: totals.sum,
            positive: Buckets::new(self.positive.spans.clone(), counts).ok()?,
            negative: Buckets::new(self.negative.spans.clone(), negative).ok()?,
            bounds: self.bounds.clone(),
            ..Histogram::default()
        })
    }
}
