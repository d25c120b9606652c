//! Series of 2.0, whose labels are places in a table of texts that is another one in each request.
//!
//! Every text that a label has had gets a number that stays, and a series is recognised by the numbers of its texts. As long as a
//! series is the one that came next last time, its places are compared with the numbers that are expected there: a place that was
//! used before in the request holds its number already, and the text of one that was not is compared with the text that is
//! expected. So a sender that repeats itself has each text compared once per request, and nothing is hashed.

mod symbols;

use regain_model::{Labels, METRIC_NAME};
use regain_protowire::Reader;
use regain_storage::Appendable;

use super::outcome::Outcome;
use super::series::{Unfit, label_set};
use super::staging::{Book, Request, Staging};
use crate::write::cache::{Cache, Entry, EntryId};
use crate::write::error::WriteError;
use crate::write::exemplar::{Draft, LABELS_MAX};
use crate::write::metadata::hash_of;
use crate::write::problem::{LabelList, Pair, Problem, RefList, check_refs};
use crate::write::texts::{TextId, Texts};
use crate::write::v2::{self, Metadata, Sample, Series};
use symbols::Symbols;

/// How many bytes the labels of new series may take in one request once they are spelled out. A text is there once in a request,
/// so a few bytes could otherwise ask for any amount of memory and work.
const SPELLED_BYTES_MAX: usize = 256 << 20;

/// The memory for places that is kept for the next series.
const REFS_KEPT_MAX: usize = 1 << 10;

/// What is known about the series of one sender of 2.0, and memory that is used again.
#[derive(Default)]
pub(super) struct Symbolized {
    known: Known,
    symbols: Symbols,
    samples: Vec<Sample>,
    refs: Vec<u32>,
    key: Vec<TextId>,
    /// How much the labels of new series have taken in this request, in bytes.
    spelled_bytes: usize,
    /// What the last series of this request said of its metric, and what tells that from everything else.
    said: Option<(Metadata, u64)>,
}

/// Series by the numbers of their texts.
#[derive(Default)]
struct Known {
    cache: Cache,
    texts: Texts,
}

impl Known {
    fn pairs(&self, key: &[TextId]) -> Vec<Pair<'_>> {
        let (pairs, _) = key.as_chunks();
        pairs.iter().map(|&[name, value]| (self.texts.get(name), self.texts.get(value))).collect()
    }

    /// The labels of a known series as upstream writes them.
    fn sorted_pairs(&self, id: EntryId) -> Vec<Pair<'_>> {
        let mut pairs = self.pairs(self.cache.key(id));
        pairs.sort_by_key(|&(name, _)| name);
        pairs
    }
}

impl Book for Known {
    #[inline]
    fn entry_mut(&mut self, id: EntryId) -> &mut Entry {
        self.cache.entry_mut(id)
    }

    fn labels(&self, id: EntryId) -> Labels {
        label_set(&mut self.pairs(self.cache.key(id))).unwrap_or_default()
    }
}

impl Symbolized {
    /// About how much memory the series and their texts take.
    pub(super) const fn size_bytes(&self) -> usize {
        self.known.cache.size_bytes() + self.known.texts.size_bytes()
    }

    /// Stages what is right in `body` and notes what is wrong.
    pub(super) fn stage(
        &mut self,
        store: &dyn Appendable,
        staging: &mut Staging,
        body: &[u8],
        request: &mut Request,
    ) -> Result<(), WriteError> {
        self.symbols.read(body)?;
        self.spelled_bytes = 0;
        self.said = None;
        let mut reader = Reader::new(body);
        while let Some(field) = reader.next_field()? {
            if field.number == v2::REQUEST_SERIES {
                self.stage_series(store, staging, (body, field.bytes()?), request)?;
            }
        }
        staging.flush(&mut self.known, request)
    }

