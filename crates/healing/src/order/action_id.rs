//! What tells one action from another across restarts and reloads.

use std::sync::Arc;

use super::digest::Digest;
use super::{
    Action, CommandAction, HttpAction, JenkinsAction, JobChoice, JsonTemplate, LabelValue,
    SystemdAction, UnitChoice, Value,
};

/// Identifies what an action does: who is asked, for what, and how it is found again. A run that an earlier
/// process has left goes on with a step of the present settings only if that step's action has the same id:
/// another backend would know nothing of what was begun, and so allow it a second time.
///
/// Not part of it are logins and other secrets, times, and what a label may say: they can change while an
/// action goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionId(Arc<str>);

impl ActionId {
    const DIGITS: usize = 20;

    /// Derives the id; the same settings give the same one in every process.
    pub fn of(action: &Action) -> Self {
        let mut digest = Digest::default();
        digest.part(action.kind());
        match action {
            Action::Systemd(action) => systemd(&mut digest, action),
            Action::Command(action) => command(&mut digest, action),
            Action::Http(action) => http(&mut digest, action),
            Action::Jenkins(action) => jenkins(&mut digest, action),
        }
        Self(digest.digits(Self::DIGITS).into())
    }

    /// Takes an id as it was written.
    pub(crate) fn written(text: String) -> Self {
        Self(text.into())
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn systemd(digest: &mut Digest, action: &SystemdAction) {
    let SystemdAction { unit, verb, bus } = action;
    match bus {
        regain_systemd::Bus::System => digest.part("system"),
        regain_systemd::Bus::User => digest.part("user"),
        regain_systemd::Bus::Private(socket) => {
            digest.part("private");
            digest.part(socket.as_os_str().as_encoded_bytes());
        }
    }
    digest.part(verb.as_str());
    match unit {
        UnitChoice::Fixed(name) => {
            digest.part("fixed");
            digest.part(name.as_str());
        }
        UnitChoice::Label { label, allow: _ } => {
            digest.part("label");
            digest.part(label);
        }
    }
}

fn command(digest: &mut Digest, action: &CommandAction) {
    let CommandAction { program, arguments, env: _, cwd, grace: _ } = action;
    digest.part(program.as_os_str().as_encoded_bytes());
    digest.part(cwd.as_os_str().as_encoded_bytes());
    for argument in arguments {
        value(digest, argument);
    }
}

fn http(digest: &mut Digest, action: &HttpAction) {
    let HttpAction {
        url,
        path,
        query,
        method,
        headers: _,
        body,
        http: _,
        idempotent: _,
        timeout: _,
    } = action;
    digest.part(method.as_str());
    digest.part(url.as_str());
    count(digest, path);
    for segment in path {
        value(digest, segment);
    }
    count(digest, query);
    for (name, text) in query {
        digest.part(name);
        value(digest, text);
    }
    if let Some(body) = body {
        json(digest, body);
    }
}

fn jenkins(digest: &mut Digest, action: &JenkinsAction) {
    let JenkinsAction {
        server,
        job,
        parameters,
        execution_id_parameter,
        build_token_file,
        unstable: _,
    } = action;
    digest.part(server.url.as_str());
    match job {
        JobChoice::Fixed(path) => {
            digest.part("fixed");
            digest.part(path.to_string());
        }
        JobChoice::Label { label, folder } => {
            digest.part("label");
            digest.part(label);
            digest.part(folder.as_ref().map(ToString::to_string).unwrap_or_default());
        }
    }
    // Both say where a build carries the id by which it is found again.
    digest.part(execution_id_parameter);
    digest.part(if build_token_file.is_some() { "cause" } else { "parameter" });
    for (name, text) in parameters {
        digest.part(name);
        value(digest, text);
    }
}

fn value(digest: &mut Digest, value: &Value) {
    match value {
        Value::Fixed(text) => {
            digest.part("fixed");
            digest.part(text);
        }
        Value::Label(LabelValue { label, pattern: _, bytes_max: _ }) => {
            digest.part("label");
            digest.part(label);
        }
    }
}

fn json(digest: &mut Digest, template: &JsonTemplate) {
    match template {
        JsonTemplate::Null => digest.part("null"),
        JsonTemplate::Bool(value) => digest.part(value.to_string()),
        JsonTemplate::Number(number) => {
            digest.part("number");
            digest.part(number.to_string());
        }
        JsonTemplate::Text(text) => value(digest, text),
        JsonTemplate::List(items) => {
            digest.part("list");
            count(digest, items);
            for item in items {
                json(digest, item);
            }
        }
        JsonTemplate::Object(fields) => {
            digest.part("object");
            count(digest, fields);
            for (name, field) in fields {
                digest.part(name);
                json(digest, field);
            }
        }
    }
}

/// Says where a list ends, so that its last item is not taken for the beginning of what follows.
fn count<T>(digest: &mut Digest, items: &[T]) {
    digest.part(items.len().to_string());
}

#[cfg(test)]
mod tests;
