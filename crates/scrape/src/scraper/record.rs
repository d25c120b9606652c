//! Writing what a scrape found: samples, the ends of series, the report.

use std::sync::Arc;

use regain_model::Timestamp;
use regain_storage::Verdict;
use tokio::time::Instant;

use super::{Lane, Scraper};
use crate::body::Tally;
use crate::cost::ScrapeSize;
use crate::error::{FetchError, ScrapeError, SeriesError};
use crate::fetch::Fetched;
use crate::media::body_format;
use crate::report::{Report, ReportSeries};
use crate::row::Row;
use crate::target::{Health, TargetStatus};
use crate::workspace::Workspace;

/// Counts the samples of one scrape that the store refused.
#[derive(Debug, Default)]
struct Refused {
    out_of_order: u64,
    duplicates: u64,
    out_of_bounds: u64,
    over_limit: u64,
    no_room: u64,
}

impl Refused {
    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Accepted => {}
            Verdict::OutOfOrder => self.out_of_order += 1,
            Verdict::Duplicate => self.duplicates += 1,
            Verdict::TooOld | Verdict::TooNew => self.out_of_bounds += 1,
            Verdict::OverLimit => self.over_limit += 1,
            Verdict::NoRoom | Verdict::UnknownSeries => self.no_room += 1,
        }
    }
}

impl Scraper {
    /// Writes a scrape and says how it went.
    pub(super) fn record(
        &mut self,
        at: Timestamp,
        started: Instant,
        fetched: Result<Fetched, ScrapeError>,
    ) {
        let mut report = Report {
            timeout_seconds: self.target.timeout().as_secs_f64(),
            body_bytes: match &fetched {
                Ok(fetched) => fetched.work.body.as_slice().len() as f64,
                Err(ScrapeError::Fetch(FetchError::BodyLimit)) => -1.0,
                Err(_) => 0.0,
            },
            clock_skew_seconds: fetched
                .as_ref()
                .ok()
                .and_then(|fetched| fetched.clock_skew_seconds),
            ..Report::default()
        };
        let wire_bytes = fetched.as_ref().map_or(0, |fetched| fetched.wire_bytes);
        let (mut work, content_type) = match fetched {
            Ok(Fetched { work, content_type, .. }) => (work, Ok(content_type)),
            Err(error) => (self.shared.workspaces.take(), Err(error)),
        };
        let outcome = self.write(at, started, content_type, &mut work, &mut report);
        self.shared.workspaces.give(work);
        self.count_failure(outcome.as_ref().err());
        if self.settings.config.extra_scrape_metrics {
            self.shared.metrics.scrape_duration.observe(started.elapsed().as_secs_f64());
        }
        self.target.set_status(TargetStatus {
            health: if outcome.is_ok() { Health::Up } else { Health::Down },
            last_error: outcome.err().map(Arc::new),
            last_scrape: Some(at),
            last_scrape_duration_seconds: report.duration_seconds,
            size: self.size(&report, wire_bytes),
            clock_skew_seconds: report.clock_skew_seconds,
        });
    }

