//! The section `global`.

use std::path::Path;
use std::time::Duration;

use regain_http::{ClientConfig, Secret};
use regain_yaml::{Node, Span};

use super::context::Context;
use crate::marshal::Fields;
use crate::schema::{
    Body, Item, Schema, duration, flag, host_port_key, http, http_url, maybe_flag, own_tls, secret,
    secret_url_key, text,
};

const RESOLVE_TIMEOUT_S: u64 = 300;

/// Keys of which at most one is configured.
const EXCLUSIVE: [[&str; 2]; 11] = [
    ["slack_app_token", "slack_app_token_file"],
    ["slack_api_url", "slack_api_url_file"],
    ["opsgenie_api_key", "opsgenie_api_key_file"],
    ["victorops_api_key", "victorops_api_key_file"],
    ["telegram_bot_token", "telegram_bot_token_file"],
    ["smtp_auth_password", "smtp_auth_password_file"],
    ["rocketchat_token", "rocketchat_token_file"],
    ["rocketchat_token_id", "rocketchat_token_id_file"],
    ["smtp_auth_secret", "smtp_auth_secret_file"],
    ["wechat_api_secret", "wechat_api_secret_file"],
    ["mattermost_webhook_url", "mattermost_webhook_url_file"],
];

static GLOBAL: Schema = Schema {
    owner: "config.plain",
    fields: &[
        duration("resolve_timeout", RESOLVE_TIMEOUT_S).shown(),
        http("http_config", true),
        http_url("jira_api_url", ""),
        text("smtp_from", ""),
        text("smtp_hello", "localhost"),
        host_port_key("smtp_smarthost"),
        text("smtp_auth_username", ""),
        secret("smtp_auth_password"),
        text("smtp_auth_password_file", ""),
        secret("smtp_auth_secret"),
        text("smtp_auth_secret_file", ""),
        text("smtp_auth_identity", ""),
        flag("smtp_require_tls", true).shown(),
        own_tls("smtp_tls_config"),
        maybe_flag("smtp_force_implicit_tls"),
        secret_url_key("slack_api_url"),
        text("slack_api_url_file", ""),
        secret("slack_app_token"),
        text("slack_app_token_file", ""),
        http_url("slack_app_url", "https://slack.com/api/chat.postMessage"),
        http_url("pagerduty_url", "https://events.pagerduty.com/v2/enqueue"),
        http_url("opsgenie_api_url", "https://api.opsgenie.com/"),
        secret("opsgenie_api_key"),
        text("opsgenie_api_key_file", ""),
        http_url("wechat_api_url", "https://qyapi.weixin.qq.com/cgi-bin/"),
        secret("wechat_api_secret"),
        text("wechat_api_secret_file", ""),
        text("wechat_api_corp_id", ""),
        http_url(
            "victorops_api_url",
            "https://alert.victorops.com/integrations/generic/20131114/alert/",
        ),
        secret("victorops_api_key"),
        text("victorops_api_key_file", ""),
        http_url("telegram_api_url", "https://api.telegram.org"),
        secret("telegram_bot_token"),
        text("telegram_bot_token_file", ""),
        http_url("webex_api_url", "https://webexapis.com/v1/messages"),
        http_url("rocketchat_api_url", "https://open.rocket.chat/"),
        secret("rocketchat_token"),
        text("rocketchat_token_file", ""),
        secret("rocketchat_token_id"),
        text("rocketchat_token_id_file", ""),
        secret_url_key("mattermost_webhook_url"),
        text("mattermost_webhook_url_file", ""),
    ],
    check,
};

fn check(item: &Item<'_, '_>) {
    for [inline, file] in EXCLUSIVE {
        if !item.text(inline).is_empty() && !item.text(file).is_empty() {
            item.rule(file, format!("at most one of {inline} & {file} must be configured"));
        }
    }
    let either = |keys: [&str; 2]| keys.iter().any(|key| !item.text(key).is_empty());
    let token = either(["slack_app_token", "slack_app_token_file"]);
    let url = either(["slack_api_url", "slack_api_url_file"]);
    // Both may be configured where the URL is the application's, as it was before there were tokens.
    if token && url && item.text("slack_api_url") != item.text("slack_app_url") {
        item.rule(
            "slack_api_url",
            "at most one of slack_app_token/slack_app_token_file & slack_api_url/slack_api_url_file \
             must be configured",
        );
    }
}

/// What receivers inherit.
#[derive(Clone, Debug)]
pub(super) struct Global(Body);

impl Global {
    /// Reads the section; where it is absent or empty, `at` is its place and the defaults hold.
    pub(super) fn decode(node: Option<&Node>, at: Span, context: &Context<'_>) -> Self {
        let empty = Node::null(at);
        let body = node.and_then(|node| Body::decode(&GLOBAL, node, context.mistakes));
        let body = body.or_else(|| Body::decode(&GLOBAL, &empty, context.mistakes));
        Self(body.expect("nothing is an empty section"))
    }

    pub(super) fn set_directory(&mut self, dir: &Path) {
        self.0.set_directory(dir);
    }

    pub(super) fn write(&self, fields: &mut Fields) {
        self.0.write(fields);
    }

    pub(super) fn resolve_timeout(&self) -> Duration {
        self.0.duration("resolve_timeout")
    }

    /// The client of receivers without one of their own.
    pub(super) fn http(&self) -> ClientConfig {
        self.0.http("http_config").cloned().unwrap_or_default()
    }

    /// Whether a key says something.
    pub(super) fn has(&self, key: &str) -> bool {
        self.0.has(key)
    }

    /// A text, a secret or a URL; empty where there is none.
    pub(super) fn text(&self, key: &str) -> &str {
        self.0.text(key)
    }

    /// A secret or a URL that must not show; nothing where there is none.
    pub(super) fn secret(&self, key: &str) -> Option<Secret> {
        Some(self.0.text(key)).filter(|text| !text.is_empty()).map(Secret::new)
    }
}
