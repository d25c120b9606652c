//! The samples that a file has loaded, and those that it wanted to load but that nothing here can
//! hold.

use regain_model::{Labels, Matcher};
use regain_storage::memory::MemoryStore;
use regain_storage::{Appendable as _, LaneKey, Verdict as Answer};

use super::mistake::{Mistake, Problem};
use super::read::native_histogram;
use super::report::Gap;
use super::script::{Load, LoadedSeries};
use super::walk;
use crate::ast::{Expr, ExprKind};

/// The functions that look at the start timestamps of a range's samples.
const OF_START_TIMES: [&str; 4] = ["rate", "irate", "increase", "resets"];

/// What queries are asked about.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) store: MemoryStore,
    /// Series some of whose samples are native histograms.
    histograms: Vec<Labels>,
    /// Series some of whose samples have start timestamps.
    start_times: Vec<Labels>,
}

impl World {
    /// Adds the samples of one command.
    pub(super) fn load(&mut self, load: &Load) -> Result<(), Mistake> {
        for (labels, series) in &load.series {
            let mistake = |problem| Mistake { line: series.line, problem };
            self.add(labels, series).map_err(mistake)?;
            if !series.histograms.is_empty() {
                self.histograms.push(labels.clone());
            }
            if series.start_times {
                self.start_times.push(labels.clone());
            }
        }
        if load.with_native {
            self.histograms.extend(load.series.keys().filter_map(native_histogram));
        }
        Ok(())
    }

    fn add(&self, labels: &Labels, series: &LoadedSeries) -> Result<(), Problem> {
        let refused = |_| Problem::SeriesRefused(labels.to_string());
        let lane = LaneKey::rule("test", &labels.to_string());
        let mut appender = self.store.appender(&lane).map_err(refused)?;
        let reference = appender.series(labels).map_err(refused)?;
        for &(time, value) in &series.floats {
            match appender.stage(reference, time, value) {
                Answer::Accepted => {}
                verdict => {
                    let series = labels.to_metric_string();
                    return Err(Problem::Refused { series, time_ms: time.0, verdict });
                }
            }
        }
        appender.commit().map_err(refused)?;
        Ok(())
    }

    /// What the answer to `expr` may depend on that is not here. A series that could not be loaded
    /// counts at any time, so nothing passes by luck.
    pub(super) fn gap(&self, expr: &Expr) -> Option<Gap> {
        if let Some(selector) = walk::selector(expr)
            && self.histograms.iter().any(|labels| matches(labels, &selector.matchers))
        {
            return Some(Gap::NativeHistograms);
        }
        if let ExprKind::Call(call) = &expr.kind {
            let of_info = |labels: &Labels| labels.metric_name().ends_with("_info");
            if call.function == "info" && self.histograms.iter().any(of_info) {
                return Some(Gap::NativeHistograms);
            }
            if self.needs_start_times(&call.function, &call.args) {
                return Some(Gap::StartTimestamps);
            }
        }
        walk::children(expr).into_iter().find_map(|child| self.gap(child))
    }

    fn needs_start_times(&self, function: &str, args: &[Expr]) -> bool {
        let looked_at = args.iter().filter(|arg| match unwrapped(arg).kind {
            ExprKind::Matrix(_) => OF_START_TIMES.contains(&function),
            ExprKind::Vector(_) => function == "start_timestamp",
            _ => false,
        });
        let mut selectors = looked_at.filter_map(|arg| walk::selector(unwrapped(arg)));
        selectors.any(|selector| {
            self.start_times.iter().any(|labels| matches(labels, &selector.matchers))
        })
    }
}

/// `expr` without its parentheses.
fn unwrapped(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Paren(inner) => unwrapped(inner),
        _ => expr,
    }
}

fn matches(labels: &Labels, matchers: &[Matcher]) -> bool {
    let value = |matcher: &Matcher| labels.get(matcher.name()).unwrap_or_default().to_owned();
    matchers.iter().all(|matcher| matcher.matches(&value(matcher)))
}
