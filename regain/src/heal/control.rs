//! `regain heal pause` and `resume`: the kill switch from the command line.

use serde::Serialize;

use crate::environment;
use crate::flags::Line;

/// Who asks where nobody is named and nobody is logged in.
const NOBODY: &str = "regain heal";

/// Why a command means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ScopeError {
    /// It names two things.
    #[error("--remediation and --target exclude each other")]
    Two,
}

/// What a request to stop healing says.
#[derive(Debug, Serialize)]
pub(super) struct Pause<'a> {
    #[serde(flatten)]
    about: About<'a>,
    reason: &'a str,
    #[serde(rename = "for")]
    lasts: Option<&'a str>,
}

/// What healing it is about, and who asks.
#[derive(Debug, Serialize)]
pub(super) struct About<'a> {
    scope: &'static str,
    name: &'a str,
    by: String,
}

impl<'a> Pause<'a> {
    pub(super) fn new(line: &'a Line) -> Result<Self, ScopeError> {
        let lasts = line.given_text("for").filter(|text| !text.is_empty());
        Ok(Self { about: About::new(line)?, reason: line.text("reason"), lasts })
    }

    /// What is told once it holds.
    pub(super) fn done(&self) -> String {
        let lasts = self
            .lasts
            .map_or_else(|| "until it is resumed".to_owned(), |text| format!("for {text}"));
        format!("Paused {} {lasts}.", self.about.what())
    }
}

impl<'a> About<'a> {
    pub(super) fn new(line: &'a Line) -> Result<Self, ScopeError> {
        let (scope, name) = match (line.text("remediation"), line.text("target")) {
            ("", "") => ("all", ""),
            (name, "") => ("remediation", name),
            ("", name) => ("target", name),
            _ => return Err(ScopeError::Two),
        };
        let by = match line.text("by") {
            "" => environment::variable("USER").filter(|user| !user.is_empty()),
            given => Some(given.to_owned()),
        };
        Ok(Self { scope, name, by: by.unwrap_or_else(|| NOBODY.to_owned()) })
    }

    /// What is told once it goes on.
    pub(super) fn done(&self) -> String {
        format!("Resumed {}.", self.what())
    }

    fn what(&self) -> String {
        match self.name {
            "" => "all healing".to_owned(),
            name => format!("{} {name}", self.scope),
        }
    }
}
