//! Jobs as they are configured, and builds as they are looked at.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::run::{Run, run_command};

/// How a build ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildResult {
    /// All is well.
    Success,
    /// It was built, and tests failed.
    Unstable,
    /// It failed.
    Failure,
    /// It was not built.
    NotBuilt,
    /// Somebody stopped it.
    Aborted,
}

impl BuildResult {
    /// The result as the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Unstable => "UNSTABLE",
            Self::Failure => "FAILURE",
            Self::NotBuilt => "NOT_BUILT",
            Self::Aborted => "ABORTED",
        }
    }
}

pub(crate) type Steps = Arc<dyn Fn(&Run) -> BuildResult + Send + Sync>;

/// A job.
#[derive(Clone)]
pub struct Job {
    /// Name and default of each parameter.
    pub(crate) parameters: Vec<(String, String)>,
    /// The token of "trigger builds remotely".
    pub(crate) token: Option<String>,
    pub(crate) pipeline: bool,
    pub(crate) concurrent: bool,
    pub(crate) steps: Steps,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("parameters", &self.parameters).finish_non_exhaustive()
    }
}

impl Default for Job {
    fn default() -> Self {
        Self::new()
    }
}

impl Job {
    /// A freestyle job that succeeds at once.
    pub fn new() -> Self {
        Self {
            parameters: Vec::new(),
            token: None,
            pipeline: false,
            concurrent: false,
            steps: Arc::new(|_| BuildResult::Success),
        }
    }

    /// The same with one more parameter.
    #[must_use]
    pub fn parameter(mut self, name: &str, default: &str) -> Self {
        self.parameters.push((name.to_owned(), default.to_owned()));
        self
    }

    /// The same that can be triggered with a token of its own.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    /// The same as a pipeline, which can be terminated and killed and may be built twice at a time.
    #[must_use]
    pub fn pipeline(self) -> Self {
        Self { pipeline: true, concurrent: true, ..self }
    }

    /// The same with what it does. A build that was stopped ends as aborted, whatever comes back.
    #[must_use]
    pub fn runs(self, steps: impl Fn(&Run) -> BuildResult + Send + Sync + 'static) -> Self {
        Self { steps: Arc::new(steps), ..self }
    }

    /// The same running a program with the parameters as environment; what it writes is the log.
    #[must_use]
    pub fn command(self, argv: &[&str]) -> Self {
        let argv: Vec<String> = argv.iter().map(|&word| word.to_owned()).collect();
        self.runs(move |run| run_command(run, &argv))
    }

    pub(crate) fn class(&self) -> &'static str {
        if self.pipeline {
            "org.jenkinsci.plugins.workflow.job.WorkflowJob"
        } else {
            "hudson.model.FreeStyleProject"
        }
    }

    pub(crate) fn build_class(&self) -> &'static str {
        if self.pipeline {
            "org.jenkinsci.plugins.workflow.job.WorkflowRun"
        } else {
            "hudson.model.FreeStyleBuild"
        }
    }
}

/// What is known of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// Its number.
    pub number: u32,
    /// The number that it had in the queue.
    pub queue_id: u64,
    /// Its parameters.
    pub parameters: BTreeMap<String, String>,
    /// Who or what caused it, in the words of the API.
    pub causes: Vec<String>,
    /// How it ended; nothing while it runs.
    pub result: Option<BuildResult>,
    /// What it wrote.
    pub console: String,
}