    fn stage_series(
        &mut self,
        store: &dyn Appendable,
        staging: &mut Staging,
        (body, message): (&[u8], &[u8]),
        request: &mut Request,
    ) -> Result<(), WriteError> {
        let series = Series::decode(message, &mut self.samples)?;
        let predicted = self.predict(request.previous, series.refs, body);
        if predicted.is_none() && !self.read_refs(staging, message, request)? {
            request.outcome.invalid += self.samples.len() as u64 + series.histograms;
            return Ok(());
        }
        let metadata = series.metadata.unwrap_or_default();
        if let Some((field, place)) = self.outside(metadata) {
            self.note_metadata(staging, message, request, (field, place))?;
            return Ok(());
        }
        let known = match predicted {
            Some(id) => Some(id),
            None => self.look_up(store, staging, body, (&series, request))?,
        };
        let Some(id) = known else { return Ok(()) };
        if predicted.is_none() {
            self.known.cache.link(request.previous, id);
        }
        request.previous = Some(id);
        if self.samples.is_empty() && series.histograms == 0 {
            staging.flush(&mut self.known, request)?;
            let pairs = self.known.sorted_pairs(id);
            request.outcome.problems.add(|| Problem::Empty(LabelList(&pairs)));
            return Ok(());
        }
        if metadata != Metadata::default() {
            self.note_said(body, id, metadata, request);
        }
        for sample in &self.samples {
            let Sample { time_ms, value, start_ms } = *sample;
            if start_ms == 0 {
                staging.stage_float(&mut self.known, request, id, (time_ms, value))?;
            } else {
                let sample = (time_ms, start_ms, value);
                staging.stage_started(&mut self.known, request, id, sample)?;
            }
        }
        if series.histograms > 0 {
            self.stage_histograms(staging, message, id, request)?;
        }
        if series.exemplars > 0 {
            self.stage_exemplars(staging, (body, message), id, request)?;
        }
        Ok(())
    }

    /// The series whose labels are at `refs`, if it is the one that followed `previous` last time.
    #[inline]
    fn predict(
        &mut self,
        previous: Option<EntryId>,
        refs: Option<&[u8]>,
        body: &[u8],
    ) -> Option<EntryId> {
        let Known { cache, texts } = &self.known;
        let next = cache.successor(previous)?;
        self.symbols.spell(cache.key(next), refs?, body, texts).then_some(next)
    }

    /// Reads the places of a series' labels; `false`, and a problem, where they are none.
    fn read_refs(
        &mut self,
        staging: &mut Staging,
        message: &[u8],
        request: &mut Request,
    ) -> Result<bool, WriteError> {
        self.refs.clear();
        self.refs.shrink_to(REFS_KEPT_MAX);
        v2::append_label_refs(message, v2::SERIES_LABEL_REFS, &mut self.refs)?;
        let Err(why) = check_refs(&self.refs, self.symbols.len()) else { return Ok(true) };
        staging.flush(&mut self.known, request)?;
        request.outcome.problems.add(|| Problem::Labels { refs: RefList(&self.refs), why });
        Ok(false)
    }

    /// Notes what a series says of its metric, unless it has said the same before.
    fn note_said(&mut self, body: &[u8], id: EntryId, metadata: Metadata, request: &mut Request) {
        request.outcome.metadata += 1;
        let Metadata { kind, help, unit } = metadata;
        let texts = (self.symbols.text(help, body), self.symbols.text(unit, body));
        let hash = match self.said {
            Some((said, hash)) if said == metadata => hash,
            _ => hash_of(request.id, kind, texts),
        };
        self.said = Some((metadata, hash));
        if self.known.cache.entry(id).said == hash {
            return;
        }
        let pairs = self.known.pairs(self.known.cache.key(id));
        let name = pairs.iter().find(|(name, _)| *name == METRIC_NAME.as_bytes());
        if let Some((_, name)) = name {
            request.said.add_of_series(name, kind, texts);
        }
        request.spoke.push((id, hash));
    }

    /// Remembers what series have said, once it is kept.
    pub(super) fn remember_said(&mut self, spoke: &[(EntryId, u64)]) {
        for &(id, hash) in spoke {
            self.known.cache.entry_mut(id).said = hash;
        }
    }

    /// The place in `metadata` that is outside of the table.
    const fn outside(&self, metadata: Metadata) -> Option<(&'static str, u32)> {
        let size = self.symbols.len();
        if metadata.unit as usize >= size {
            return Some(("unit_ref", metadata.unit));
        }
        if metadata.help as usize >= size {
            return Some(("help_ref", metadata.help));
        }
        None
    }

