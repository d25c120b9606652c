//! `/federate`: the newest sample of each series that a selector matches, as an exposition
//! (upstream: `web/federate.go`, 3.14).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use regain_exposition::{
    Encoder, Format, FormatKind, LabelPair, Metric, MetricFamily, MetricValue, WriteError,
    negotiate,
};
use regain_model::{
    INSTANCE_NAME, Labels, METRIC_NAME, Matcher, MetricKind, ResetHint, Span, Timestamp, is_stale,
};
use regain_storage::{
    self as storage, Batch, Ctx, Order, Queryable, Selection, Snapshot, histogram_index,
};

use crate::door::Whole;
use crate::envelope::{ApiError, plain_error};
use crate::params::Params;
use crate::serving::Serving;
use crate::settings::App;

/// The newest sample of each series, in the order in which they are exposed: by metric name first.
type Newest = BTreeMap<(String, Labels), (Timestamp, MetricValue)>;

/// Answers with the newest samples.
pub(crate) async fn federate(
    Whole(serving): Whole,
    State(app): State<App>,
    headers: HeaderMap,
    params: Params,
) -> Response {
    let selectors = match selectors(&params) {
        Ok(selectors) => selectors,
        Err(error) => return plain_error(StatusCode::BAD_REQUEST, error),
    };
    let now = app.settings.clock.now();
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let format = negotiate(accept.unwrap_or_default(), false);
    match expose(&serving, selectors, now, format).await {
        Ok(body) => ([(header::CONTENT_TYPE, format.content_type())], body).into_response(),
        Err(error) => {
            app.federation_errors.inc();
            tracing::error!(err = %error, "federation failed");
            plain_error(StatusCode::INTERNAL_SERVER_ERROR, error)
        }
    }
}

fn selectors(params: &Params) -> Result<Vec<Vec<Matcher>>, ApiError> {
    params.check()?;
    let mut selectors = params.any_selectors()?;
    // As upstream, `{}` selects nothing here, although a matcher that matches everything does.
    selectors.retain(|matchers| !matchers.is_empty());
    Ok(selectors)
}

async fn expose(
    serving: &Arc<Serving>,
    selectors: Vec<Vec<Matcher>>,
    now: Timestamp,
    format: Format,
) -> Result<Vec<u8>, ApiError> {
    let span = Span::new(now.saturating_sub(serving.queries.lookback_delta_ms()), now);
    let external = Arc::clone(serving);
    let find = move |source: &dyn Queryable, ctx: &Arc<Ctx>| {
        let snapshot = source.snapshot(span, ctx)?;
        let mut found = Newest::new();
        for matchers in &selectors {
            add_newest(&*snapshot, ctx, &Selection::new(matchers, span), &mut found)?;
        }
        Ok(encode(&found, &external.config.external_labels, format))
    };
    // Samples are decoded, however few there are.
    let encoded = serving.queries.look_up(usize::MAX, find).await?;
    Ok(encoded.expect("families have names and hold numbers"))
}

/// Adds the newest sample of each series that the selection finds. Staleness markers have no text, so
/// series that have ended are left out.
fn add_newest(
    snapshot: &dyn Snapshot,
    ctx: &Arc<Ctx>,
    selection: &Selection<'_>,
    found: &mut Newest,
) -> storage::Result<()> {
    let selection = Selection { order: Order::Key, ..*selection };
    let mut parts = snapshot.select(&selection, ctx)?;
    let mut batch = Batch::default();
    while let Some(mut part) = parts.next()? {
        ctx.cancel.check()?;
        let series = part.series().to_vec();
        part.decode(0..series.len(), &mut batch)?;
        let arena = ctx.labels.read();
        for run in &batch.runs {
            let (times, values) = (batch.times_of(run), batch.floats_of(run));
            let (Some(&time), Some(&value)) = (times.last(), values.last()) else { continue };
            if is_stale(value) {
                continue;
            }
            let histogram = histogram_index(value).map(|at| &batch.histograms[at as usize]);
            let value = histogram.map_or(MetricValue::Number(value), |histogram| {
                MetricValue::Native(Arc::clone(histogram))
            });
            let labels = arena.labels(series[run.series as usize].labels);
            found.insert((labels.metric_name().to_owned(), labels), (Timestamp(time), value));
        }
    }
    Ok(())
}

/// Writes what was found. A name with values of several kinds makes several families, each with a type of its own:
/// another Prometheus reads that.
fn encode(found: &Newest, external: &Labels, format: Format) -> Result<Vec<u8>, WriteError> {
    let external = completed(external);
    let mut body = Vec::new();
    let mut encoder = Encoder::new(format, &mut body).without_help();
    let mut family = MetricFamily::untyped("", "");
    // What has no metric name cannot be exposed.
    for ((name, labels), (time, value)) in found.iter().filter(|((name, _), _)| !name.is_empty()) {
        let Some(kind) = kind_of(value, format) else { continue };
        if family.name != *name || family.kind != kind {
            if !family.metrics.is_empty() {
                encoder.family(&family)?;
            }
            family = MetricFamily::new(name.clone(), "", kind);
        }
        family.metrics.push(Metric {
            labels: exposed(labels, &external),
            value: value.clone(),
            timestamp_ms: Some(time.0),
        });
    }
    if !family.metrics.is_empty() {
        encoder.family(&family)?;
    }
    encoder.finish();
    Ok(body)
}

/// What kind of metric a value is exposed as; `None` where the format has no place for it.
fn kind_of(value: &MetricValue, format: Format) -> Option<MetricKind> {
    let MetricValue::Native(histogram) = value else { return Some(MetricKind::Unknown) };
    let fits = histogram.is_custom() || format.kind == FormatKind::Protobuf;
    let is_gauge = histogram.hint == ResetHint::Gauge;
    fits.then_some(if is_gauge { MetricKind::GaugeHistogram } else { MetricKind::Histogram })
}

/// The external labels in order, with an empty `instance` where they have none: a series without an
/// instance must not get the one of its scraper's target.
fn completed(external: &Labels) -> Vec<(&str, &str)> {
    let mut pairs: Vec<_> = external.iter().collect();
    if external.get(INSTANCE_NAME).is_none() {
        pairs.push((INSTANCE_NAME, ""));
    }
    pairs.sort_unstable();
    pairs
}

/// The series' labels without its name, and behind them the external ones that it lacks.
fn exposed(labels: &Labels, external: &[(&str, &str)]) -> Vec<LabelPair> {
    let own = labels.iter().filter(|(name, _)| *name != METRIC_NAME);
    let lacking = external.iter().copied().filter(|(name, _)| labels.get(name).is_none());
    let pair = |(name, value): (&str, &str)| LabelPair::new(name.to_owned(), value.to_owned());
    own.chain(lacking).map(pair).collect()
}
