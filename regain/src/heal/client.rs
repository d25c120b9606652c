//! The commands that ask a running program: list, show, pause, resume, audit.

use std::process::ExitCode;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::runtime::Runtime;

use super::answer::{Audit, Overview, Run};
use super::control::{About, Pause, ScopeError};
use super::{HEAL_COMMANDS, show};
use crate::api_client::{AskError, HTTP_CONFIG, Parameters, Server};
use crate::flags::{Line, Style};
use crate::{exit, logging, runtime};

/// Where the API of healing is.
const API: [&str; 4] = ["api", "v1", "regain", "healing"];

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum ClientError {
    /// The program cannot be asked.
    #[error("{0}")]
    Ask(#[source] AskError),
    /// It refused, and says why.
    #[error("{0}")]
    Refused(String),
    /// It answered something else.
    #[error("the answer is not that of healing: {0}")]
    Answer(#[from] serde_json::Error),
    /// The command means nothing.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The runtime cannot be built.
    #[error(transparent)]
    Runtime(#[from] std::io::Error),
}

/// The API's envelope, as far as it tells of failures.
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl From<AskError> for ClientError {
    /// Takes the sentence out of an answer of the API.
    fn from(error: AskError) -> Self {
        match error {
            AskError::Refused { text, .. } => Self::Refused(text),
            AskError::Status { status: StatusCode::UNAUTHORIZED, .. } => {
                Self::Refused(format!("a login is needed: give --{}", HTTP_CONFIG.name))
            }
            AskError::Status { status, body } => match serde_json::from_str(&body) {
                Ok(Refusal { error }) => Self::Refused(error),
                Err(_) => Self::Ask(AskError::Status { status, body }),
            },
            other => Self::Ask(other),
        }
    }
}

/// Runs a command under the name `program`.
pub(super) fn main(program: &str, arguments: &[String]) -> ExitCode {
    let line = match crate::flags::read(program, &HEAL_COMMANDS, Style::Brief, arguments) {
        Ok(line) => line,
        Err(code) => return code,
    };
    logging::start_tool();
    match run(&line) {
        Ok(text) => exit::page(&text),
        Err(error) => {
            exit::complain(&format!("{program}: error: {error}"));
            exit::FAILURE
        }
    }
}

fn run(line: &Line) -> Result<String, ClientError> {
    let asked = Asked {
        server: Server::new(line.text("url"), line.text(HTTP_CONFIG.name))?,
        runtime: runtime::build(1)?,
    };
    match line.commands.last().copied() {
        Some("list") => {
            let answer = asked.get(&[], &Parameters::new())?;
            let limit = line.count("limit");
            printed(line, &answer, |overview: Overview| show::overview(&overview, limit))
        }
        Some("show") => {
            let answer = asked.get(&["runs", &line.arguments[0]], &Parameters::new())?;
            printed(line, &answer, |run: Run| show::run(&run))
        }
        Some("pause") => {
            let pause = Pause::new(line)?;
            asked.post("pause", &pause)?;
            Ok(pause.done())
        }
        Some("resume") => {
            let about = About::new(line)?;
            asked.post("resume", &about)?;
            Ok(about.done())
        }
        // The table has no other.
        _ => {
            let parameters = ["limit", "before", "decision", "remediation"]
                .map(|name| (name, line.text(name).to_owned()));
            let given = parameters.into_iter().filter(|(_, value)| !value.is_empty());
            let answer = asked.get(&["audit"], &given.collect())?;
            printed(line, &answer, |audit: Audit| show::audit(&audit))
        }
    }
}

/// The program that is asked.
struct Asked {
    server: Server,
    runtime: Runtime,
}

impl Asked {
    fn get(
        &self,
        below: &[&str],
        parameters: &Parameters<'_>,
    ) -> Result<Box<RawValue>, ClientError> {
        let path = [&API, below].concat();
        Ok(self.runtime.block_on(self.server.get(&path, parameters))?.0)
    }

    fn post(&self, below: &str, value: &impl serde::Serialize) -> Result<(), ClientError> {
        let path = [&API[..], &[below]].concat();
        drop::<Box<RawValue>>(self.runtime.block_on(self.server.post_json(&path, value))?);
        Ok(())
    }
}

/// An answer as it came, or as people read it.
fn printed<'a, T: Deserialize<'a>>(
    line: &Line,
    answer: &'a RawValue,
    show: impl FnOnce(T) -> String,
) -> Result<String, ClientError> {
    if line.text("output") == "json" {
        return Ok(answer.get().to_owned());
    }
    Ok(show(serde_json::from_str(answer.get())?))
}