    fn note_metadata(
        &mut self,
        staging: &mut Staging,
        message: &[u8],
        request: &mut Request,
        (field, place): (&'static str, u32),
    ) -> Result<(), WriteError> {
        staging.flush(&mut self.known, request)?;
        self.refs.clear();
        v2::append_label_refs(message, v2::SERIES_LABEL_REFS, &mut self.refs)?;
        let (refs, size) = (RefList(&self.refs), self.symbols.len());
        request.outcome.problems.add(|| Problem::Metadata { refs, field, place, size });
        Ok(())
    }

    /// The series at the places that were read; `None`, and a problem, where no series may have such labels, or where the
    /// series is new and has no samples.
    fn look_up(
        &mut self,
        store: &dyn Appendable,
        staging: &mut Staging,
        body: &[u8],
        (series, request): (&Series<'_>, &mut Request),
    ) -> Result<Option<EntryId>, WriteError> {
        let Self { known, symbols, key, refs, .. } = self;
        key.clear();
        key.shrink_to(REFS_KEPT_MAX);
        key.extend(refs.iter().filter_map(|&at| symbols.number(at, body, &mut known.texts)));
        if let Some(id) = known.cache.find(key) {
            return Ok(Some(id));
        }
        let spelled: usize = key.iter().map(|&text| known.texts.get(text).len()).sum();
        self.spelled_bytes = self.spelled_bytes.saturating_add(spelled);
        if self.spelled_bytes > SPELLED_BYTES_MAX {
            return Err(WriteError::LabelsTooLarge { limit: SPELLED_BYTES_MAX });
        }
        let is_empty = self.samples.is_empty() && series.histograms == 0;
        let mut pairs = known.pairs(key);
        let sent = pairs.clone();
        if !is_empty && let Ok(labels) = label_set(&mut pairs) {
            // Sorted labels without empty ones are the only ones that are theirs.
            let is_canonical = sent == pairs && labels.len() == pairs.len();
            if let Some((lane, reference)) = staging.open(store, &labels)? {
                return Ok(Some(known.cache.insert(key, lane, reference, is_canonical)));
            }
        }
        self.note_unfit(staging, series, request)?;
        Ok(None)
    }

    /// Says why there is no series with the key that was read.
    fn note_unfit(
        &mut self,
        staging: &mut Staging,
        series: &Series<'_>,
        request: &mut Request,
    ) -> Result<(), WriteError> {
        staging.flush(&mut self.known, request)?;
        let samples = self.samples.len() as u64 + series.histograms;
        let Outcome { problems, invalid, .. } = &mut request.outcome;
        let mut pairs = self.known.pairs(&self.key);
        match label_set(&mut pairs) {
            Ok(_) if samples == 0 => problems.add(|| Problem::Empty(LabelList(&pairs))),
            // Those that only the store refuses are among these.
            Ok(_) | Err(Unfit::Invalid) => {
                problems.add(|| Problem::InvalidLabels(LabelList(&pairs)));
                *invalid += samples;
            }
            Err(Unfit::Duplicate(name)) => {
                problems.add(|| Problem::DuplicateLabel { labels: LabelList(&pairs), name });
                *invalid += samples;
            }
        }
        Ok(())
    }

    fn stage_histograms(
        &mut self,
        staging: &mut Staging,
        message: &[u8],
        id: EntryId,
        request: &mut Request,
    ) -> Result<(), WriteError> {
        let mut reader = Reader::new(message);
        while let Some(field) = reader.next_field()? {
            if field.number == v2::SERIES_HISTOGRAM {
                staging.stage_histogram(&mut self.known, request, id, field.bytes()?)?;
            }
        }
        Ok(())
    }

    /// Stages the exemplars of a series, and says what is wrong with those that are not kept for being out of order, or
    /// that are none.
    fn stage_exemplars(
        &mut self,
        staging: &mut Staging,
        (body, message): (&[u8], &[u8]),
        id: EntryId,
        request: &mut Request,
    ) -> Result<(), WriteError> {
        let mut reader = Reader::new(message);
        while let Some(field) = reader.next_field()? {
            if field.number != v2::SERIES_EXEMPLAR {
                continue;
            }
            let exemplar = field.bytes()?;
            let (value, time_ms) = v2::decode_exemplar(exemplar)?;
            self.refs.clear();
            v2::append_label_refs(exemplar, v2::EXEMPLAR_LABEL_REFS, &mut self.refs)?;
            let problem = match check_refs(&self.refs, self.symbols.len()) {
                Ok(()) if self.refs.len() > 2 * LABELS_MAX => {
                    request.outcome.exemplars_skipped += 1;
                    continue;
                }
                Ok(()) => {
                    let labels = self.symbols.pairs(&self.refs, body);
                    let draft = Draft { labels: &labels, value, time_ms };
                    if staging.stage_exemplar(&mut self.known, request, id, draft)? {
                        continue;
                    }
                    None
                }
                Err(why) => Some(why),
            };
            staging.flush(&mut self.known, request)?;
            let pairs = self.known.sorted_pairs(id);
            let labels = LabelList(&pairs);
            request.outcome.problems.add(|| match problem {
                Some(why) => Problem::Exemplar { labels, why },
                None => Problem::LateExemplar(labels),
            });
        }
        Ok(())
    }
}
