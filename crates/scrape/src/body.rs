//! From a body to a row.
//!
//! The steady path is a comparison and a number for each line: the cache knows which series comes next, and the
//! metadata which comment. Labels are read and relabelled for series that are new.

use std::sync::Arc;

use regain_exposition::read::{
    ExemplarReading, Item, LabelRun, MetadataItem, Reading, Says, Source,
};
use regain_model::{Histogram, Labels, Timestamp, is_stale};
use regain_storage::{Appender, Error, SeriesRef, Value};

use crate::buckets::BucketRules;
use crate::cache::{CacheFull, Hit, SeriesCache};
use crate::config::JobConfig;
use crate::error::ScrapeError;
use crate::exemplars::Place;
use crate::manager::StartTimestamps;
use crate::metadata::{Said, TargetMetadata};
use crate::mutate::kept_labels;
use crate::row::{NO_START, Row, Single};

/// Bounds how much of a series an error repeats, in bytes.
const SHOWN_BYTES_MAX: usize = 120;

/// Says how the series of a target are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) target: &'a Labels,
    pub(crate) config: &'a JobConfig,
    pub(crate) buckets: BucketRules,
    pub(crate) starts: StartTimestamps,
    /// Is the time of the scrape.
    pub(crate) at: Timestamp,
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
    /// Tells that a histogram had too many buckets.
    pub(crate) over_buckets: bool,
}

/// Reads one body.
pub(crate) struct BodyReader<'a, S> {
    pub(crate) source: S,
    pub(crate) cache: &'a mut SeriesCache,
    pub(crate) metadata: &'a mut TargetMetadata,
    pub(crate) appender: &'a mut dyn Appender,
    pub(crate) rules: Rules<'a>,
    pub(crate) keeps_exemplars: bool,
    pub(crate) row: &'a mut Row,
    pub(crate) tally: Tally,
}

