//! What the histograms of a chunk have in common: their layout, and what is known about resets.

use std::sync::Arc;

use regain_model::ResetHint;
use regain_model::histogram::{CUSTOM_SCHEMA, Schema, Span};

use crate::bits::{BitReader, BitWriter};
use crate::fault::Read;
use crate::sample::Layout;

/// The schemas that upstream's current version reads, some of them for versions to come.
const RESERVED_SCHEMAS: std::ops::RangeInclusive<Schema> = -9..=52;
/// The exponents of zero thresholds that one byte tells: it holds the exponent plus this.
const THRESHOLD_BIAS: i32 = 243;
/// The exponents of thresholds, as of a fraction between one half and one, that one byte tells.
const THRESHOLD_EXPONENTS: std::ops::RangeInclusive<i32> = -242..=11;
/// The byte that says that the threshold itself follows.
const THRESHOLD_FOLLOWS: u8 = 255;
/// Bounds that are multiples of a thousandth up to this one are written as integers.
const THOUSANDTHS_MAX: f64 = 33_554_430.0;

/// What a chunk's header says about counter resets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ResetHeader {
    /// Nothing.
    #[default]
    Unknown,
    /// The counter went on from the chunk before.
    NotReset,
    /// The counter started again.
    Reset,
    /// The histograms are no counters.
    Gauge,
}

impl ResetHeader {
    const fn of(byte: u8) -> Self {
        match byte >> 6 {
            0 => Self::Unknown,
            1 => Self::NotReset,
            2 => Self::Reset,
            _ => Self::Gauge,
        }
    }

    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::NotReset => 1 << 6,
            Self::Reset => 2 << 6,
            Self::Gauge => 3 << 6,
        }
    }
}

/// The hint of the sample `index` of a chunk whose header byte is `header`. A first sample's is not
/// known whatever the header says: the chunk before may be gone, or another may have come between.
pub(super) const fn hint_of(header: u8, index: usize) -> ResetHint {
    match ResetHeader::of(header) {
        ResetHeader::Gauge => ResetHint::Gauge,
        _ if index > 0 => ResetHint::NotReset,
        _ => ResetHint::Unknown,
    }
}

/// Reads the layout, and how many positive and negative buckets it has. `bucket_bits` is how many
/// bits a bucket takes at least.
pub(super) fn read(
    reader: &mut BitReader<'_>,
    bucket_bits: u64,
) -> Read<(Arc<Layout>, usize, usize)> {
    let zero_threshold = read_threshold(reader)?;
    let schema = reader.varbit()?;
    let known = |schema: &Schema| *schema == CUSTOM_SCHEMA || RESERVED_SCHEMAS.contains(schema);
    let schema = Schema::try_from(schema).ok().filter(known);
    let schema = schema.ok_or_else(|| reader.fault("a histogram's schema is not known"))?;
    let (positive, positives) = read_spans(reader)?;
    let (negative, negatives) = read_spans(reader)?;
    let bounds = if schema == CUSTOM_SCHEMA { Some(read_bounds(reader)?) } else { None };
    let needed = positives.saturating_add(negatives).saturating_mul(bucket_bits);
    if needed > reader.bits_left() {
        return Err(reader.fault("a histogram has more buckets than the chunk has room for"));
    }
    let narrow = |count: u64| usize::try_from(count).expect("no more than there are bits");
    let layout = Layout { schema, zero_threshold, positive, negative, bounds };
    Ok((Arc::new(layout), narrow(positives), narrow(negatives)))
}

/// Writes the layout.
pub(super) fn write(writer: &mut BitWriter, layout: &Layout) {
    write_threshold(writer, layout.zero_threshold);
    writer.varbit(i64::from(layout.schema));
    for spans in [&layout.positive, &layout.negative] {
        writer.uvarbit(spans.len() as u64);
        for span in spans {
            writer.uvarbit(u64::from(span.length));
            writer.varbit(i64::from(span.offset));
        }
    }
    if layout.schema == CUSTOM_SCHEMA {
        let bounds = layout.bounds.as_deref().unwrap_or_default();
        writer.uvarbit(bounds.len() as u64);
        for &bound in bounds {
            write_bound(writer, bound);
        }
    }
}

fn read_spans(reader: &mut BitReader<'_>) -> Read<(Vec<Span>, u64)> {
    let (mut spans, mut buckets) = (Vec::new(), 0_u64);
    for _ in 0..reader.uvarbit()? {
        let length = u32::try_from(reader.uvarbit()?);
        let offset = i32::try_from(reader.varbit()?);
        let (Ok(length), Ok(offset)) = (length, offset) else {
            return Err(reader.fault("a span of buckets is out of range"));
        };
        buckets = buckets.saturating_add(u64::from(length));
        spans.push(Span { offset, length });
    }
    Ok((spans, buckets))
}

fn read_bounds(reader: &mut BitReader<'_>) -> Read<Arc<[f64]>> {
    let mut bounds = Vec::new();
    for _ in 0..reader.uvarbit()? {
        bounds.push(match reader.uvarbit()? {
            0 => f64::from_bits(reader.bits(64)?),
            thousandths => (thousandths - 1) as f64 / 1000.0,
        });
    }
    Ok(bounds.into())
}

#[expect(clippy::float_cmp, reason = "what is asked is whether the very same number comes back")]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is within the range that was checked"
)]
fn write_bound(writer: &mut BitWriter, bound: f64) {
    let thousandths = bound * 1000.0;
    let rounded = thousandths.round();
    if (0.0..=THOUSANDTHS_MAX).contains(&thousandths)
        && (bound.to_bits() == 0 || bound > 0.0)
        && rounded / 1000.0 == bound
    {
        writer.uvarbit(rounded as u64 + 1);
    } else {
        writer.bit(false);
        writer.bits(bound.to_bits(), 64);
    }
}

fn read_threshold(reader: &mut BitReader<'_>) -> Read<f64> {
    let byte = reader.bits(8)?;
    Ok(match u8::try_from(byte).expect("eight bits were read") {
        0 => 0.0,
        THRESHOLD_FOLLOWS => f64::from_bits(reader.bits(64)?),
        byte => 2_f64.powi(i32::from(byte) - THRESHOLD_BIAS - 1),
    })
}

fn write_threshold(writer: &mut BitWriter, threshold: f64) {
    let bits = threshold.to_bits();
    if bits == 0 {
        writer.bits(0, 8);
        return;
    }
    // A positive power of two has neither a sign nor a mantissa.
    let exponent = i32::try_from((bits >> 52) & 0x7ff).expect("eleven bits") - 1022;
    let is_power = bits >> 63 == 0 && bits & ((1 << 52) - 1) == 0;
    match u64::try_from(exponent + THRESHOLD_BIAS) {
        Ok(byte) if is_power && THRESHOLD_EXPONENTS.contains(&exponent) => writer.bits(byte, 8),
        _ => {
            writer.bits(u64::from(THRESHOLD_FOLLOWS), 8);
            writer.bits(bits, 64);
        }
    }
}
