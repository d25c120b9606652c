//! Series of 1.0, which spells their labels out each time.
//!
//! A label is known by its bytes in the request, tag and length included, and a series by the numbers of its labels' bytes: most
//! labels are those of many series, and so are there once.

use regain_model::Labels;
use regain_protowire::Reader;
use regain_storage::Appendable;

use super::series::label_set;
use super::staging::{Book, Request, Staging};
use crate::write::cache::{Cache, Entry, EntryId};
use crate::write::encode::append_label;
use crate::write::error::WriteError;
use crate::write::exemplar::Draft;
use crate::write::problem::Pair;
use crate::write::texts::{TextId, Texts};
use crate::write::v1::{self, LABEL_TAG, Sample};

/// The memory for a key that is kept for the next series.
const KEY_KEPT_MAX: usize = 1 << 10;

/// What is known about the series of one sender of 1.0.
#[derive(Default)]
pub(super) struct Spelled {
    known: Known,
    samples: Vec<Sample>,
    key: Vec<TextId>,
}

/// Series by their labels as they lie in requests.
#[derive(Default)]
struct Known {
    cache: Cache,
    texts: Texts,
}

impl Known {
    /// How many bytes of `message` the labels of a series take, if it starts with them.
    #[inline]
    fn starts(&self, id: EntryId, message: &[u8]) -> Option<usize> {
        let mut rest = message;
        for &label in self.cache.key(id) {
            rest = rest.strip_prefix(self.texts.get(label))?;
        }
        Some(message.len() - rest.len())
    }
}

impl Book for Known {
    #[inline]
    fn entry_mut(&mut self, id: EntryId) -> &mut Entry {
        self.cache.entry_mut(id)
    }

    fn labels(&self, id: EntryId) -> Labels {
        let texts = self.cache.key(id).iter().map(|&label| self.texts.get(label));
        let series = decode_series(&texts.collect::<Vec<_>>().concat()).ok().flatten();
        series.map(|series| series.labels).unwrap_or_default()
    }
}

impl Spelled {
    /// About how much memory the series take.
    pub(super) const fn size_bytes(&self) -> usize {
        self.known.cache.size_bytes() + self.known.texts.size_bytes()
    }

    /// Stages everything in `body`.
    pub(super) fn stage(
        &mut self,
        store: &dyn Appendable,
        staging: &mut Staging,
        body: &[u8],
        request: &mut Request,
    ) -> Result<(), WriteError> {
        let mut reader = Reader::new(body);
        while let Some(field) = reader.next_field()? {
            match field.number {
                v1::REQUEST_SERIES => {
                    self.stage_series(store, staging, field.bytes()?, request)?;
                }
                v1::REQUEST_METADATA => {
                    let v1::Metadata { kind, name, help, unit } =
                        v1::Metadata::decode(field.bytes()?)?;
                    request.said.add(name, kind, (help, unit));
                    request.outcome.metadata += 1;
                }
                _ => {}
            }
        }
        staging.flush(&mut self.known, request)
    }

    fn stage_series(
        &mut self,
        store: &dyn Appendable,
        staging: &mut Staging,
        message: &[u8],
        request: &mut Request,
    ) -> Result<(), WriteError> {
        let predicted = self.predict(request.previous, message);
        let (labels, rest) = match predicted {
            Some((_, length)) => message.split_at(length),
            None => v1::split_labels(message)?,
        };
        let found = v1::decode_rest(rest, &mut self.samples)?;
        if found.stray_labels > 0 {
            let sorted = v1::labels_first(message)?;
            return self.stage_series(store, staging, &sorted, request);
        }
        // A series without samples leaves no trace in the store. Senders put exemplars behind the samples they belong to,
        // each as a series of its own.
        let is_empty = self.samples.is_empty() && found.histograms == 0;
        let known = match predicted {
            Some((id, _)) => Some(id),
            None if is_empty => self.find(labels)?,
            None => self.look_up(store, staging, labels)?,
        };
        let is_valid = known.is_some() || is_empty && decode_series(labels)?.is_some();
        if !is_valid {
            request.outcome.invalid += 1;
            return Ok(());
        }
        let Some(id) = known else {
            request.outcome.exemplars_skipped += found.exemplars;
            return Ok(());
        };
        if predicted.is_none() {
            self.known.cache.link(request.previous, id);
        }
        request.previous = Some(id);
        for sample in &self.samples {
            let Sample { time_ms, value } = *sample;
            staging.stage_float(&mut self.known, request, id, (time_ms, value))?;
        }
        if found.exemplars + found.histograms > 0 {
            self.stage_others(staging, rest, id, request)?;
        }
        Ok(())
    }

