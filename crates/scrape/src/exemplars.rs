//! The exemplars of one scrape, on their way from the body to the appender.
//!
//! What is taken and what counts as out of order follows upstream (`scrape/scrape_append_v2.go`, 3.14): an exemplar belongs
//! to a sample, and one of a sample that was refused is left out.

use regain_exposition::read::LabelRun;
use regain_model::{Exemplar, Labels, MAX_LABEL_BYTES, Timestamp};
use regain_storage::{Appender, ExemplarVerdict, SeriesRef};

/// Says where in a row a sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Among the numbers at the time of the scrape.
    Row(usize),
    /// Among all others.
    Single(usize),
}

/// Holds exemplars with the samples that they belong to.
#[derive(Debug, Default)]
pub(crate) struct Exemplars(Vec<OfSample>);

/// Is an exemplar of a sample.
#[derive(Debug)]
struct OfSample {
    place: Place,
    exemplar: Exemplar,
}

impl Exemplars {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds an exemplar that says itself when it was, or one that was at the time of its sample, or of the scrape.
    pub(crate) fn push(
        &mut self,
        place: Place,
        (labels, value): (LabelRun<'_>, f64),
        own_time: Option<Timestamp>,
        sample_time: Option<Timestamp>,
    ) {
        if labels.iter().any(|(name, value)| name.len().max(value.len()) > MAX_LABEL_BYTES) {
            // No label set holds such a text, and no exemplar may have one.
            return;
        }
        let labels = Labels::from_pairs(labels);
        let time = own_time.or(sample_time).unwrap_or(SCRAPE_TIME);
        let exemplar = Exemplar { labels, value, time, is_timed: own_time.is_some() };
        self.0.push(OfSample { place, exemplar });
    }

    /// Stages all of a scrape at `at`, but for those of samples that were not accepted, and returns how many were out of
    /// order. `series_of` gives the series of a sample, or nothing for one that was refused.
    pub(crate) fn stage(
        &mut self,
        at: Timestamp,
        appender: &mut dyn Appender,
        mut series_of: impl FnMut(Place) -> Option<SeriesRef>,
    ) -> u64 {
        let mut out_of_order = 0;
        for of_sample in self.0.chunk_by_mut(|a, b| a.place == b.place) {
            let Some(series) = series_of(of_sample[0].place) else { continue };
            for OfSample { exemplar, .. } in &mut *of_sample {
                if exemplar.time == SCRAPE_TIME && !exemplar.is_timed {
                    exemplar.time = at;
                }
            }
            of_sample.sort_by(|a, b| a.exemplar.order(&b.exemplar));
            let mut late = 0;
            for OfSample { exemplar, .. } in &mut *of_sample {
                let verdict = appender.stage_exemplar(series, std::mem::take(exemplar));
                late += usize::from(verdict == ExemplarVerdict::OutOfOrder);
            }
            // Where some are in order, the others are those that came with an earlier scrape.
            if late == of_sample.len() {
                out_of_order += late as u64;
            }
        }
        self.clear();
        out_of_order
    }
}

/// Stands for the time of the scrape, which the reader of the body does not know.
const SCRAPE_TIME: Timestamp = Timestamp::MIN;
