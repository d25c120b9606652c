//! `build` and `buildWithParameters`, in the order in which Jenkins checks.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::login::Caller;
use super::state::{Cause, Shared, Wish};
use super::wire::{Answer, Request};

/// Answers `build`.
pub(crate) fn build(
    shared: &Arc<Shared>,
    request: &Request,
    caller: &Caller,
    job: &str,
    root: &str,
) -> Answer {
    let Some(setup) = Setup::of(shared, job) else { return Answer::html(404, "Not Found") };
    if setup.disabled {
        return not_buildable(job);
    }
    if !setup.parameters.is_empty() && request.method != "POST" {
        // The form, with the status that tells programs off.
        return Answer::html(405, "This build requires parameters").header("Allow", "POST");
    }
    if let Some(refused) = refuse(&setup, request, caller) {
        return refused;
    }
    let parameters = if setup.parameters.is_empty() {
        Vec::new()
    } else {
        match form_parameters(request, &setup.parameters) {
            Some(parameters) => parameters,
            None => return bad_request("This page expects a form submission"),
        }
    };
    let wish = wish(shared, request, caller, job, &setup, parameters);
    let (id, _) = shared.change(|state| state.enqueue(wish));
    Answer::empty(201).header("Location", format!("{root}/queue/item/{id}/"))
}

/// Answers `buildWithParameters`.
pub(crate) fn build_with_parameters(
    shared: &Arc<Shared>,
    request: &Request,
    caller: &Caller,
    job: &str,
    root: &str,
) -> Answer {
    let Some(setup) = Setup::of(shared, job) else { return Answer::html(404, "Not Found") };
    if let Some(refused) = refuse(&setup, request, caller) {
        return refused;
    }
    if setup.disabled {
        return not_buildable(job);
    }
    if setup.parameters.is_empty() {
        return bad_request(&format!("{job} is not parameterized"));
    }
    // What is not declared is dropped without a word, what is missing has its default.
    let value = |(name, default): &(String, String)| {
        (name.clone(), request.field(name).unwrap_or_else(|| default.clone()))
    };
    let parameters = setup.parameters.iter().map(value).collect();
    let wish = wish(shared, request, caller, job, &setup, parameters);
    let (id, existing) = shared.change(|state| state.enqueue(wish));
    let status = if existing { 303 } else { 201 };
    Answer::empty(status).header("Location", format!("{root}/queue/item/{id}/"))
}

/// What matters of a job here.
struct Setup {
    parameters: Vec<(String, String)>,
    token: Option<String>,
    disabled: bool,
}

impl Setup {
    fn of(shared: &Shared, job: &str) -> Option<Self> {
        let state = shared.state();
        let project = state.jobs.get(job)?;
        let (parameters, token) = (project.job.parameters.clone(), project.job.token.clone());
        Some(Self { parameters, token, disabled: project.disabled })
    }
}

/// The token of the job, else the permission; then the method, which a valid token spares.
fn refuse(setup: &Setup, request: &Request, caller: &Caller) -> Option<Answer> {
    match (&setup.token, request.field("token")) {
        (Some(token), Some(shown)) if *token == shown => return None,
        (Some(_), Some(_)) => return Some(Answer::html(403, "Invalid token")),
        _ => {}
    }
    if !caller.may.builds {
        let name = caller.user.as_deref().unwrap_or("anonymous");
        return Some(Answer::html(403, &format!("{name} is missing the Job/Build permission")));
    }
    (request.method != "POST")
        .then(|| Answer::html(405, "Method POST required").header("Allow", "POST"))
}

fn wish(
    shared: &Shared,
    request: &Request,
    caller: &Caller,
    job: &str,
    setup: &Setup,
    parameters: Vec<(String, String)>,
) -> Wish {
    let by_token = setup.token.is_some() && request.field("token").is_some();
    let cause = if by_token {
        Cause::Remote { address: request.from.clone(), note: request.field("cause") }
    } else {
        Cause::User(caller.user.clone().unwrap_or_else(|| "anonymous".to_owned()))
    };
    let delay = request
        .field("delay")
        .and_then(|delay| delay.trim_end_matches("sec").parse().map(Duration::from_secs).ok());
    let quiet_period = delay.unwrap_or(shared.quiet_period);
    Wish { job: job.to_owned(), parameters, cause, quiet_period }
}

/// Reads the field `json` of Jenkins' own form: `{"parameter": [{"name": …, "value": …}]}`, where a single
/// one needs no list.
fn form_parameters(
    request: &Request,
    declared: &[(String, String)],
) -> Option<Vec<(String, String)>> {
    let form: Value = serde_json::from_str(&request.field("json")?).ok()?;
    let given = match form.get("parameter")? {
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    };
    let value = |(name, default): &(String, String)| {
        let same = given.iter().find(|one| one["name"] == **name);
        let text = same.and_then(|one| one["value"].as_str()).unwrap_or(default);
        (name.clone(), text.to_owned())
    };
    Some(declared.iter().map(value).collect())
}

fn not_buildable(job: &str) -> Answer {
    Answer::html(409, &format!("{job} is not buildable"))
}

fn bad_request(why: &str) -> Answer {
    Answer::html(400, why).header("X-Error", why)
}
