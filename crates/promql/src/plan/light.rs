//! Whether a plan is so little work that it need not wait for a thread of its own.

use regain_model::Matcher;
use regain_storage::Queryable;

use super::{Node, RangeArg, RangeSource, Selector, time_span};
use crate::engine::EngineOptions;
use crate::grid::Grid;

/// The most samples that a light plan looks at, if there is one in so many milliseconds. More than some
/// hundred microseconds must not go by before other work gets its turn.
const SAMPLES_MAX: usize = 200_000;
const SAMPLE_MS: i64 = 5000;
/// The most steps of a light plan.
const STEPS_MAX: usize = 1000;

/// Whether `node` on `grid` is known to be little work over `source`.
pub(crate) fn is_light(
    node: &Node,
    grid: &Grid,
    options: &EngineOptions,
    source: &dyn Queryable,
) -> bool {
    if grid.len > STEPS_MAX {
        return false;
    }
    let span = time_span(node, grid, options);
    let length_ms = span.max.0.saturating_sub(span.min.0);
    let each =
        usize::try_from(length_ms / SAMPLE_MS).unwrap_or(usize::MAX).saturating_add(grid.len);
    let (mut samples, mut open) = (0_usize, vec![node]);
    while let Some(node) = open.pop() {
        match matchers(node) {
            Some(matchers) => {
                let series = source.series_max(matchers, span);
                samples = samples.saturating_add(series.saturating_mul(each));
            }
            // What has steps of its own, and what reads more than it says.
            None if matches!(node, Node::Range(_) | Node::RangeCall(_) | Node::Info(_)) => {
                return false;
            }
            None => open.extend(node.children()),
        }
        if samples > SAMPLES_MAX {
            return false;
        }
    }
    true
}

/// The matchers of a node that reads series.
fn matchers(node: &Node) -> Option<&[Matcher]> {
    match node {
        Node::Select(Selector { matchers, .. })
        | Node::SampleTime(Selector { matchers, .. })
        | Node::SampleStart(Selector { matchers, .. }) => Some(matchers),
        Node::Range(RangeArg { source: RangeSource::Series(matchers), .. }) => Some(matchers),
        Node::RangeCall(call) => match &call.arg.source {
            RangeSource::Series(matchers) if call.params.is_empty() => Some(matchers),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use regain_model::{Span, Timestamp};
    use regain_storage::memory::MemoryStore;
    use regain_storage::{Ctx, Result, Snapshot};

    use crate::engine::Engine;
    use crate::parser::{ParserOptions, parse};

    use super::*;

    /// Has 50 series of every metric and is not to be read.
    struct Fifty;

    impl Queryable for Fifty {
        fn snapshot(&self, _span: Span, _ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
            unreachable!("only the numbers of series are looked at");
        }

        fn series_max(&self, matchers: &[Matcher], _span: Span) -> usize {
            if matchers.iter().any(|matcher| matcher.value() == "m") { 50 } else { usize::MAX }
        }
    }

    #[test]
    fn little_is_what_reads_few_samples_of_few_series() {
        let cases = [
            ("1 + 2", true),
            ("m", true),
            ("sum by (job) (rate(m[5m])) / sum(m offset 1h)", true),
            ("m[5m]", true),
            ("rate(m[30d])", false),
            ("max_over_time(m[5m:1s])", false),
            ("{__name__=~\"m.*\"}", false),
            ("m + other", false),
        ];
        for (text, expected) in cases {
            let expr = parse(text, &ParserOptions::default()).unwrap();
            let (engine, at) = (Engine::default(), Timestamp(1_700_000_000_000));
            assert_eq!(engine.is_light(&Fifty, &expr, at), expected, "{text}");
            // Whoever does not know the number of series is not said to have few.
            let is_known = !text.contains('m');
            assert_eq!(engine.is_light(&MemoryStore::new(), &expr, at), is_known, "{text}");
        }
    }
}
