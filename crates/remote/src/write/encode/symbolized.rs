//! Requests of 2.0.

use hashbrown::HashMap;
use regain_protowire::write::{put_message, put_packed_varints, put_str, put_varint};

use super::{HistogramSample, append_nonzero_double, append_nonzero_int64};
use crate::write::v2;

/// An `io.prometheus.write.v2.Request` under construction.
#[derive(Clone, Debug)]
pub struct SymbolizedRequest {
    symbols: Vec<u8>,
    places: HashMap<String, u32>,
    series: Vec<u8>,
}

/// What is written of a series.
#[derive(Clone, Copy, Debug, Default)]
pub struct SymbolizedSeries<'a> {
    /// Names and values, sorted by name.
    pub labels: &'a [(&'a str, &'a str)],
    /// Its numbers.
    pub samples: &'a [v2::Sample],
    /// Its histograms.
    pub histograms: &'a [HistogramSample<'a>],
    /// Its exemplars.
    pub exemplars: &'a [Exemplar<'a>],
    /// The kind of its metric, as a number of `Metadata.MetricType`.
    pub kind: u64,
    /// The explanation of its metric.
    pub help: &'a str,
    /// The unit of its metric.
    pub unit: &'a str,
}

/// An example of what was counted.
#[derive(Clone, Copy, Debug)]
pub struct Exemplar<'a> {
    /// Names and values, sorted by name.
    pub labels: &'a [(&'a str, &'a str)],
    /// What was observed.
    pub value: f64,
    /// Milliseconds since 1970.
    pub time_ms: i64,
}

impl Default for SymbolizedRequest {
    fn default() -> Self {
        let mut request = Self { symbols: Vec::new(), places: HashMap::new(), series: Vec::new() };
        // A place that is not written is that of the empty text.
        request.symbol("");
        request
    }
}

impl SymbolizedRequest {
    /// The place of a text, which gets one if it has none.
    pub fn symbol(&mut self, text: &str) -> u32 {
        let next = u32::try_from(self.places.len()).expect("a request has fewer than 2^32 texts");
        if let Some(&place) = self.places.get(text) {
            return place;
        }
        put_str(&mut self.symbols, v2::REQUEST_SYMBOL, text);
        self.places.insert(text.to_owned(), next);
        next
    }

    fn places_of(&mut self, labels: &[(&str, &str)]) -> Vec<u64> {
        let texts = labels.iter().flat_map(|&(name, value)| [name, value]);
        texts.map(|text| u64::from(self.symbol(text))).collect()
    }

    /// Adds a series.
    pub fn series(&mut self, series: &SymbolizedSeries<'_>) {
        let labels = self.places_of(series.labels);
        let exemplars: Vec<Vec<u64>> =
            series.exemplars.iter().map(|exemplar| self.places_of(exemplar.labels)).collect();
        let (help, unit) = (self.symbol(series.help), self.symbol(series.unit));
        put_message(&mut self.series, v2::REQUEST_SERIES, |dst| {
            put_packed_varints(dst, v2::SERIES_LABEL_REFS, labels);
            for sample in series.samples {
                put_message(dst, v2::SERIES_SAMPLE, |dst| append_sample(dst, sample));
            }
            for sample in series.histograms {
                put_message(dst, v2::SERIES_HISTOGRAM, |dst| sample.append(dst));
            }
            for (exemplar, labels) in series.exemplars.iter().zip(exemplars) {
                put_message(dst, v2::SERIES_EXEMPLAR, |dst| {
                    put_packed_varints(dst, v2::EXEMPLAR_LABEL_REFS, labels);
                    append_nonzero_double(dst, v2::EXEMPLAR_VALUE, exemplar.value);
                    append_nonzero_int64(dst, v2::EXEMPLAR_TIME, exemplar.time_ms);
                });
            }
            put_message(dst, v2::SERIES_METADATA, |dst| {
                let fields = [
                    (v2::METADATA_TYPE, series.kind),
                    (v2::METADATA_HELP, u64::from(help)),
                    (v2::METADATA_UNIT, u64::from(unit)),
                ];
                for (field, value) in fields.into_iter().filter(|&(_, value)| value != 0) {
                    put_varint(dst, field, value);
                }
            });
        });
    }

    /// The encoded message, which is not compressed yet.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&*self.symbols, &*self.series].concat()
    }
}

fn append_sample(dst: &mut Vec<u8>, sample: &v2::Sample) {
    append_nonzero_double(dst, v2::SAMPLE_VALUE, sample.value);
    append_nonzero_int64(dst, v2::SAMPLE_TIME, sample.time_ms);
    append_nonzero_int64(dst, v2::SAMPLE_START, sample.start_ms);
}
