//! What a step does, as the configuration says it, resolved and checked.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use regain_http::{ClientConfig, Secret};
use regain_model::Labels;
use regain_systemd::{Bus, Verb};
use serde_json::Number;
use url::Url;

use super::{AllowList, JobChoice, JobPath, UnitChoice, UnitName, Value, ValueError};

/// Is the parameter under which a job gets the id of its execution, where none is configured.
pub const EXECUTION_ID_PARAMETER: &str = "REGAIN_EXECUTION_ID";

/// Is what a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Has systemd change a unit.
    Systemd(SystemdAction),
    /// Runs a program on this host.
    Command(CommandAction),
    /// Sends a request.
    Http(Box<HttpAction>),
    /// Has Jenkins build a job.
    Jenkins(Box<JenkinsAction>),
}

impl Action {
    /// Returns the kind in one word: `systemd`, `command`, `http` or `jenkins`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Systemd(_) => "systemd",
            Self::Command(_) => "command",
            Self::Http(_) => "http",
            Self::Jenkins(_) => "jenkins",
        }
    }

    /// Says what is done for an alert with these labels, such as `build start_app at main`: what a label names
    /// is named itself, unless it may not be acted on.
    pub fn text_for(&self, labels: &Labels) -> String {
        let named = match self {
            Self::Systemd(action) => {
                action.unit_for(labels).map(|unit| format!("{} {unit}", action.verb)).ok()
            }
            Self::Jenkins(action) => {
                let job = action.job_for(labels);
                job.map(|job| format!("build {job} at {}", action.server.name)).ok()
            }
            Self::Command(_) | Self::Http(_) => None,
        };
        named.unwrap_or_else(|| self.to_string())
    }
}

impl fmt::Display for Action {
    /// Writes what is done, such as `restart app.service`, without anything secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Systemd(action) => write!(f, "{} {}", action.verb, action.unit),
            Self::Command(action) => write!(f, "run {}", action.program.display()),
            Self::Http(action) => {
                let (method, url) = (&action.method, &action.url);
                write!(f, "{method} {}", url.host_str().unwrap_or_default())?;
                if let Some(port) = url.port() {
                    write!(f, ":{port}")?;
                }
                f.write_str(url.path())
            }
            Self::Jenkins(action) => write!(f, "build {} at {}", action.job, action.server.name),
        }
    }
}

/// Has systemd change a unit and waits for the end of the job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemdAction {
    /// The unit.
    pub unit: UnitChoice,
    /// What is done to it.
    pub verb: Verb,
    /// Which systemd is asked.
    pub bus: Bus,
}

impl SystemdAction {
    /// Returns the unit that is changed for an alert with these labels.
    pub fn unit_for(&self, labels: &Labels) -> Result<UnitName, ValueError> {
        self.unit.resolve(labels)
    }
}

/// Runs a program without a shell. Its environment is `PATH`, `REGAIN_EXECUTION_ID`,
/// `REGAIN_REMEDIATION`, one `REGAIN_LABEL_<name>` for each label of the alert, and `env`; nothing of this
/// process' own environment is passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandAction {
    /// The program, as an absolute path.
    pub program: PathBuf,
    /// Its arguments. One from a label never begins with a dash, so that it cannot be an option.
    pub arguments: Vec<Value>,
    /// Further variables.
    pub env: BTreeMap<String, Secret>,
    /// The directory that it runs in.
    pub cwd: PathBuf,
    /// How long it may go on after it was asked to end; then it is killed.
    pub grace: Duration,
}

impl CommandAction {
    /// Is the `PATH` of a command whose `env` sets none.
    pub const PATH: &'static str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    /// Is the grace where none is configured.
    pub const GRACE: Duration = Duration::from_secs(10);
}

/// Sends one request and takes its status for the outcome. Redirects are not followed.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpAction {
    /// The address up to where `path` and `query` begin. Its scheme and host come from nowhere else.
    pub url: Url,
    /// Segments that are added to the path, each percent-encoded.
    pub path: Vec<Value>,
    /// Fields that are added to the query, each percent-encoded.
    pub query: Vec<(String, Value)>,
    /// The method.
    pub method: Method,
    /// Headers, beside `Content-Type` and `Idempotency-Key`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body; without one the order itself is sent.
    pub body: Option<JsonTemplate>,
    /// Login, TLS and proxy.
    pub http: ClientConfig,
    /// Whether the server takes two requests with one `Idempotency-Key` for one. Only then may a request
    /// be sent again whose answer was lost.
    pub idempotent: bool,
    /// How long the request may take.
    pub timeout: Duration,
}

