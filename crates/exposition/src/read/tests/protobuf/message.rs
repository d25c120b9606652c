//! Messages of the format, written field by field.

use regain_protowire::write::{
    append_varint, put_double, put_message, put_packed_doubles, put_packed_sint64, put_sint64,
    put_str, put_varint,
};

/// Is a message, written field by field.
#[derive(Clone, Default)]
pub(super) struct Message(pub(super) Vec<u8>);

pub(super) fn message() -> Message {
    Message::default()
}

impl Message {
    pub(super) fn double(mut self, field: u32, value: f64) -> Self {
        put_double(&mut self.0, field, value);
        self
    }

    pub(super) fn varint(mut self, field: u32, value: u64) -> Self {
        put_varint(&mut self.0, field, value);
        self
    }

    pub(super) fn signed(mut self, field: u32, value: i64) -> Self {
        put_sint64(&mut self.0, field, value);
        self
    }

    pub(super) fn text(mut self, field: u32, text: &str) -> Self {
        put_str(&mut self.0, field, text);
        self
    }

    pub(super) fn holds(mut self, field: u32, other: Self) -> Self {
        put_message(&mut self.0, field, |dst| dst.extend(other.0));
        self
    }

    pub(super) fn deltas(mut self, field: u32, deltas: &[i64]) -> Self {
        put_packed_sint64(&mut self.0, field, deltas.iter().copied());
        self
    }

    pub(super) fn counts(mut self, field: u32, counts: &[f64]) -> Self {
        put_packed_doubles(&mut self.0, field, counts);
        self
    }

    pub(super) fn span(self, field: u32, offset: i64, length: u64) -> Self {
        self.holds(field, message().signed(1, offset).varint(2, length))
    }

    /// Adds a classic bucket.
    pub(super) fn bucket(self, bound: f64, count: u64) -> Self {
        self.holds(3, message().varint(1, count).double(2, bound))
    }

    /// Adds a timestamp of so many milliseconds.
    pub(super) fn time(self, field: u32, millis: u64) -> Self {
        let nanos = millis % 1000 * 1_000_000;
        self.holds(field, message().varint(1, millis / 1000).varint(2, nanos))
    }

    pub(super) fn exemplar(self, field: u32, id: &str, value: f64, millis: Option<u64>) -> Self {
        let label = message().text(1, "id").text(2, id);
        let exemplar = message().holds(1, label).double(2, value);
        self.holds(field, millis.into_iter().fold(exemplar, |exemplar, at| exemplar.time(3, at)))
    }
}

pub(super) const COUNTER: u64 = 0;
pub(super) const GAUGE: u64 = 1;
pub(super) const SUMMARY: u64 = 2;
pub(super) const UNTYPED: u64 = 3;
pub(super) const HISTOGRAM: u64 = 4;
pub(super) const GAUGE_HISTOGRAM: u64 = 5;

/// Returns a metric with a value of this kind.
pub(super) fn metric(kind: u64, labels: &[(&str, &str)], value: Message) -> Message {
    let field = [3, 2, 4, 5, 7, 7][usize::try_from(kind).unwrap()];
    let labels = labels.iter().map(|(name, value)| message().text(1, name).text(2, value));
    labels.fold(message(), |metric, label| metric.holds(1, label)).holds(field, value)
}

/// Returns a family of metrics without labels.
pub(super) fn family(name: &str, kind: u64, values: &[Message]) -> Message {
    let family = message().text(1, name).varint(3, kind);
    values.iter().fold(family, |family, value| family.holds(4, metric(kind, &[], value.clone())))
}

pub(super) fn body(families: &[Message]) -> Vec<u8> {
    let mut body = Vec::new();
    for Message(family) in families {
        append_varint(&mut body, family.len() as u64);
        body.extend(family);
    }
    body
}
