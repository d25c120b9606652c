//! From a body to a row.
//!
//! The steady path is a comparison and a number for each line: the cache knows which series comes next, and the
//! metadata which comment. Labels are read and relabelled for series that are new.

use std::borrow::Cow;

use regain_exposition::read::{Event, LabelRun, Parser, Sample, series_labels};
use regain_model::{Labels, Timestamp};
use regain_storage::{Appender, Error, SeriesRef};

use crate::cache::{CacheFull, Hit, SeriesCache};
use crate::config::JobConfig;
use crate::error::ScrapeError;
use crate::metadata::{Said, TargetMetadata};
use crate::mutate::kept_labels;
use crate::row::{Row, TimedSample};

/// Bounds how much of a series an error repeats, in bytes.
const SHOWN_BYTES_MAX: usize = 120;

/// Says how the series of a target are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) target: &'a Labels,
    pub(crate) config: &'a JobConfig,
    /// Is the latest time that a sample may carry.
    pub(crate) time_max: Timestamp,
}

/// Counts what a body held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Counts all samples.
    pub(crate) scraped: usize,
    /// Counts the samples that relabelling kept.
    pub(crate) kept: usize,
    /// Counts the series that were not there before.
    pub(crate) series_added: usize,
    pub(crate) duplicates: u64,
    pub(crate) out_of_bounds: u64,
    over_limit: bool,
}

/// Reads one body.
pub(crate) struct BodyReader<'a> {
    pub(crate) parser: Parser<'a>,
    pub(crate) cache: &'a mut SeriesCache,
    pub(crate) metadata: &'a mut TargetMetadata,
    pub(crate) appender: &'a mut dyn Appender,
    pub(crate) rules: Rules<'a>,
    pub(crate) row: &'a mut Row,
    pub(crate) tally: Tally,
}

impl BodyReader<'_> {
    /// Reads all lines into the row, in an iteration of the cache that has begun. The tally holds after an error, too.
    pub(crate) fn read(&mut self) -> Result<(), ScrapeError> {
        self.metadata.begin();
        loop {
            if let Some(expected) = self.cache.expected()
                && let Some(sample) = self.parser.predicted(expected)
            {
                let timestamp = self.timestamp(&sample);
                let hit = self.cache.hit(self.is_tracked(timestamp));
                self.put(hit, timestamp, sample.value);
                continue;
            }
            if let Some(line) = self.parser.metadata_line()
                && let Some(known) = self.metadata.expected(line)
            {
                self.parser.skip_metadata_line(line, known.kind);
                continue;
            }
            match self.parser.next_event()? {
                None => break,
                Some(Event::Sample(sample)) => self.unexpected(&sample)?,
                Some(said) => self.learn(&said),
            }
        }
        if self.tally.over_limit || self.is_over_limit(self.attempted()) {
            return Err(ScrapeError::SampleLimit);
        }
        Ok(())
    }

    #[inline]
    fn timestamp(&self, sample: &Sample<'_>) -> Option<Timestamp> {
        sample.timestamp_ms.filter(|_| self.rules.config.honor_timestamps).map(Timestamp)
    }

    /// Tells whether the end of the series will be marked when it vanishes.
    #[inline]
    fn is_tracked(&self, timestamp: Option<Timestamp>) -> bool {
        timestamp.is_none() || self.rules.config.track_timestamps_staleness
    }

    #[inline]
    fn put(&mut self, hit: Hit, timestamp: Option<Timestamp>, value: f64) {
        self.tally.scraped += 1;
        let Some(series) = hit.series else { return };
        self.tally.kept += 1;
        match timestamp {
            None if hit.repeated => self.tally.duplicates += 1,
            None => self.row.push(series, value, hit.entry),
            Some(time) => self.put_timed(hit, series, time, value),
        }
    }

    fn put_timed(&mut self, hit: Hit, series: SeriesRef, time: Timestamp, value: f64) {
        if time > self.rules.time_max {
            self.tally.out_of_bounds += 1;
            self.tally.series_added -= usize::from(self.cache.is_new(hit.entry) && !hit.repeated);
            self.cache.untrack(hit.entry);
        } else {
            self.row.timed.push(TimedSample { series, entry: hit.entry, time, value });
        }
    }

    fn unexpected(&mut self, sample: &Sample<'_>) -> Result<(), ScrapeError> {
        let timestamp = self.timestamp(sample);
        let tracked = self.is_tracked(timestamp);
        let found = self.cache.find(sample.series, tracked);
        let hit = match found {
            Some(hit) => Some(hit),
            None => self.new_series(sample.series, tracked)?,
        };
        if let Some(hit) = hit {
            self.put(hit, timestamp, sample.value);
        } else {
            self.tally.scraped += 1;
            self.tally.kept += 1;
        }
        Ok(())
    }

    /// Takes in a series, or nothing where there are too many already.
    fn new_series(&mut self, text: &[u8], tracked: bool) -> Result<Option<Hit>, ScrapeError> {
        // A line counts as scraped before its labels can fail the scrape.
        let failed = |tally: &mut Tally| tally.scraped += 1;
        let labels =
            read_labels(text, &self.parser, self.rules).inspect_err(|_| failed(&mut self.tally))?;
        let series = match labels {
            None => None,
            Some(_) if self.is_over_limit(self.attempted() + 1) => {
                self.tally.over_limit = true;
                return Ok(None);
            }
            Some(labels) => {
                open_series(self.appender, &labels).inspect_err(|_| failed(&mut self.tally))?
            }
        };
        self.tally.series_added += usize::from(series.is_some());
        let inserted = self.cache.insert(text, series, tracked);
        inserted.map(Some).map_err(|CacheFull| ScrapeError::TooManySeries)
    }

    fn learn(&mut self, said: &Event<'_>) {
        let line = self.parser.metadata_text();
        match said {
            Event::Help { name, text } => self.metadata.learn(line, name, Said::Help(text)),
            Event::Kind { name, kind } => self.metadata.learn(line, name, Said::Kind(*kind)),
            Event::Unit { name, unit } => self.metadata.learn(line, name, Said::Unit(unit)),
            Event::Sample(_) => {}
        }
    }

    /// Counts the samples that the store is asked to take.
    fn attempted(&self) -> usize {
        let out_of_bounds = usize::try_from(self.tally.out_of_bounds).unwrap_or(usize::MAX);
        self.row.len().saturating_add(out_of_bounds)
    }

    fn is_over_limit(&self, samples: usize) -> bool {
        let limit = self.rules.config.sample_limit;
        limit > 0 && samples > limit
    }
}

/// Returns the labels under which a series is kept, or nothing for one that is dropped.
pub(crate) fn read_labels(
    text: &[u8],
    parser: &Parser<'_>,
    rules: Rules<'_>,
) -> Result<Option<Labels>, ScrapeError> {
    let mut scraped = LabelRun::new();
    series_labels(text, parser.kind(), parser.dialect(), &mut scraped)
        .map_err(|problem| ScrapeError::Labels { series: shown(text).into_owned(), problem })?;
    Ok(kept_labels(&scraped, rules.target, rules.config)?)
}

/// Returns the reference of a series; nothing for one whose key another series has, which is dropped.
pub(crate) fn open_series(
    appender: &mut dyn Appender,
    labels: &Labels,
) -> Result<Option<SeriesRef>, ScrapeError> {
    match appender.series(labels) {
        Ok(series) => Ok(Some(series)),
        Err(error @ Error::KeyCollision { .. }) => {
            tracing::error!(%error, "a series is not kept");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn shown(text: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(&text[..text.len().min(SHOWN_BYTES_MAX)])
}
