//! The section `slack_configs`.

use std::path::PathBuf;

use regain_alerting::settings::{
    IntegrationKind, IntegrationSettings, SlackAction, SlackConfirmation, SlackField, SlackSettings,
};
use regain_http::client::config::Authorization;
use regain_http::{ClientConfig, Secret};
use regain_yaml::{Mistakes, Node, Section};

use super::context::Context;
use super::global::Global;
use crate::client::write_client;
use crate::marshal::{Fields, hidden, texts};
use crate::value::{go_duration_or_zero, go_duration_text, http_config, secret_url, web_url};

/// The only URL at which messages can be changed after they were sent.
const POST_MESSAGE: &str = "https://slack.com/api/chat.postMessage";

pub(super) fn decode(
    node: &Node,
    global: &Global,
    context: &Context<'_>,
) -> Option<IntegrationSettings> {
    Section::read(node, "config.plain", context.mistakes, |section| {
        let http = http_config(section, "http_config");
        let mut slack = keys(section);
        check(section, &slack);
        slack.resolve(section, http, global);
        IntegrationSettings {
            send_resolved: section.or_zero("send_resolved"),
            kind: IntegrationKind::Slack(Box::new(slack.0)),
        }
    })
}

/// Settings that have not inherited yet.
struct Own(SlackSettings);

/// A text whose default is a template of Alertmanager's.
fn template(section: &mut Section<'_>, key: &'static str) -> String {
    let name = key.replace('_', "");
    section.or(key, format!("{{{{ template \"slack.default.{name}\" . }}}}"))
}

fn file(section: &mut Section<'_>, key: &'static str) -> Option<PathBuf> {
    let path: String = section.or_zero(key);
    Some(PathBuf::from(path)).filter(|path| !path.as_os_str().is_empty())
}

fn keys(section: &mut Section<'_>) -> Own {
    Own(SlackSettings {
        http: ClientConfig::default(),
        api_url: secret_url(section, "api_url"),
        api_url_file: file(section, "api_url_file"),
        app_token: Secret::new(section.or_zero::<String>("app_token")),
        app_token_file: file(section, "app_token_file"),
        app_url: web_url(section, "app_url").unwrap_or_default(),
        channel: section.or_zero("channel"),
        username: template(section, "username"),
        color: template(section, "color"),
        title: template(section, "title"),
        title_link: template(section, "title_link"),
        pretext: template(section, "pretext"),
        text: template(section, "text"),
        message_text: section.or_zero("message_text"),
        fields: section.list("fields", field),
        short_fields: section.or_zero("short_fields"),
        footer: template(section, "footer"),
        fallback: template(section, "fallback"),
        callback_id: template(section, "callback_id"),
        icon_emoji: template(section, "icon_emoji"),
        icon_url: template(section, "icon_url"),
        image_url: section.or_zero("image_url"),
        thumb_url: section.or_zero("thumb_url"),
        link_names: section.or_zero("link_names"),
        mrkdwn_in: section.or_zero("mrkdwn_in"),
        actions: section.list("actions", action),
        update_message: section.or_zero("update_message"),
        timeout: go_duration_or_zero(section, "timeout"),
    })
}

/// Checks what the section says by itself.
fn check(section: &Section<'_>, Own(slack): &Own) {
    let has_url = slack.api_url.is_some();
    let has_token = !slack.app_token.is_empty();
    if has_url && slack.api_url_file.is_some() {
        section.rule("api_url_file", "at most one of api_url & api_url_file must be configured");
    }
    if has_token && slack.app_token_file.is_some() {
        let message = "at most one of app_token & app_token_file must be configured";
        section.rule("app_token_file", message);
    }
    if (has_url || slack.api_url_file.is_some()) && (has_token || slack.app_token_file.is_some()) {
        section.rule(
            "",
            "at most one of api_url/api_url_file & app_token/app_token_file must be configured",
        );
    }
    let url = slack.api_url.as_ref().map(Secret::expose).unwrap_or_default();
    if slack.update_message && url != POST_MESSAGE {
        let message = format!(
            "update_message can only be used with bot tokens. api_url must be set to {POST_MESSAGE}"
        );
        section.rule("update_message", message);
    }
}

impl Own {
    /// Takes over what the section inherits and turns an application's token into an authorization.
    fn resolve(&mut self, section: &Section<'_>, http: Option<ClientConfig>, global: &Global) {
        let Self(slack) = self;
        let global_file = |key| Some(PathBuf::from(global.text(key))).filter(|_| global.has(key));
        if slack.app_url.is_empty() {
            global.text("slack_app_url").clone_into(&mut slack.app_url);
        }
        if slack.app_url.is_empty() {
            section.rule("", "no global Slack App URL set");
        }
        let has_token =
            |slack: &SlackSettings| !slack.app_token.is_empty() || slack.app_token_file.is_some();
        let has_url =
            |slack: &SlackSettings| slack.api_url.is_some() || slack.api_url_file.is_some();
        let authorized = http.as_ref().is_some_and(|http| http.authorization.is_some());
        if !has_token(slack) && !authorized && slack.api_url.is_none() {
            slack.app_token = global.secret("slack_app_token").unwrap_or_default();
            slack.app_token_file = global_file("slack_app_token_file");
        }
        if !has_url(slack) {
            slack.api_url = global.secret("slack_api_url");
            slack.api_url_file = global_file("slack_api_url_file");
        }
        if !has_url(slack) && !has_token(slack) {
            section.rule("", "no Slack API URL nor App token set either inline or in a file");
        }
        slack.http = http.unwrap_or_else(|| global.http());
        if has_token(slack) {
            if slack.http.authorization.is_some() {
                let message = "http authorization can't be set when using Slack App tokens";
                section.rule("http_config", message);
            }
            slack.http.authorization = Some(Authorization {
                kind: Authorization::DEFAULT_KIND.to_owned(),
                credentials: slack.app_token.clone(),
                credentials_file: slack.app_token_file.clone(),
            });
            slack.api_url = Some(Secret::new(slack.app_url.clone()));
        }
    }
}

