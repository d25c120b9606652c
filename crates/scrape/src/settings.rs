//! What a job's settings come to: a client and the headers that all its requests carry.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, header};
use regain_http::Client;
use regain_http::client::ClientOptions;
use regain_http::client::error::BuildError;

use crate::accept::accept_header;
use crate::buckets::BucketRules;
use crate::config::JobConfig;
use crate::cost::JobCpu;
use crate::error::JobError;
use crate::failure_log::JobFailures;
use crate::manager::Shared;

/// Is a job that can be scraped.
#[derive(Debug)]
pub(crate) struct JobSettings {
    pub(crate) config: Arc<JobConfig>,
    pub(crate) client: Client,
    pub(crate) headers: HeaderMap,
    pub(crate) buckets: BucketRules,
    pub(crate) own: JobOwn,
}

/// Is what stays with a job when its settings change.
#[derive(Debug, Clone)]
pub(crate) struct JobOwn {
    pub(crate) cpu: Arc<JobCpu>,
    pub(crate) failures: Arc<JobFailures>,
}

impl JobSettings {
    pub(crate) fn new(
        config: Arc<JobConfig>,
        shared: &Shared,
        own: JobOwn,
    ) -> Result<Self, JobError> {
        let options = &shared.options;
        let name = config.job_name.as_str();
        let failed = |source| JobError { job: name.to_owned(), source: Box::new(source) };
        let client_options = ClientOptions {
            metrics: options.dial_metrics.as_ref().map(|metrics| (metrics, name)),
            cpu: own.cpu.meter(),
            ..ClientOptions::new(&options.user_agent, &options.environment)
        };
        let client = Client::new(&config.client, &client_options).map_err(failed)?;
        let accept = accept_header(&config.scrape_protocols, config.escaping);
        let accept = HeaderValue::from_str(&accept)
            .map_err(|_| failed(BuildError::Header(header::ACCEPT.to_string())))?;
        let encoding = if config.enable_compression { "gzip" } else { "identity" };
        let headers = HeaderMap::from_iter([
            (header::ACCEPT, accept),
            (header::ACCEPT_ENCODING, HeaderValue::from_static(encoding)),
        ]);
        let buckets = BucketRules::of(&config);
        Ok(Self { config, client, headers, buckets, own })
    }
}
