//! The section `webhook_configs`.

use std::path::PathBuf;

use regain_alerting::settings::{IntegrationKind, IntegrationSettings, WebhookSettings};
use regain_go_template::{Functions, Template};
use regain_http::Secret;
use regain_yaml::{Kind, Mistakes, Node, Resolved, Section, Value, pairs};
use serde_json::Value as Json;

use super::context::Context;
use super::global::Global;
use crate::client::write_client;
use crate::marshal::{Fields, hidden, number, path_text};
use crate::value::{
    HIDDEN, check_web_url, go_duration_or_zero, go_duration_text, http_config, without_text,
};

/// What starts an action in a template.
const ACTION: &str = "{{";

pub(super) fn decode(
    node: &Node,
    global: &Global,
    context: &Context<'_>,
) -> Option<IntegrationSettings> {
    Section::read(node, "webhook.plain", context.mistakes, |section| {
        let http = http_config(section, "http_config").unwrap_or_else(|| global.http());
        let url = url(section, context);
        let url_file: String = section.or_zero("url_file");
        if url.is_empty() && url_file.is_empty() {
            section.rule("", "one of url or url_file must be configured");
        }
        if !url.is_empty() && !url_file.is_empty() {
            section.rule("url_file", "at most one of url & url_file must be configured");
        }
        let webhook = WebhookSettings {
            http,
            url,
            url_file: Some(PathBuf::from(url_file)).filter(|path| !path.as_os_str().is_empty()),
            max_alerts: section.or_zero("max_alerts"),
            timeout: go_duration_or_zero(section, "timeout"),
            payload: payload(section),
        };
        IntegrationSettings {
            send_resolved: section.or("send_resolved", true),
            kind: IntegrationKind::Webhook(Box::new(webhook)),
        }
    })
}

/// The URL, which may be a template; nothing where there is none.
fn url(section: &mut Section<'_>, context: &Context<'_>) -> Secret {
    let url: String = section.or_zero("url");
    if let Err(message) = check_url(&url) {
        section.rule("url", message);
    }
    if lacks_job_segments(&url) {
        context.warn(
            section.place_of("url"),
            "a job in a Jenkins folder has the path /job/FOLDER/job/JOB/build; this one lacks a /job/",
        );
    }
    Secret::new(url)
}

/// Checks a URL that may be a template, whose functions are then Go's own, as they are upstream.
fn check_url(url: &str) -> Result<(), String> {
    if url.contains(ACTION) {
        let parsed = Template::parse("", url, &Functions::new());
        return parsed.map(|_| ()).map_err(|error| format!("invalid template syntax: {error}"));
    }
    if url.is_empty() || url == HIDDEN {
        return Ok(());
    }
    check_web_url(url).map_err(|error| format!("invalid URL: {}", without_text(error)))
}

/// Whether a URL looks like the trigger of a Jenkins job in a folder, written as if folders and jobs
/// followed each other without `job` between them.
fn lacks_job_segments(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let mut segments = path.split('/').skip_while(|segment| *segment != "job");
    let mut names = 0;
    while segments.next() == Some("job") && segments.next().is_some() {
        names += 1;
        // Looking ahead on a copy keeps what is not `job` for the check below.
        if segments.clone().next() != Some("job") {
            break;
        }
    }
    let rest: Vec<&str> = segments.collect();
    let builds = rest.last().is_some_and(|last| matches!(*last, "build" | "buildWithParameters"));
    names > 0 && rest.len() > 1 && builds
}

fn payload(section: &mut Section<'_>) -> Option<Json> {
    let mistakes = section.mistakes();
    let node = section.field("payload").filter(|node| !node.is_null())?;
    Some(json(node, mistakes))
}

/// A value of any shape. What JSON has no number for is nothing.
fn json(node: &Node, mistakes: &Mistakes) -> Json {
    match &node.kind {
        Kind::List(items) => Json::Array(items.iter().map(|item| json(item, mistakes)).collect()),
        Kind::Map(_) => {
            let entries = pairs(node, mistakes).unwrap_or_default().into_iter();
            Json::Object(
                entries.map(|(key, _, value)| (key.to_owned(), json(value, mistakes))).collect(),
            )
        }
        Kind::Scalar(scalar) => match scalar.resolve() {
            Resolved::Null => Json::Null,
            Resolved::Bool(value) => Json::Bool(value),
            Resolved::Int(value) => Json::from(value),
            Resolved::Uint(value) => Json::from(value),
            Resolved::Float(value) => Json::from(value),
            Resolved::Str => Json::from(scalar.text()),
        },
    }
}

fn yaml(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::from(*value),
        Json::Number(value) => match (value.as_i64(), value.as_u64(), value.as_f64()) {
            (Some(int), _, _) => Value::from(int),
            (None, Some(uint), _) => Value::from(uint),
            (None, None, float) => number(float.unwrap_or_default()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::List(items.iter().map(yaml).collect()),
        Json::Object(entries) => {
            Value::sorted(entries.iter().map(|(key, value)| (key.clone(), yaml(value))))
        }
    }
}

pub(super) fn write(webhook: &WebhookSettings, fields: &mut Fields) {
    fields.section("http_config", |fields| write_client(&webhook.http, fields));
    fields.some("url", hidden(&webhook.url));
    fields.always("url_file", webhook.url_file.as_deref().map(path_text).unwrap_or_default());
    fields.always("max_alerts", webhook.max_alerts);
    fields.always("timeout", go_duration_text(webhook.timeout));
    if let Some(payload) = &webhook.payload {
        fields.some("payload", yaml(payload));
    }
}

#[cfg(test)]
mod tests {
    use super::lacks_job_segments;

    #[test]
    fn a_folder_needs_its_own_job_segment() {
        for (url, expected) in [
            ("http://jenkins:8080/job/production/clean_data_worker/build", true),
            ("http://jenkins/ci/job/a/job/b/c/buildWithParameters?token=t", true),
            ("http://jenkins:8080/job/production/job/clean_data_worker/build", false),
            ("http://admin:t@host:8080/job/start_app/build?token=token", false),
            ("http://host/hook", false),
            ("http://host/job/a/b", false),
        ] {
            assert_eq!(lacks_job_segments(url), expected, "{url}");
        }
    }
}
