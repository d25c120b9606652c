//! Builds at a Jenkins: from the trigger through the queue to the result.
//!
//! Jenkins answers a trigger with the number of a queue item, and the item leads to a build. Both can be
//! lost: the answer on its way, the item five minutes after it left the queue or with a restart. Therefore
//! every trigger carries the id of its execution, as a parameter or in its cause, and whatever is lost is
//! searched by that id before anything is triggered again.
//!
//! A job without the parameter and without a trigger token carries no id. For such a job only what did
//! *not* happen is certain: if neither the queue nor the builds hold anything of the job since the intent,
//! nothing was triggered; otherwise the answer is [`Found::Unknown`].

mod api;
mod cancel;
mod follow;
mod page;
mod place;
mod search;
mod trigger;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;
use regain_http::client::error::BuildError;

use self::api::Api;
use self::place::Place;
use crate::order::{
    Cancelled, Found, Handle, JenkinsAction, JenkinsServer, JobPath, Order, Progress, Triggered,
    ValueError,
};

/// Holds one client for each server.
#[derive(Debug)]
pub(super) struct Jenkinses {
    environment: BTreeMap<String, String>,
    apis: Mutex<HashMap<Arc<str>, Arc<Api>>>,
}

/// Is one order at its server.
#[derive(Clone, Debug)]
struct Errand<'a> {
    order: &'a Order,
    action: &'a JenkinsAction,
    api: Arc<Api>,
    job: JobPath,
}

/// Says why an order has no place to go.
#[derive(Debug, thiserror::Error)]
enum ErrandError {
    #[error(transparent)]
    Job(#[from] ValueError),
    #[error("server {name}: {source}")]
    Client { name: Arc<str>, source: Box<BuildError> },
}

impl Jenkinses {
    pub(super) fn new(environment: BTreeMap<String, String>) -> Self {
        Self { environment, apis: Mutex::default() }
    }

    fn errand<'a>(
        &self,
        order: &'a Order,
        action: &'a JenkinsAction,
    ) -> Result<Errand<'a>, ErrandError> {
        let job = action.job_for(&order.labels)?;
        let api = self.api(&action.server)?;
        Ok(Errand { order, action, api, job })
    }

    /// Returns the client of a server; a changed configuration makes a new one.
    fn api(&self, server: &Arc<JenkinsServer>) -> Result<Arc<Api>, ErrandError> {
        let mut apis = self.apis.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(api) = apis.get(&server.name)
            && api.is_for(server)
        {
            return Ok(Arc::clone(api));
        }
        let api = Api::new(server, &self.environment).map_err(|source| ErrandError::Client {
            name: Arc::clone(&server.name),
            source: Box::new(source),
        })?;
        let api = Arc::new(api);
        apis.insert(Arc::clone(&server.name), Arc::clone(&api));
        Ok(api)
    }

    pub(super) async fn trigger(&self, order: &Order, action: &JenkinsAction) -> Triggered {
        match self.errand(order, action) {
            Ok(errand) => errand.trigger().await,
            Err(error) => Triggered::refused(error.to_string()),
        }
    }

    pub(super) async fn lookup(&self, order: &Order, action: &JenkinsAction) -> Found {
        match self.errand(order, action) {
            Ok(errand) => errand.lookup().await,
            Err(error) => Found::unknown(error.to_string()),
        }
    }

    pub(super) async fn poll(
        &self,
        order: &Order,
        action: &JenkinsAction,
        handle: &Handle,
    ) -> Progress {
        match self.errand(order, action) {
            Ok(errand) => errand.poll(handle).await,
            Err(error) => Progress::Unreachable { why: error.to_string() },
        }
    }

    pub(super) async fn cancel(
        &self,
        order: &Order,
        action: &JenkinsAction,
        handle: &Handle,
    ) -> Cancelled {
        match self.errand(order, action) {
            Ok(errand) => errand.cancel(handle).await,
            Err(error) => Cancelled::Unknown { why: error.to_string() },
        }
    }

    pub(super) async fn log(
        &self,
        order: &Order,
        action: &JenkinsAction,
        handle: &Handle,
    ) -> Option<String> {
        let errand = self.errand(order, action).ok()?;
        let build = Place::read(handle)?.build?;
        match errand.api.log_tail(&errand.build_path(build)).await {
            Ok(log) => Some(log),
            Err(error) => {
                tracing::debug!(%error, id = %order.id, "the log of a build is not available");
                None
            }
        }
    }
}

impl Errand<'_> {
    /// Returns the path of the job below the server's root, with a slash at its end.
    fn job_path(&self) -> String {
        self.job.url_path()
    }

    fn build_path(&self, number: u32) -> String {
        format!("{}{number}/", self.job.url_path())
    }

    /// Names a build in messages.
    fn build_name(&self, number: u32) -> String {
        format!("build #{number} of {}", self.job)
    }
}

/// Returns where a human sees the build, or the job before there is one.
pub(super) fn link(order: &Order, action: &JenkinsAction, handle: &Handle) -> Option<String> {
    let job = action.job_for(&order.labels).ok()?.url_path();
    let build = Place::read(handle).and_then(|place| place.build);
    let path = build.map_or_else(|| job.clone(), |number| format!("{job}{number}/"));
    action.server.url.join(&path).ok().map(String::from)
}
