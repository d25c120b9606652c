//! The samples that a file has loaded.

use regain_model::{Labels, Timestamp};
use regain_storage::memory::MemoryStore;
use regain_storage::{Appender as _, Value, Verdict as Answer};

use super::classic;
use super::mistake::{Mistake, Problem};
use super::script::{Load, LoadedSeries};

/// What queries are asked about.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) store: MemoryStore,
}

impl World {
    /// Adds the samples of one command.
    pub(super) fn load(&self, load: &Load) -> Result<(), Mistake> {
        for (labels, series) in &load.series {
            self.add(labels, series)?;
        }
        if load.with_native {
            let line = load.series.values().map(|series| series.line).min().unwrap_or_default();
            let natives = classic::natives(load).map_err(|problem| Mistake { line, problem })?;
            for (labels, series) in &natives {
                self.add(labels, series)?;
            }
        }
        Ok(())
    }

    fn add(&self, labels: &Labels, series: &LoadedSeries) -> Result<(), Mistake> {
        let line = series.line;
        self.try_add(labels, series).map_err(|problem| Mistake { line, problem })
    }

    fn try_add(&self, labels: &Labels, series: &LoadedSeries) -> Result<(), Problem> {
        let refused = |_| Problem::SeriesRefused(labels.to_string());
        let mut writer = self.store.writer();
        let reference = writer.series(labels).map_err(refused)?;
        for (at, (time, value)) in series.samples.iter().enumerate() {
            if let Value::Histogram(histogram) = value {
                histogram.validate().map_err(Problem::Histogram)?;
            }
            let start = series.starts.get(at).copied().unwrap_or(Timestamp(0));
            match writer.stage_value(reference, *time, start, value.clone()) {
                Answer::Accepted => {}
                verdict => {
                    let series = labels.to_metric_string();
                    return Err(Problem::Refused { series, time_ms: time.0, verdict });
                }
            }
        }
        writer.commit().map_err(refused)?;
        Ok(())
    }
}