fn field(node: &Node, mistakes: &Mistakes) -> Option<SlackField> {
    Section::read(node, "config.plain", mistakes, |section| {
        let field = SlackField {
            title: section.or_zero("title"),
            value: section.or_zero("value"),
            short: section.optional("short"),
        };
        demand(section, "title", &field.title, "field");
        demand(section, "value", &field.value, "field");
        field
    })
}

/// Notes a text that is absent; `whose` is what it is missing in.
fn demand(section: &Section<'_>, key: &str, text: &str, whose: &str) {
    if text.is_empty() {
        section.rule(key, format!("missing {key} in Slack {whose} configuration"));
    }
}

fn action(node: &Node, mistakes: &Mistakes) -> Option<SlackAction> {
    Section::read(node, "config.plain", mistakes, |section| {
        let mut action = SlackAction {
            kind: section.or_zero("type"),
            text: section.or_zero("text"),
            url: section.or_zero("url"),
            style: section.or_zero("style"),
            name: section.or_zero("name"),
            value: section.or_zero("value"),
            confirm: section.section("confirm", "config.plain", confirmation),
        };
        demand(section, "type", &action.kind, "action");
        demand(section, "text", &action.text, "action");
        if !action.url.is_empty() {
            action.name.clear();
            action.value.clear();
            action.confirm = None;
        } else if action.name.is_empty() {
            section.rule("", "missing name or url in Slack action configuration");
        }
        action
    })
}

fn confirmation(section: &mut Section<'_>) -> SlackConfirmation {
    let confirmation = SlackConfirmation {
        text: section.or_zero("text"),
        title: section.or_zero("title"),
        ok_text: section.or_zero("ok_text"),
        dismiss_text: section.or_zero("dismiss_text"),
    };
    demand(section, "text", &confirmation.text, "confirmation");
    confirmation
}

pub(super) fn write(slack: &SlackSettings, fields: &mut Fields) {
    fields.section("http_config", |fields| write_client(&slack.http, fields));
    if let Some(url) = &slack.api_url {
        fields.always("api_url", hidden(url));
    }
    fields.some_path("api_url_file", slack.api_url_file.as_ref());
    fields.some_secret("app_token", &slack.app_token);
    fields.some_path("app_token_file", slack.app_token_file.as_ref());
    for (key, text) in [
        ("app_url", &slack.app_url),
        ("channel", &slack.channel),
        ("username", &slack.username),
        ("color", &slack.color),
        ("title", &slack.title),
        ("title_link", &slack.title_link),
        ("pretext", &slack.pretext),
        ("text", &slack.text),
        ("message_text", &slack.message_text),
    ] {
        fields.some(key, text.as_str());
    }
    fields.sections("fields", &slack.fields, write_field);
    fields.always("short_fields", slack.short_fields);
    for (key, text) in [
        ("footer", &slack.footer),
        ("fallback", &slack.fallback),
        ("callback_id", &slack.callback_id),
        ("icon_emoji", &slack.icon_emoji),
        ("icon_url", &slack.icon_url),
        ("image_url", &slack.image_url),
        ("thumb_url", &slack.thumb_url),
    ] {
        fields.some(key, text.as_str());
    }
    fields.always("link_names", slack.link_names);
    fields.some("mrkdwn_in", texts(&slack.mrkdwn_in));
    fields.sections("actions", &slack.actions, write_action);
    fields.always("update_message", slack.update_message);
    fields.always("timeout", go_duration_text(slack.timeout));
}

fn write_field(field: &SlackField, fields: &mut Fields) {
    fields.some("title", &*field.title);
    fields.some("value", &*field.value);
    if let Some(short) = field.short {
        fields.always("short", short);
    }
}

fn write_action(action: &SlackAction, fields: &mut Fields) {
    for (key, text) in [
        ("type", &action.kind),
        ("text", &action.text),
        ("url", &action.url),
        ("style", &action.style),
        ("name", &action.name),
        ("value", &action.value),
    ] {
        fields.some(key, text.as_str());
    }
    if let Some(confirm) = &action.confirm {
        fields.section("confirm", |fields| {
            fields.some("text", &*confirm.text);
            fields.some("title", &*confirm.title);
            fields.some("ok_text", &*confirm.ok_text);
            fields.some("dismiss_text", &*confirm.dismiss_text);
        });
    }
}
