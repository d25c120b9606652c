//! What a series has at a time.

use std::sync::Arc;

use regain_model::{Histogram, ResetHint, STALE_NAN};

use crate::cell::quieted;

/// A sample's value.
#[derive(Clone, Debug)]
pub enum Value {
    /// A number, or the staleness marker.
    Float(f64),
    /// A native histogram; one whose sum is the staleness marker marks the end of the series.
    Histogram(Arc<Histogram>),
}

impl Value {
    /// The value as a store keeps it: the end of a series is always the float that says so, and no float
    /// looks like a histogram's place.
    #[must_use]
    pub fn settled(self) -> Self {
        match self {
            Self::Float(value) => Self::Float(quieted(value)),
            Self::Histogram(histogram) if histogram.is_stale() => Self::Float(STALE_NAN),
            Self::Histogram(_) => self,
        }
    }

    /// The value of the same kind, with the same layout, that counts nothing yet.
    #[must_use]
    pub fn zero(&self) -> Self {
        match self {
            Self::Float(_) => Self::Float(0.0),
            Self::Histogram(histogram) => Self::Histogram(Arc::new(Histogram {
                hint: ResetHint::Reset,
                schema: histogram.schema,
                zero_threshold: histogram.zero_threshold,
                bounds: histogram.bounds.clone(),
                ..Histogram::default()
            })),
        }
    }

    /// Whether the two are the same sample: bit for bit, what is known about counter resets left aside.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Histogram(a), Self::Histogram(b)) => a.equals(b),
            _ => false,
        }
    }
}
