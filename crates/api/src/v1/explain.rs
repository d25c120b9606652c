//! `regain/explain`: what a query does, node by node, and why it finds nothing. An addition to upstream's
//! API, described in `docs/api.md`.

mod node;
mod reason;

use std::sync::Arc;

use axum::extract::State;
use regain_promql::{Explanation, Value};
use serde::Serialize;

use self::node::Node;
use self::reason::Empty;
use super::query::{question, steps};
use crate::door::Open;
use crate::envelope::{ApiError, Success};
use crate::params::Params;
use crate::query_service::stats::{self, Stats};
use crate::query_service::{Timings, When};
use crate::settings::Settings;

/// The parameters of which any makes a question one over a range.
const OF_RANGES: [&str; 3] = ["start", "end", "step"];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Explained<'e> {
    result_type: &'static str,
    /// The series of the answer; none where it is a scalar or a string.
    series: Option<usize>,
    stats: Stats,
    why_empty: Option<WhyEmpty<'e>>,
    nodes: Vec<Node<'e>>,
}

/// Why the whole answer is empty.
#[derive(Serialize)]
struct WhyEmpty<'e> {
    /// The node that is to blame.
    node: usize,
    #[serde(flatten)]
    reason: Empty<'e>,
}

/// `/api/v1/regain/explain`.
pub(crate) async fn explain(
    Open(serving): Open,
    State(settings): State<Arc<Settings>>,
    params: Params,
) -> Result<Success, ApiError> {
    let when = if OF_RANGES.iter().any(|name| !params.text(name).is_empty()) {
        When::Over(steps(&params)?)
    } else {
        When::At(params.time_or("time", settings.clock.now())?)
    };
    let question = question(&serving, &params, when)?;
    let render =
        move |explanation, timings, _| Ok(render(&explanation, timings, params.text("query")));
    serving.queries.explain(question, render).await
}

fn render(explanation: &Explanation, timings: Timings, query: &str) -> Success {
    let Explanation { result, nodes, why_empty } = explanation;
    let why_empty = why_empty.and_then(|node| {
        let reason = nodes.get(node)?.empty.as_ref()?;
        Some(WhyEmpty { node, reason: Empty::of(reason) })
    });
    let explained = Explained {
        result_type: result.value.type_name(),
        series: series(&result.value),
        stats: stats::of(result, timings),
        why_empty,
        nodes: nodes.iter().map(|node| Node::of(node, query)).collect(),
    };
    Success::json(&explained).annotated(result, query)
}

const fn series(value: &Value) -> Option<usize> {
    match value {
        Value::Vector(samples) => Some(samples.len()),
        Value::Matrix(series) => Some(series.len()),
        Value::Scalar(_) | Value::String(_) => None,
    }
}
