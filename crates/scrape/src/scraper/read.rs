//! Reading a body of any format into a row.

use regain_exposition::read::{ConvertingSource, ProtobufSource, ReadOptions, Source, TextSource};
use regain_model::Timestamp;
use regain_storage::Appendable;

use super::Scraper;
use crate::body::{BodyReader, Rules, Tally};
use crate::clock::timestamp;
use crate::error::ScrapeError;
use crate::media::BodyFormat;
use crate::metadata::TargetMetadata;
use crate::row::Row;

/// Is how far ahead of the clock a sample's own time may be, in milliseconds.
const AHEAD_MAX_MS: i64 = 10 * 60 * 1000;

impl Scraper {
    /// Reads a body; the tally holds after an error, too.
    pub(super) fn read_body(
        &mut self,
        at: Timestamp,
        (body, format): (&[u8], BodyFormat),
        row: &mut Row,
        tally: &mut Tally,
    ) -> Result<(), ScrapeError> {
        let options = self.read_options();
        match format {
            BodyFormat::Protobuf => {
                self.read_source(at, ProtobufSource::new(body, options), row, tally)
            }
            BodyFormat::Text(dialect) if options.custom_buckets => {
                self.read_source(at, ConvertingSource::new(body, dialect, options), row, tally)
            }
            BodyFormat::Text(dialect) => {
                self.read_source(at, TextSource::new(body, dialect, options), row, tally)
            }
        }
    }

    /// Returns how bodies of the target are read.
    pub(super) fn read_options(&self) -> ReadOptions {
        let options = &self.shared.options;
        ReadOptions {
            type_and_unit_labels: options.type_and_unit_labels,
            start_timestamps: options.start_timestamps.are_read(),
            ..self.target.histogram_options()
        }
    }

    fn read_source<'b, S>(
        &mut self,
        at: Timestamp,
        source: S,
        row: &mut Row,
        tally: &mut Tally,
    ) -> Result<(), ScrapeError>
    where
        S: Source<'b>,
        ScrapeError: From<S::Error>,
    {
        let now = timestamp(self.shared.options.clock.now());
        let lane = self.lane.as_mut().expect("a scrape opens the lane before it reads");
        let mut metadata = self.target.metadata_locked();
        let keeps_exemplars = lane.appender.keeps_exemplars();
        let mut reader = BodyReader {
            source,
            cache: &mut self.cache,
            metadata: &mut metadata,
            appender: &mut *lane.appender,
            rules: Rules {
                target: self.target.labels(),
                config: &self.settings.config,
                buckets: self.settings.buckets,
                starts: self.shared.options.start_timestamps,
                at,
                time_max: now.saturating_add(AHEAD_MAX_MS),
            },
            keeps_exemplars,
            row,
            tally: Tally::default(),
        };
        let read = reader.read();
        *tally = reader.tally;
        if tally.over_buckets {
            self.shared.metrics.exceeded.buckets.inc();
        }
        read?;
        if self.shared.options.keeps_metadata {
            keep_metadata(&*self.shared.options.store, &metadata, self.target.scrape_url());
        }
        metadata.finish(&self.shared.metadata);
        Ok(())
    }
}

/// Hands over what a target says about its metrics. A store that cannot keep it is no reason to fail the scrape.
fn keep_metadata(store: &dyn Appendable, metadata: &TargetMetadata, target_url: &str) {
    let said = metadata.said();
    if said.is_empty() {
        return;
    }
    match store.keep_metadata(&said) {
        // A store that cannot write says so once by itself.
        Ok(()) | Err(regain_storage::Error::ReadOnly(_)) => {}
        Err(error) => tracing::warn!(target_url, %error, "error on keeping metadata"),
    }
}
