//! Receivers that this version does not have.
//!
//! They are read so that misspelt keys and broken rules are told as upstream tells them, and listed as
//! unbuilt.

mod chat;
mod mail;
mod paging;

use regain_yaml::{Node, Section};

use super::global::Global;
use crate::schema::{Body, Item, Schema};

/// A kind of receivers.
struct Kind {
    /// The key of the list.
    key: &'static str,
    /// What an item is called in messages.
    name: &'static str,
    schema: &'static Schema,
    needs: &'static [Need],
}

/// Something that an item has itself or inherits.
struct Need {
    own: &'static [&'static str],
    inherited: &'static [&'static str],
    /// What to say where neither is there.
    missing: &'static str,
}

const fn need(
    own: &'static [&'static str],
    inherited: &'static [&'static str],
    missing: &'static str,
) -> Need {
    Need { own, inherited, missing }
}

const fn kind(
    key: &'static str,
    name: &'static str,
    schema: &'static Schema,
    needs: &'static [Need],
) -> Kind {
    Kind { key, name, schema, needs }
}

static KINDS: [Kind; 16] = [
    kind("discord_configs", "discord", &chat::DISCORD, &[]),
    kind(
        "email_configs",
        "email",
        &mail::EMAIL,
        &[
            need(&["smarthost"], &["smtp_smarthost"], "no global SMTP smarthost set"),
            need(&["from"], &["smtp_from"], "no global SMTP from set"),
        ],
    ),
    kind("incidentio_configs", "incidentio", &paging::INCIDENTIO, &[]),
    kind(
        "pagerduty_configs",
        "pagerduty",
        &paging::PAGERDUTY,
        &[need(&["url"], &["pagerduty_url"], "no global PagerDuty URL set")],
    ),
    kind(
        "opsgenie_configs",
        "opsgenie",
        &paging::OPSGENIE,
        &[
            need(&["api_url"], &["opsgenie_api_url"], "no global OpsGenie URL set"),
            need(
                &["api_key", "api_key_file"],
                &["opsgenie_api_key", "opsgenie_api_key_file"],
                "no global OpsGenie API Key set either inline or in a file",
            ),
        ],
    ),
    kind(
        "wechat_configs",
        "wechat",
        &chat::WECHAT,
        &[
            need(&["api_url"], &["wechat_api_url"], "no global Wechat URL set"),
            need(
                &["api_secret", "api_secret_file"],
                &["wechat_api_secret", "wechat_api_secret_file"],
                "no global Wechat Api Secret set either inline or in a file",
            ),
            need(&["corp_id"], &["wechat_api_corp_id"], "no global Wechat CorpID set"),
        ],
    ),
    kind("pushover_configs", "pushover", &paging::PUSHOVER, &[]),
    kind(
        "victorops_configs",
        "victorops",
        &paging::VICTOROPS,
        &[
            need(&["api_url"], &["victorops_api_url"], "no global VictorOps URL set"),
            need(
                &["api_key", "api_key_file"],
                &["victorops_api_key", "victorops_api_key_file"],
                "no global VictorOps API Key set",
            ),
        ],
    ),
    kind("sns_configs", "sns", &mail::SNS, &[]),
    kind(
        "telegram_configs",
        "telegram",
        &chat::TELEGRAM,
        &[need(
            &["bot_token", "bot_token_file"],
            &["telegram_bot_token", "telegram_bot_token_file"],
            "missing bot_token or bot_token_file on telegram_config",
        )],
    ),
    kind(
        "webex_configs",
        "webex",
        &chat::WEBEX,
        &[need(&["api_url"], &["webex_api_url"], "no global Webex URL set")],
    ),
    kind("msteams_configs", "msteams", &chat::MSTEAMS, &[]),
    kind("msteamsv2_configs", "msteamsv2", &chat::MSTEAMS_V2, &[]),
    kind(
        "jira_configs",
        "jira",
        &paging::JIRA,
        &[need(&["api_url"], &["jira_api_url"], "no global Jira Cloud URL set")],
    ),
    kind(
        "rocketchat_configs",
        "rocketchat",
        &chat::ROCKETCHAT,
        &[
            need(
                &["token_id", "token_id_file"],
                &["rocketchat_token_id", "rocketchat_token_id_file"],
                "no global Rocketchat TokenID set either inline or in a file",
            ),
            need(
                &["token", "token_file"],
                &["rocketchat_token", "rocketchat_token_file"],
                "no global Rocketchat Token set either inline or in a file",
            ),
        ],
    ),
    kind(
        "mattermost_configs",
        "mattermost",
        &chat::MATTERMOST,
        &[need(
            &["webhook_url", "webhook_url_file"],
            &["mattermost_webhook_url", "mattermost_webhook_url_file"],
            "missing webhook_url or webhook_url_file on mattermost_config",
        )],
    ),
];

/// Reads the lists of all these kinds in a receiver and lists those with items as unbuilt.
pub(super) fn decode(section: &mut Section<'_>, global: &Global) {
    for kind in &KINDS {
        let items = section.list(kind.key, |node, _| Some(node));
        if !items.is_empty() {
            section.remark(kind.key, kind.key);
        }
        for node in items {
            decode_item(kind, node, section, global);
        }
    }
}

fn decode_item(kind: &Kind, node: &Node, section: &Section<'_>, global: &Global) {
    let mistakes = section.mistakes();
    if node.is_null() {
        mistakes.rule(node.span, format!("missing {} config", kind.name));
        return;
    }
    let Some(body) = Body::decode(kind.schema, node, mistakes) else { return };
    for need in kind.needs {
        let own = need.own.iter().any(|key| body.has(key));
        if !own && !need.inherited.iter().any(|key| global.has(key)) {
            mistakes.rule(node.span, need.missing);
        }
    }
}

/// Notes that both of two keys are configured.
fn exclusive(item: &Item<'_, '_>, pairs: &[[&str; 2]]) {
    for [inline, file] in pairs {
        let both = !item.text(inline).is_empty() && !item.text(file).is_empty();
        item.demand(!both, file, format!("at most one of {inline} & {file} must be configured"));
    }
}

/// Notes that none of two keys is configured.
fn one_of(item: &Item<'_, '_>, [inline, file]: [&str; 2]) {
    let any = !item.text(inline).is_empty() || !item.text(file).is_empty();
    item.demand(any, "", format!("one of {inline} or {file} must be configured"));
}

/// Notes that a text is absent.
fn demand_text(item: &Item<'_, '_>, key: &str, message: &str) {
    item.demand(!item.text(key).is_empty(), key, message);
}
