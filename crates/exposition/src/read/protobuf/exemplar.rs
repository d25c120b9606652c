//! The message `Exemplar`, and which of them a histogram has.

use regain_protowire::{Field, Reader};

use super::histogram::{BUCKET, Bucket, EXEMPLARS};
use super::key::label_pair;
use super::message::time_ms;
use crate::read::source::ExemplarReading;

impl<'a> ExemplarReading<'a> {
    /// Decodes an `Exemplar`; nothing for one that is none.
    pub(super) fn decode(message: &'a [u8]) -> Option<Self> {
        let mut exemplar = Self { labels: Vec::new(), value: 0.0, timestamp_ms: None };
        let mut reader = Reader::new(message);
        while let Some(field) = reader.next_field().ok()? {
            match field.number {
                1 => exemplar.labels.push(label_pair(field.bytes().ok()?).ok()?),
                2 => exemplar.value = field.double().ok()?,
                3 => exemplar.timestamp_ms = Some(time_ms(field.bytes().ok()?).ok()?),
                _ => {}
            }
        }
        Some(exemplar)
    }
}

/// Hands over the exemplars of a whole histogram: its own, or, where there are none, those of its classic buckets. Only
/// those with a timestamp count, because nothing else tells a new one from one that was there before.
pub(super) fn each_of_histogram(
    message: &[u8],
    has_own: bool,
    each: &mut impl FnMut(ExemplarReading<'_>),
) {
    let mut reader = Reader::new(message);
    while let Ok(Some(field)) = reader.next_field() {
        let exemplar = match field.number {
            EXEMPLARS if has_own => field.bytes().ok(),
            BUCKET if !has_own => bucket_exemplar(&field),
            _ => None,
        };
        let exemplar = exemplar.and_then(ExemplarReading::decode);
        if let Some(exemplar) = exemplar.filter(|exemplar| exemplar.timestamp_ms.is_some()) {
            each(exemplar);
        }
    }
}

fn bucket_exemplar<'a>(field: &Field<'a>) -> Option<&'a [u8]> {
    Bucket::decode(field.bytes().ok()?).ok()?.exemplar
}
