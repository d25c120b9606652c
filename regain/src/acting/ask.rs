//! Healing asks the server's own engine.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use regain_api::QueryService;
use regain_healing::{Ask, AskError};
use regain_model::Labels;
use regain_storage::Gate;

/// Asks the engine behind the API, within its limits, and not before the store has read its log: what is missing
/// until then would pass for a target that is well, or is not.
#[derive(Debug)]
pub(super) struct EngineAsk {
    queries: Arc<QueryService>,
    store: Gate,
}

impl EngineAsk {
    pub(super) const fn new(queries: Arc<QueryService>, store: Gate) -> Self {
        Self { queries, store }
    }
}

impl Ask for EngineAsk {
    fn ask<'a>(
        &'a self,
        expr: &'a str,
        time: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<(Labels, Timestamp, f64)>, AskError>> {
        async move {
            if !self.store.pass().await {
                return Err(AskError::Failed { why: "the store has not read its log".to_owned() });
            }
            let at = regain_model::Timestamp(time.as_millisecond());
            let samples = self.queries.samples_at(expr, at).await;
            let samples = samples.map_err(|why| AskError::Failed { why })?;
            let moment =
                |at: regain_model::Timestamp| Timestamp::from_millisecond(at.0).unwrap_or(time);
            Ok(samples.into_iter().map(|(labels, at, value)| (labels, moment(at), value)).collect())
        }
        .boxed()
    }
}
