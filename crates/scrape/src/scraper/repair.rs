//! Series that the store has forgotten.
//!
//! A store lets series go that have no samples left. A target that names such a series again holds a reference that is
//! refused; the series' labels are read from the body once more and give a new one.

use hashbrown::HashMap;
use regain_exposition::read::{ConvertingSource, Item, ProtobufSource, Source, TextSource};
use regain_model::Timestamp;
use regain_storage::Verdict;

use super::Scraper;
use crate::body::{Rules, open_series, read_labels};
use crate::error::ScrapeError;
use crate::media::BodyFormat;
use crate::row::Row;
use crate::workspace::Workspace;

impl Scraper {
    /// Opens the series anew whose samples were refused as unknown, and stages those samples again.
    pub(super) fn repair(
        &mut self,
        at: Timestamp,
        work: &mut Workspace,
        format: BodyFormat,
    ) -> Result<(), ScrapeError> {
        let Workspace { body, row } = work;
        let body = body.as_slice();
        let options = self.read_options();
        match format {
            BodyFormat::Protobuf => self.repair_from(at, ProtobufSource::new(body, options), row),
            BodyFormat::Text(dialect) if options.custom_buckets => {
                self.repair_from(at, ConvertingSource::new(body, dialect, options), row)
            }
            BodyFormat::Text(dialect) => {
                self.repair_from(at, TextSource::new(body, dialect, options), row)
            }
        }
    }

    fn repair_from<'b, S>(
        &mut self,
        at: Timestamp,
        mut source: S,
        row: &mut Row,
    ) -> Result<(), ScrapeError>
    where
        S: Source<'b>,
        ScrapeError: From<S::Error>,
    {
        let mut forgotten = self.take_forgotten(row);
        let starts = self.shared.options.start_timestamps;
        while !forgotten.is_empty() {
            let Some(item) = source.next_item()? else { break };
            let Item::Sample(_) = item else { continue };
            let Some(samples) = forgotten.remove(source.series()) else { continue };
            let rules = Rules {
                target: self.target.labels(),
                config: &self.settings.config,
                buckets: self.settings.buckets,
                starts,
                at,
                time_max: Timestamp::MAX,
            };
            let Some(labels) = read_labels(&source, rules)? else { continue };
            let Some(lane) = &mut self.lane else { break };
            let Some(series) = open_series(&mut *lane.appender, &labels)? else { continue };
            self.cache.set_series(row.entry(samples[0]), series);
            for index in samples {
                row.set_series(index, series);
                lane.stage_again(at, row, index, starts);
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