impl<'b, S> BodyReader<'_, S>
where
    S: Source<'b>,
    ScrapeError: From<S::Error>,
{
    /// Reads all lines into the row, in an iteration of the cache that has begun. The tally holds after an error, too.
    pub(crate) fn read(&mut self) -> Result<(), ScrapeError> {
        self.metadata.begin();
        loop {
            if self.read_run()? > 0 {
                continue;
            }
            if let Some(expected) = self.cache.expected()
                && let Some(reading) = self.source.predicted(expected)
            {
                let timestamp = self.timestamp(&reading);
                let hit = self.cache.hit(self.is_tracked(timestamp));
                self.put(hit, timestamp, reading.value)?;
                continue;
            }
            if let Some(line) = self.source.metadata_line()
                && let Some(known) = self.metadata.expected(line)
            {
                self.source.skip_metadata_line(line, known.kind);
                continue;
            }
            match self.source.next_item()? {
                None => break,
                Some(Item::Sample(reading)) => self.unexpected(&reading)?,
                Some(Item::Metadata(said)) => self.learn(&said),
            }
        }
        if self.tally.over_limit || self.is_over_limit(self.attempted()) {
            return Err(ScrapeError::SampleLimit);
        }
        if self.tally.over_buckets {
            return Err(ScrapeError::BucketLimit);
        }
        Ok(())
    }

    /// Reads lines that say of the series that should come next a number and nothing else, as long as they lie together, and
    /// returns how many there were. Such a series has no start and no exemplar.
    #[inline]
    fn read_run(&mut self) -> Result<usize, ScrapeError> {
        let Some(expected) = self.cache.expected_run().filter(|_| !self.rules.starts.are_read())
        else {
            return Ok(0);
        };
        let row = &mut *self.row;
        let before = row.values.len();
        let count = self.source.plain_values(expected, &mut row.values);
        if count == 0 {
            return Ok(0);
        }
        if let Some((first, series)) = self.cache.hit_run(count) {
            self.tally.scraped += count;
            self.tally.kept += count;
            row.series.extend_from_slice(series);
            row.entries.extend((first..).take(count));
            return Ok(count);
        }
        for value in row.values.split_off(before) {
            let hit = self.cache.hit(true);
            self.put(hit, None, Some(value))?;
        }
        Ok(count)
    }

    #[inline]
    fn timestamp(&self, reading: &Reading) -> Option<Timestamp> {
        reading.timestamp_ms.filter(|_| self.rules.config.honor_timestamps).map(Timestamp)
    }

    /// Tells whether the end of the series will be marked when it vanishes.
    #[inline]
    fn is_tracked(&self, timestamp: Option<Timestamp>) -> bool {
        timestamp.is_none() || self.rules.config.track_timestamps_staleness
    }

    #[inline]
    fn put(
        &mut self,
        hit: Hit,
        timestamp: Option<Timestamp>,
        value: Option<f64>,
    ) -> Result<(), ScrapeError> {
        self.tally.scraped += 1;
        let Some(series) = hit.series else { return Ok(()) };
        self.tally.kept += 1;
        if timestamp.is_none() && hit.repeated {
            self.tally.duplicates += 1;
            return Ok(());
        }
        let starts = self.rules.starts;
        let start = if starts.are_read() { Timestamp(self.source.start_ms()) } else { NO_START };
        match (timestamp, value) {
            (None, Some(value)) if start == NO_START || !starts.are_kept => {
                self.row.push(series, value, hit.entry);
                if start != NO_START {
                    self.row.starts.push((series, start));
                }
                if !is_stale(value) {
                    self.put_exemplars(Place::Row(self.row.series.len() - 1), None, false);
                }
                Ok(())
            }
            _ => self.put_single(hit, series, (timestamp, start), value),
        }
    }

    /// Takes over the exemplars of the sample that was read last. Of a native histogram, only those count that say themselves
    /// when they were, as upstream has it.
    #[inline]
    fn put_exemplars(&mut self, place: Place, time: Option<Timestamp>, is_histogram: bool) {
        if !self.keeps_exemplars {
            return;
        }
        let Self { source, row, .. } = self;
        source.each_exemplar(|ExemplarReading { labels, value, timestamp_ms }| {
            if timestamp_ms.is_some() || !is_histogram {
                row.exemplars.push(place, (labels, value), timestamp_ms.map(Timestamp), time);
            }
        });
    }

    /// Puts in a sample that is more than a number at the time of the scrape.
    fn put_single(
        &mut self,
        hit: Hit,
        series: SeriesRef,
        (timestamp, start): (Option<Timestamp>, Timestamp),
        value: Option<f64>,
    ) -> Result<(), ScrapeError> {
        let value = match value {
            Some(value) => Some(Value::Float(value)),
            None => self.histogram()?.map(|histogram| Value::Histogram(Arc::new(histogram))),
        };
        let time = timestamp.unwrap_or(self.rules.at);
        let is_late = timestamp.is_some_and(|time| time > self.rules.time_max);
        self.tally.over_buckets |= value.is_none();
        self.tally.out_of_bounds += u64::from(is_late && value.is_some());
        let Some(value) = value.filter(|_| !is_late) else {
            self.tally.series_added -= usize::from(self.cache.is_new(hit.entry) && !hit.repeated);
            self.cache.untrack(hit.entry);
            return Ok(());
        };
        let (is_stale, is_histogram) = match &value {
            Value::Float(value) => (is_stale(*value), false),
            Value::Histogram(histogram) => (histogram.is_stale(), true),
        };
        self.row.singles.push(Single { series, entry: hit.entry, time, start, value });
        if !is_stale {
            self.put_exemplars(Place::Single(self.row.singles.len() - 1), timestamp, is_histogram);
        }
        Ok(())
    }

    /// Returns the histogram of the sample that was read last; nothing for one with too many buckets.
    fn histogram(&mut self) -> Result<Option<Histogram>, ScrapeError> {
        let Some(read) = self.source.histogram() else { return Ok(None) };
        Ok(self.rules.buckets.apply(read?)?)
    }

    fn unexpected(&mut self, reading: &Reading) -> Result<(), ScrapeError> {
        let timestamp = self.timestamp(reading);
        let tracked = self.is_tracked(timestamp);
        let found = self.cache.find(self.source.series(), tracked);
        let hit = match found {
            Some(hit) => Some(hit),
            None => self.new_series(tracked)?,
        };
        if let Some(hit) = hit {
            self.put(hit, timestamp, reading.value)?;
        } else {
            self.tally.scraped += 1;
            self.tally.kept += 1;
        }
        Ok(())
    }

    /// Takes in a series, or nothing where there are too many already.
    fn new_series(&mut self, tracked: bool) -> Result<Option<Hit>, ScrapeError> {
        // A line counts as scraped before its labels can fail the scrape.
        let failed = |tally: &mut Tally| tally.scraped += 1;
        let labels =
            read_labels(&self.source, self.rules).inspect_err(|_| failed(&mut self.tally))?;
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
        let inserted = self.cache.insert(self.source.series(), series, tracked);
        inserted.map(Some).map_err(|CacheFull| ScrapeError::TooManySeries)
    }

    fn learn(&mut self, said: &MetadataItem<'_>) {
        let MetadataItem { line, name, says } = said;
        let says = match says {
            Says::Help(text) => Said::Help(text),
            Says::Kind(kind) => Said::Kind(*kind),
            Says::Unit(unit) => Said::Unit(unit),
        };
        self.metadata.learn(line, name, says);
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

/// Returns the labels under which the series that was read last is kept, or nothing for one that is dropped.
pub(crate) fn read_labels<'b, S: Source<'b>>(
    source: &S,
    rules: Rules<'_>,
) -> Result<Option<Labels>, ScrapeError> {
    let mut scraped = LabelRun::new();
    let text = source.series();
    source.labels(text, &mut scraped).map_err(|problem| {
        let shown = S::shown(&text[..text.len().min(SHOWN_BYTES_MAX)]);
        ScrapeError::Labels { series: shown.into_owned(), problem }
    })?;
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
