//! The samples that a file has loaded, and those that it wanted to load but that nothing here can
//! hold.

use regain_model::{Labels, Matcher, Span, Timestamp};
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
    missing: Vec<Missing>,
}

/// Samples that are not in the store, or not with all they should have.
#[derive(Debug)]
struct Missing {
    labels: Labels,
    /// From the first to the last of them.
    span: Span,
    gap: Gap,
}

impl World {
    /// Adds the samples of one command.
    pub(super) fn load(&mut self, load: &Load) -> Result<(), Mistake> {
        for (labels, series) in &load.series {
            let mistake = |problem| Mistake { line: series.line, problem };
            self.add(labels, series).map_err(mistake)?;
            let floats = span_of(series.floats.iter().map(|(time, _)| *time));
            let histograms = span_of(series.histograms.iter().copied());
            self.miss(Gap::NativeHistograms, Some(labels.clone()), histograms);
            if series.start_times {
                self.miss(Gap::StartTimestamps, Some(labels.clone()), floats);
            }
            if load.with_native {
                self.miss(Gap::NativeHistograms, native_histogram(labels), floats);
            }
        }
        Ok(())
    }

    fn miss(&mut self, gap: Gap, labels: Option<Labels>, span: Option<Span>) {
        if let (Some(labels), Some(span)) = (labels, span) {
            self.missing.push(Missing { labels, span, gap });
        }
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

    /// What the answer to `expr` may depend on that is not here, when its selectors look at times
    /// within `span`. Whatever a selector could find there counts, so nothing passes by luck.
    pub(super) fn gap(&self, expr: &Expr, span: Span) -> Option<Gap> {
        if let ExprKind::Call(call) = &expr.kind
            && call.function == "start_timestamp"
            && call.args.iter().any(|arg| walk::selector(unwrapped(arg)).is_some())
        {
            return Some(Gap::StartTimestamps);
        }
        let mut missing = self.missing.iter().filter(|missing| missing.span.overlaps(span));
        let found = missing.find(|missing| missing.is_read_by(expr));
        let within = || walk::children(expr).into_iter().find_map(|child| self.gap(child, span));
        found.map(|missing| missing.gap).or_else(within)
    }
}

impl Missing {
    /// Whether `expr` itself, without its parts, reads the samples in a way that matters.
    fn is_read_by(&self, expr: &Expr) -> bool {
        let found = |expr| walk::selector(expr).is_some_and(|s| matches(&self.labels, &s.matchers));
        match (&expr.kind, self.gap) {
            (ExprKind::Call(call), Gap::StartTimestamps) => {
                let ranges = call.args.iter().map(unwrapped);
                let mut ranges = ranges.filter(|arg| matches!(arg.kind, ExprKind::Matrix(_)));
                OF_START_TIMES.contains(&call.function.as_str()) && ranges.any(found)
            }
            // Info metrics are read without a selector.
            (ExprKind::Call(call), Gap::NativeHistograms) => {
                call.function == "info" && self.labels.metric_name().ends_with("_info")
            }
            (_, Gap::NativeHistograms) => found(expr),
            _ => false,
        }
    }
}

/// From the first to the last of `times`.
fn span_of(mut times: impl DoubleEndedIterator<Item = Timestamp>) -> Option<Span> {
    let first = times.next()?;
    Some(Span::new(first, times.next_back().unwrap_or(first)))
}

/// `expr` without its parentheses.
fn unwrapped(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Paren(inner) => unwrapped(inner),
        _ => expr,
    }
}

fn matches(labels: &Labels, matchers: &[Matcher]) -> bool {
    matchers.iter().all(|matcher| matcher.matches(labels.get(matcher.name()).unwrap_or_default()))
}