    fn size(&self, report: &Report, wire_bytes: u64) -> ScrapeSize {
        let own_series = self.lane.as_ref().map_or(0, |lane| lane.report.len());
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a body's length is whole and far below 2^53, but for the mark of one over the limit"
        )]
        let body_bytes = report.body_bytes.max(0.0) as u64;
        ScrapeSize {
            samples: report.scraped,
            series: report.kept + own_series,
            body_bytes,
            wire_bytes,
            cache_bytes: self.cache.size_bytes() + self.target.metadata_locked().own_bytes(),
        }
    }

    /// Marks the ends of all series, those of the report included.
    pub(crate) fn end(&mut self, at: Timestamp) {
        if self.lane.is_none() {
            return;
        }
        let mut work = self.shared.workspaces.take();
        self.cache.begin();
        self.end_live_series(&mut work.row);
        let Row { series, values, refused, .. } = &mut work.row;
        let Lane { appender, report } = self.lane();
        report.append_stale(series, values);
        appender.stage_row(at, series, values, refused);
        self.commit();
        self.shared.workspaces.give(work);
    }

    fn write(
        &mut self,
        at: Timestamp,
        started: Instant,
        content_type: Result<String, ScrapeError>,
        work: &mut Workspace,
        report: &mut Report,
    ) -> Result<(), ScrapeError> {
        self.cache.begin();
        if let Err(error) = self.open_lane() {
            self.end_live_series(&mut work.row);
            return Err(error);
        }
        let mut tally = Tally::default();
        let outcome = content_type
            .and_then(|content_type| self.take_samples(at, &content_type, work, &mut tally));
        if outcome.is_err() {
            self.lane().appender.rollback();
            self.end_live_series(&mut work.row);
        }
        (report.up, report.duration_seconds) = (outcome.is_ok(), started.elapsed().as_secs_f64());
        (report.scraped, report.kept) = (tally.scraped, tally.kept);
        report.series_added = tally.series_added;
        match self.stage_report(at, &mut work.row, report) {
            Ok(()) => self.commit(),
            Err(error) => {
                self.lane().appender.rollback();
                return Err(error);
            }
        }
        outcome
    }

    fn open_lane(&mut self) -> Result<(), ScrapeError> {
        if self.lane.is_none() {
            let mut appender = self.shared.options.store.appender(&self.target.lane())?;
            let labels = self.target.labels();
            let report = ReportSeries::new(&mut *appender, labels, &self.settings.config)?;
            self.lane = Some(Lane { appender, report });
        }
        Ok(())
    }

    /// Reads the body, stages its samples, and leaves the ends of series that vanished in the row.
    fn take_samples(
        &mut self,
        at: Timestamp,
        content_type: &str,
        work: &mut Workspace,
        tally: &mut Tally,
    ) -> Result<(), ScrapeError> {
        let Workspace { body, row } = work;
        let body = body.as_slice();
        if body.is_empty() {
            self.end_live_series(row);
            return Ok(());
        }
        let format = body_format(content_type, self.settings.config.fallback_protocol)?;
        self.read_body(at, (body, format), row, tally)?;
        self.stage_samples(at, row);
        if row.refused.iter().any(|(_, verdict)| *verdict == Verdict::UnknownSeries) {
            self.repair(at, work, format)?;
        }
        self.stage_exemplars(at, &mut work.row);
        self.settle(&mut work.row, tally);
        Ok(())
    }

    fn stage_samples(&mut self, at: Timestamp, row: &mut Row) {
        let starts = self.shared.options.start_timestamps;
        let lane = self.lane();
        if starts.make_zeros {
            lane.stage_zeros(at, row);
        }
        lane.appender.stage_row(at, &row.series, &row.values, &mut row.refused);
        // Verdicts on the other samples follow those on the columns.
        for (index, sample) in row.singles.iter().enumerate() {
            let verdict = lane.stage_single(sample, starts);
            if verdict != Verdict::Accepted {
                row.refused.push((row.entries.len() + index, verdict));
            }
        }
    }

    /// Stages the exemplars of the samples that were accepted.
    fn stage_exemplars(&mut self, at: Timestamp, row: &mut Row) {
        if row.exemplars.is_empty() {
            return;
        }
        let mut refused: Vec<usize> = row.refused.iter().map(|&(index, _)| index).collect();
        refused.sort_unstable();
        let Self { lane, cache, .. } = self;
        let lane = lane.as_mut().expect("a scrape opens the lane before it writes");
        let mut exemplars = std::mem::take(&mut row.exemplars);
        let series_of = |place| {
            let index = row.index(place);
            let is_refused = refused.binary_search(&index).is_ok();
            (!is_refused).then(|| cache.series_of(row.entry(index)))
        };
        let out_of_order = exemplars.stage(at, &mut *lane.appender, series_of);
        row.exemplars = exemplars;
        if out_of_order > 0 {
            self.shared.metrics.refused.exemplars_out_of_order.add(out_of_order);
            tracing::warn!(
                target_url = self.target.scrape_url(),
                num_dropped = out_of_order,
                "error on ingesting out-of-order exemplars"
            );
        }
    }

    /// Draws the conclusions from the verdicts, and leaves the ends of series that vanished in the row.
    fn settle(&mut self, row: &mut Row, tally: &mut Tally) {
        let mut refused = Refused {
            duplicates: tally.duplicates,
            out_of_bounds: tally.out_of_bounds,
            ..Refused::default()
        };
        let mut not_added = Vec::new();
        for &(index, verdict) in &row.refused {
            let entry = row.entry(index);
            refused.count(verdict);
            self.cache.untrack(entry);
            if self.cache.is_new(entry) {
                not_added.push(entry);
            }
        }
        not_added.sort_unstable();
        not_added.dedup();
        tally.series_added = tally.series_added.saturating_sub(not_added.len());
        self.report_refused(&refused);
        row.clear();
        self.cache.for_each_vanished(|series| row.push_stale(series));
        self.cache.finish();
    }

    /// Leaves the ends of all series that were live before this scrape in the row.
    fn end_live_series(&mut self, row: &mut Row) {
        row.clear();
        if self.cache.fail(|series| row.push_stale(series)) {
            self.shared.metrics.cache_flushes.inc();
        }
    }

    /// Adds the report to the row and stages it. Verdicts on ends of series and on the report change nothing: a series
    /// that has something newer has not ended, and a scraped series of the same name comes first.
    fn stage_report(
        &mut self,
        at: Timestamp,
        row: &mut Row,
        report: &Report,
    ) -> Result<(), ScrapeError> {
        let config = Arc::clone(&self.settings.config);
        let target = Arc::clone(&self.target);
        let Lane { appender, report: own } = self.lane();
        let ends = row.series.len();
        own.append(report, config.sample_limit, &mut row.series, &mut row.values);
        appender.stage_row(at, &row.series, &row.values, &mut row.refused);
        let forgotten = |&(index, verdict): &(usize, Verdict)| {
            index >= ends && verdict == Verdict::UnknownSeries
        };
        if row.refused.iter().any(forgotten) {
            *own = ReportSeries::new(&mut **appender, target.labels(), &config)?;
            row.clear();
            own.append(report, config.sample_limit, &mut row.series, &mut row.values);
            appender.stage_row(at, &row.series, &row.values, &mut row.refused);
        }
        Ok(())
    }

    /// Writes what is staged. A store that cannot is no fault of the target's, so the scrape counts as it went.
    fn commit(&mut self) {
        if let Err(error) = self.lane().appender.commit() {
            if let regain_storage::Error::ReadOnly(_) = error {
                // The store says so once, and counts what it does not take.
                return;
            }
            tracing::error!(target_url = self.target.scrape_url(), %error, "scrape commit failed");
        }
    }

    fn lane(&mut self) -> &mut Lane {
        self.lane.as_mut().expect("a scrape opens the lane before it writes")
    }

    fn report_refused(&mut self, refused: &Refused) {
        // They are refused in each scrape from now on, which is worth one line; the store tells how many there are.
        let before = std::mem::replace(&mut self.over_limit, refused.over_limit);
        if before == 0 && refused.over_limit > 0 {
            tracing::warn!(
                target_url = self.target.scrape_url(),
                num_dropped = refused.over_limit,
                "series over a limit of the store are left out"
            );
        }
        let (metrics, target) = (&self.shared.metrics, self.target.scrape_url());
        for (count, counter, text) in [
            (refused.out_of_order, Some(&metrics.refused.out_of_order), "out-of-order samples"),
            (
                refused.duplicates,
                Some(&metrics.refused.duplicate),
                "samples with different value but same timestamp",
            ),
            (
                refused.out_of_bounds,
                Some(&metrics.refused.out_of_bounds),
                "samples that are too old or are too far into the future",
            ),
            (refused.no_room, None, "samples that the store has no room for"),
        ] {
            if count == 0 {
                continue;
            }
            if let Some(counter) = counter {
                counter.add(count);
            }
            tracing::warn!(target_url = target, num_dropped = count, "error on ingesting {text}");
        }
    }

    fn count_failure(&self, error: Option<&ScrapeError>) {
        let Some(error) = error else { return };
        tracing::debug!(target_url = self.target.scrape_url(), %error, "scrape failed");
        let metrics = &self.shared.metrics;
        match error {
            ScrapeError::SampleLimit => metrics.exceeded.samples.inc(),
            ScrapeError::Fetch(FetchError::BodyLimit) => metrics.exceeded.body_size.inc(),
            ScrapeError::Series(
                SeriesError::LabelLimit { .. }
                | SeriesError::NameLengthLimit { .. }
                | SeriesError::ValueLengthLimit { .. },
            ) => metrics.exceeded.labels.inc(),
            _ => {}
        }
    }
}
