//! Series that the store has forgotten.
//!
//! A store lets series go that have no samples left. A target that names such a series again holds a reference that is
//! refused; the series' labels are read from the body once more and give a new one.

use hashbrown::HashMap;
use regain_exposition::read::{Dialect, Event, Parser};
use regain_model::Timestamp;
use regain_storage::{SeriesRef, Verdict};

use super::{Lane, Scraper};
use crate::body::{Rules, open_series, read_labels};
use crate::error::ScrapeError;
use crate::row::Row;
use crate::workspace::Workspace;

impl Scraper {
    /// Opens the series anew whose samples were refused as unknown, and stages those samples again.
    pub(super) fn repair(
        &mut self,
        at: Timestamp,
        work: &mut Workspace,
        dialect: Dialect,
    ) -> Result<(), ScrapeError> {
        let Workspace { body, row } = work;
        let mut forgotten = self.take_forgotten(row);
        let mut parser = Parser::new(body, dialect);
        while !forgotten.is_empty() {
            let Some(event) = parser.next_event()? else { break };
            let Event::Sample(sample) = event else { continue };
            let Some(samples) = forgotten.remove(sample.series) else { continue };
            let config = &*self.settings.config;
            let target = self.target.labels();
            let rules = Rules { target, config, time_max: Timestamp::MAX };
            let Some(labels) = read_labels(sample.series, &parser, rules)? else { continue };
            let Some(lane) = &mut self.lane else { break };
            let Some(series) = open_series(&mut *lane.appender, &labels)? else { continue };
            self.cache.set_series(row.entry(samples[0]), series);
            for index in samples {
                lane.stage_again(at, row, index, series);
            }
        }
        Ok(())
    }

    /// Takes the refusals of unknown series out of the row: the places of their samples, by the series' text.
    fn take_forgotten(&self, row: &mut Row) -> HashMap<Vec<u8>, Vec<usize>> {
        let mut forgotten: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        let mut refused = std::mem::take(&mut row.refused);
        refused.retain(|&(index, verdict)| {
            let known = verdict != Verdict::UnknownSeries;
            if !known {
                let text = self.cache.text_of(row.entry(index));
                forgotten.entry_ref(text).or_default().push(index);
            }
            known
        });
        row.refused = refused;
        forgotten
    }
}

impl Lane {
    fn stage_again(&mut self, at: Timestamp, row: &mut Row, index: usize, series: SeriesRef) {
        let verdict = match index.checked_sub(row.entries.len()) {
            None => {
                let mut refused = Vec::new();
                self.appender.stage_row(at, &[series], &row.values[index..=index], &mut refused);
                refused.first().map_or(Verdict::Accepted, |&(_, verdict)| verdict)
            }
            Some(timed) => {
                let sample = row.timed[timed];
                self.appender.stage(series, sample.time, sample.value)
            }
        };
        if verdict != Verdict::Accepted {
            row.refused.push((index, verdict));
        }
    }
}
