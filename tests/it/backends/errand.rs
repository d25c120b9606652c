//! Orders for the stand-in, with the fewest words.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use regain_healing::backend::{BackendOptions, Backends};
use regain_healing::order::{
    Action, AllowList, Backend as _, EXECUTION_ID_PARAMETER, ExecutionId, Handle, JenkinsAction,
    JenkinsLogin, JenkinsServer, JobChoice, JobPath, LabelValue, Order, Outcome, Pattern, Progress,
    UnstableIs, VALUE_BYTES_MAX, Value,
};
use regain_http::ClientConfig;
use regain_model::Labels;
use regain_storage::fs::RealFs;
use regain_tests::jenkins::{Jenkins, Job, Server, User};
use regain_tests::process::write_file;
use tempfile::TempDir;
use tokio_util::task::TaskTracker;

pub(crate) const TOKEN: &str = "11aa22bb33";
pub(crate) const PASSWORD: &str = "hunter2";
pub(crate) const ID: &str = EXECUTION_ID_PARAMETER;
/// The job that most tests build.
pub(crate) const CLEAN: &str = "production/clean";

/// The backends with a directory of their own.
pub(crate) struct Workshop {
    pub(crate) backends: Backends,
    pub(crate) dir: TempDir,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let shop = Self { backends: backends(&dir), dir };
        shop.write("token", &format!("{TOKEN}\n"));
        shop.write("password", PASSWORD);
        shop
    }

    /// What another process over the same directory has.
    pub(crate) fn restarted(&self) -> Backends {
        backends(&self.dir)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        write_file(&self.file(name), text).unwrap();
    }

    /// How a remediation would describe this Jenkins: a user with an API token.
    pub(crate) fn server(&self, jenkins: &Server) -> JenkinsServer {
        JenkinsServer {
            name: "main".into(),
            url: JenkinsServer::check_url(&jenkins.url()).unwrap(),
            login: JenkinsLogin::Token { user: "healer".to_owned(), file: self.file("token") },
            http: ClientConfig::default(),
            allow: AllowList { names: vec![path(CLEAN)], patterns: Vec::new() },
            timeout: JenkinsServer::TIMEOUT,
            stop_grace: Duration::ZERO,
        }
    }

    /// The same with a password instead.
    pub(crate) fn server_by_password(&self, jenkins: &Server) -> JenkinsServer {
        let login =
            JenkinsLogin::Password { user: "healer".to_owned(), file: self.file("password") };
        JenkinsServer { login, ..self.server(jenkins) }
    }

    /// Asks again and again until the order is over.
    pub(crate) async fn outcome(&self, order: &Order, handle: Handle) -> Outcome {
        let mut handle = handle;
        loop {
            match self.backends.poll(order, &handle).await {
                Progress::Queued { handle: next, .. } | Progress::Running { handle: next, .. } => {
                    handle = next;
                    tokio::task::yield_now().await;
                }
                Progress::Done(outcome) => return outcome,
                other => panic!("{other:?}"),
            }
        }
    }
}

fn backends(dir: &TempDir) -> Backends {
    Backends::new(BackendOptions {
        environment: BTreeMap::new(),
        fs: Arc::new(RealFs),
        directory: dir.path().join("marks"),
        tasks: TaskTracker::new(),
    })
}

/// A Jenkins with a user and the job that most tests build.
pub(crate) fn jenkins(clean: Job) -> Jenkins {
    Jenkins::new().user(User::new("healer", PASSWORD).token(TOKEN)).job(CLEAN, clean)
}

/// A job with the parameters that a remediation gives it.
pub(crate) fn marked() -> Job {
    Job::new().parameter("HOST", "").parameter(ID, "")
}

pub(crate) fn path(text: &str) -> JobPath {
    JobPath::parse(text).unwrap()
}

/// A build of one job at a server.
pub(crate) fn build(server: JenkinsServer, job: &str) -> JenkinsAction {
    JenkinsAction {
        server: Arc::new(server),
        job: JobChoice::Fixed(path(job)),
        parameters: BTreeMap::new(),
        execution_id_parameter: ID.to_owned(),
        build_token_file: None,
        unstable: UnstableIs::Failure,
    }
}

/// A text from a label.
pub(crate) fn label(label: &str, pattern: &str) -> Value {
    let pattern = Pattern::new(pattern).unwrap();
    Value::Label(LabelValue { label: label.to_owned(), pattern, bytes_max: VALUE_BYTES_MAX })
}

pub(crate) fn order_of(action: Action, labels: &[(&str, &str)]) -> Order {
    attempt(action, labels, 1)
}

/// An order of its own for each number.
pub(crate) fn attempt(action: Action, labels: &[(&str, &str)], attempt: u32) -> Order {
    let target = Labels::from_pairs([("instance", "web1")]);
    Order {
        id: ExecutionId::of("clean", &target, "episode", 0, attempt),
        remediation: "clean".into(),
        target,
        labels: Labels::from_pairs(labels.iter().copied()),
        annotations: BTreeMap::new(),
        action: Arc::new(action),
        intended_at: Timestamp::now(),
        deadline: Duration::from_mins(1),
    }
}

/// An order for a Jenkins.
pub(crate) fn order(action: JenkinsAction) -> Order {
    order_of(Action::Jenkins(Box::new(action)), &[])
}