    /// Stages the histograms and exemplars in `rest`, which is what follows the labels of a series.
    fn stage_others(
        &mut self,
        staging: &mut Staging,
        rest: &[u8],
        id: EntryId,
        request: &mut Request,
    ) -> Result<(), WriteError> {
        let mut reader = Reader::new(rest);
        while let Some(field) = reader.next_field()? {
            match field.number {
                v1::SERIES_HISTOGRAM => {
                    staging.stage_histogram(&mut self.known, request, id, field.bytes()?)?;
                }
                v1::SERIES_EXEMPLAR => {
                    let v1::Exemplar { labels, value, time_ms } =
                        v1::Exemplar::decode(field.bytes()?)?;
                    let labels: Vec<Pair<'_>> =
                        labels.iter().map(|label| (label.name, label.value)).collect();
                    let draft = Draft { labels: &labels, value, time_ms };
                    if !staging.stage_exemplar(&mut self.known, request, id, draft)? {
                        request.outcome.exemplars_skipped += 1;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The series that starts `message` and the bytes that its labels take, if it is the one that followed `previous`
    /// last time.
    #[inline]
    fn predict(&self, previous: Option<EntryId>, message: &[u8]) -> Option<(EntryId, usize)> {
        let next = self.known.cache.successor(previous)?;
        let length = self.known.starts(next, message)?;
        // Another label behind the known ones makes another series.
        let ends = message.get(length) != Some(&LABEL_TAG);
        ends.then_some((next, length))
    }

    /// The series with these labels, if it is known.
    fn find(&mut self, raw: &[u8]) -> Result<Option<EntryId>, WriteError> {
        let Self { known: Known { cache, texts }, key, .. } = self;
        key.clear();
        let mut is_known = true;
        v1::each_label(raw, |label| {
            let number = texts.find(label);
            is_known &= number.is_some();
            key.extend(number);
        })?;
        Ok(if is_known { cache.find(key) } else { None })
    }

    /// The series with these labels; `None` where no series may have them.
    fn look_up(
        &mut self,
        store: &dyn Appendable,
        staging: &mut Staging,
        raw: &[u8],
    ) -> Result<Option<EntryId>, WriteError> {
        if let Some(id) = self.find(raw)? {
            return Ok(Some(id));
        }
        let Some(Series { labels, canonical }) = decode_series(raw)? else { return Ok(None) };
        let Some((lane, series)) = staging.open(store, &labels)? else { return Ok(None) };
        let Self { known: Known { cache, texts }, key, .. } = self;
        key.clear();
        v1::each_label(raw, |label| key.push(texts.number(label)))?;
        let id = cache.insert(key, lane, series, canonical);
        key.shrink_to(KEY_KEPT_MAX);
        Ok(Some(id))
    }
}

/// A valid series.
struct Series {
    labels: Labels,
    /// Whether these bytes are the ones that an encoder makes of the sorted labels.
    canonical: bool,
}

/// Decodes labels; `None` where upstream skips the series.
fn decode_series(raw: &[u8]) -> Result<Option<Series>, WriteError> {
    let decoded = v1::decode_labels(raw)?;
    let mut pairs: Vec<_> = decoded.iter().map(|label| (label.name, label.value)).collect();
    let Ok(labels) = label_set(&mut pairs) else { return Ok(None) };
    let mut encoded = Vec::with_capacity(raw.len());
    for (name, value) in &labels {
        append_label(&mut encoded, name, value);
    }
    Ok(Some(Series { canonical: encoded == raw, labels }))
}
