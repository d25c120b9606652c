//! The log of failed scrapes (`scrape_failure_log_file`): a line of JSON for each, as upstream writes it.
//!
//! As upstream's, it has the scrapes that brought no body: what is wrong with a body is seen on the targets page.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use regain_go_format::time::format_rfc3339_nano;
use serde::Serialize;

/// Takes the lines of one file, which several jobs may share.
#[derive(Clone)]
pub struct FailureLog(Arc<Mutex<Box<dyn Write + Send>>>);

impl FailureLog {
    pub fn new(sink: Box<dyn Write + Send>) -> Self {
        Self(Arc::new(Mutex::new(sink)))
    }

    fn write(&self, line: &Line<'_>) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        // A writer that panicked has written what it has written; the next line is one of its own.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(&text)
    }
}

impl fmt::Debug for FailureLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailureLog").finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    level: &'static str,
    source: &'static str,
    msg: String,
    job_name: &'a str,
    target: &'a str,
}

/// Is where a job's failures are logged, if anywhere.
#[derive(Debug, Default)]
pub(crate) struct JobFailures(ArcSwapOption<FailureLog>);

impl JobFailures {
    /// Logs to another file from now on, or nowhere.
    pub(crate) fn log_to(&self, log: Option<FailureLog>) {
        self.0.store(log.map(Arc::new));
    }

    /// Logs that a scrape of a target failed at `now`, counted from 1970.
    pub(crate) fn note(&self, now: Duration, job: &str, target: &str, error: &dyn fmt::Display) {
        let Some(log) = self.0.load_full() else { return };
        let since_epoch = i128::try_from(now.as_nanos()).unwrap_or(i128::MAX);
        let time = Timestamp::from_nanosecond(since_epoch).map(format_rfc3339_nano);
        let line = Line {
            time: time.unwrap_or_default(),
            level: "ERROR",
            source: "failure_log.rs",
            msg: error.to_string(),
            job_name: job,
            target,
        };
        if let Err(error) = log.write(&line) {
            tracing::error!(target_url = target, %error, "can't log a failed scrape");
        }
    }
}
