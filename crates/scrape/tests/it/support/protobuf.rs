//! Messages of the protobuf format, written field by field.

use regain_protowire::write::{
    put_double, put_message, put_packed_sint64, put_sint64, put_str, put_varint,
};

pub(crate) const COUNTER: u64 = 0;
pub(crate) const GAUGE: u64 = 1;
pub(crate) const SUMMARY: u64 = 2;
pub(crate) const HISTOGRAM: u64 = 4;

/// Is the fields of a message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message(pub(crate) Vec<u8>);

impl Message {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn double(mut self, field: u32, value: f64) -> Self {
        put_double(&mut self.0, field, value);
        self
    }

    pub(crate) fn varint(mut self, field: u32, value: u64) -> Self {
        put_varint(&mut self.0, field, value);
        self
    }

    pub(crate) fn signed(mut self, field: u32, value: i64) -> Self {
        put_sint64(&mut self.0, field, value);
        self
    }

    pub(crate) fn text(mut self, field: u32, text: &str) -> Self {
        put_str(&mut self.0, field, text);
        self
    }

    pub(crate) fn holds(mut self, field: u32, other: Self) -> Self {
        put_message(&mut self.0, field, |dst| dst.extend(other.0));
        self
    }

    /// Adds a run of native buckets from an index on, above zero.
    pub(crate) fn buckets(mut self, offset: i64, deltas: &[i64]) -> Self {
        let length = deltas.len() as u64;
        self = self.holds(12, Self::new().signed(1, offset).varint(2, length));
        put_packed_sint64(&mut self.0, 13, deltas.iter().copied());
        self
    }

    /// Adds a classic bucket.
    pub(crate) fn bucket(self, bound: f64, count: u64) -> Self {
        self.holds(3, Self::new().varint(1, count).double(2, bound))
    }
}

/// Returns a family with one metric, without labels.
pub(crate) fn family(name: &str, kind: u64, value: Message) -> Message {
    let metric = metric(kind, value);
    Message::new().text(1, name).varint(3, kind).holds(4, metric)
}

/// Returns a metric without labels.
pub(crate) fn metric(kind: u64, value: Message) -> Message {
    let field = [3, 2, 4, 5, 7][usize::try_from(kind).unwrap()];
    Message::new().holds(field, value)
}