impl HttpAction {
    /// Is the timeout where none is configured.
    pub const TIMEOUT: Duration = Duration::from_secs(10);

    /// Checks an address.
    pub fn check_url(text: &str) -> Result<Url, ActionUrlError> {
        let url = Url::parse(text)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(ActionUrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ActionUrlError::Login);
        }
        Ok(url)
    }
}

/// Says why an address cannot be used. The text is not repeated, because it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActionUrlError {
    /// The text is no URL.
    #[error("invalid url: {0}")]
    Syntax(#[from] url::ParseError),
    /// The URL is not one of HTTP.
    #[error("the url must begin with http:// or https:// and name a host")]
    Scheme,
    /// The URL holds a user.
    #[error("the url must not hold a user or a password, because urls show in logs")]
    Login,
    /// The URL holds more than a path.
    #[error("the url must end with its path")]
    Query,
}

/// Is a JSON document whose texts may come from labels. Structure and names are always fixed.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonTemplate {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(Value),
    /// A list.
    List(Vec<Self>),
    /// An object; fields keep their order.
    Object(Vec<(String, Self)>),
}

/// Has Jenkins build a job.
#[derive(Clone, Debug, PartialEq)]
pub struct JenkinsAction {
    /// Who builds.
    pub server: Arc<JenkinsServer>,
    /// What is built.
    pub job: JobChoice,
    /// The job's parameters. A job that does not declare one of them is refused.
    pub parameters: BTreeMap<String, Value>,
    /// The parameter that carries the id of the execution, where the job declares it.
    pub execution_id_parameter: String,
    /// The file with the job's own trigger token. With it the id travels in the cause of the build, so that
    /// it can be found again though the job has no parameters.
    pub build_token_file: Option<PathBuf>,
    /// What an `UNSTABLE` build is taken for.
    pub unstable: UnstableIs,
}

impl JenkinsAction {
    /// Returns the job that is built for an alert with these labels.
    pub fn job_for(&self, labels: &Labels) -> Result<JobPath, ValueError> {
        self.job.resolve(labels, &self.server.allow)
    }
}

/// Says what a build is taken for that ended as `UNSTABLE`, which is Jenkins' word for failed tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnstableIs {
    /// The remediation failed.
    #[default]
    Failure,
    /// The remediation succeeded.
    Success,
}

/// Describes a Jenkins.
#[derive(Clone, Debug, PartialEq)]
pub struct JenkinsServer {
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// Its root, such as `https://ci.example/jenkins/`; see [`JenkinsServer::check_url`].
    pub url: Url,
    /// Who this program is there.
    pub login: JenkinsLogin,
    /// TLS, proxy and headers. Its login stays empty, and redirects are never followed.
    pub http: ClientConfig,
    /// The jobs that a label may name.
    pub allow: AllowList<JobPath>,
    /// How long one request may take.
    pub timeout: Duration,
    /// How long a build may take to end after each of the calls `stop` and `term`.
    pub stop_grace: Duration,
}

impl JenkinsServer {
    /// Is the timeout of a request where none is configured.
    pub const TIMEOUT: Duration = Duration::from_secs(10);
    /// Is the grace of a build where none is configured.
    pub const STOP_GRACE: Duration = Duration::from_secs(10);

    /// Checks a root and returns it with the slash at its end that paths are joined to.
    pub fn check_url(text: &str) -> Result<Url, ActionUrlError> {
        let mut url = HttpAction::check_url(text)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(ActionUrlError::Query);
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(url)
    }
}

/// Says who this program is at a Jenkins. Files are read again for each request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JenkinsLogin {
    /// Nobody.
    Anonymous,
    /// A user with an API token, which needs no crumb.
    Token {
        /// The user.
        user: String,
        /// The file with the token.
        file: PathBuf,
    },
    /// A user with a password, which needs a crumb and a session.
    Password {
        /// The user.
        user: String,
        /// The file with the password.
        file: PathBuf,
    },
}
