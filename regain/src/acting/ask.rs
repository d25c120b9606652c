//! Healing asks the server's own engine.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use regain_api::QueryService;
use regain_healing::{Ask, AskError};
use regain_model::Labels;

/// Asks the engine behind the API, within its limits.
#[derive(Debug)]
pub(super) struct EngineAsk(Arc<QueryService>);

impl EngineAsk {
    pub(super) fn new(queries: Arc<QueryService>) -> Self {
        Self(queries)
    }
}

impl Ask for EngineAsk {
    fn ask<'a>(
        &'a self,
        expr: &'a str,
        time: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<(Labels, Timestamp, f64)>, AskError>> {
        async move {
            let at = regain_model::Timestamp(time.as_millisecond());
            let samples = self.0.samples_at(expr, at).await;
            let samples = samples.map_err(|why| AskError::Failed { why })?;
            let moment =
                |at: regain_model::Timestamp| Timestamp::from_millisecond(at.0).unwrap_or(time);
            Ok(samples.into_iter().map(|(labels, at, value)| (labels, moment(at), value)).collect())
        }
        .boxed()
    }
}
