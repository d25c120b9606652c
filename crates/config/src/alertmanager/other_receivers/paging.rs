//! Receivers that page somebody or open a ticket.

use super::{demand_text, exclusive, one_of};
use crate::schema::{
    Item, Schema, any, duration, flag, go_duration, http, http_url, map, number, schemas, secret,
    text, text_list,
};

pub(super) static INCIDENTIO: Schema = Schema {
    owner: "incidentio.plain",
    fields: &[
        flag("send_resolved", true),
        http("http_config", false),
        http_url("url", ""),
        text("url_file", ""),
        secret("alert_source_token"),
        text("alert_source_token_file", ""),
        number("max_alerts", 0),
        go_duration("timeout"),
    ],
    check: check_incidentio,
};

fn check_incidentio(item: &Item<'_, '_>) {
    const TOKEN: [&str; 2] = ["alert_source_token", "alert_source_token_file"];
    one_of(item, ["url", "url_file"]);
    exclusive(item, &[["url", "url_file"], TOKEN]);
    let Some(http) = item.http("http_config") else { return };
    let token = TOKEN.iter().any(|key| !item.text(key).is_empty());
    if http.authorization.is_some() == token {
        let message = if token {
            "cannot specify alert_source_token or alert_source_token_file when using \
             http_config.authorization"
        } else {
            "at least one of alert_source_token, alert_source_token_file or \
             http_config.authorization must be configured"
        };
        item.rule("http_config", message);
    }
}

static PAGERDUTY_IMAGE: Schema =
    Schema::free("pagerduty.PagerdutyImage", &[text("src", ""), text("alt", ""), text("href", "")]);

static PAGERDUTY_LINK: Schema =
    Schema::free("pagerduty.PagerdutyLink", &[text("href", ""), text("text", "")]);

pub(super) static PAGERDUTY: Schema = Schema {
    owner: "pagerduty.plain",
    fields: &[
        flag("send_resolved", true),
        http("http_config", false),
        secret("service_key"),
        text("service_key_file", ""),
        secret("routing_key"),
        text("routing_key_file", ""),
        http_url("url", ""),
        text("client", ""),
        text("client_url", ""),
        text("description", ""),
        any("details"),
        schemas("images", &PAGERDUTY_IMAGE),
        schemas("links", &PAGERDUTY_LINK),
        text("source", ""),
        text("severity", ""),
        text("class", ""),
        text("component", ""),
        text("group", ""),
        go_duration("timeout"),
    ],
    check: check_pagerduty,
};

fn check_pagerduty(item: &Item<'_, '_>) {
    const KEYS: [[&str; 2]; 2] =
        [["routing_key", "routing_key_file"], ["service_key", "service_key_file"]];
    let any = KEYS.iter().flatten().any(|key| !item.text(key).is_empty());
    item.demand(any, "", "missing service or routing key in PagerDuty config");
    exclusive(item, &KEYS);
}

static RESPONDER: Schema = Schema::free(
    "opsgenie.OpsGenieConfigResponder",
    &[text("id", ""), text("name", ""), text("username", ""), text("type", "")],
);

pub(super) static OPSGENIE: Schema = Schema {
    owner: "opsgenie.plain",
    fields: &[
        flag("send_resolved", true),
        http("http_config", false),
        secret("api_key"),
        text("api_key_file", ""),
        http_url("api_url", ""),
        text("message", ""),
        text("description", ""),
        text("source", ""),
        map("details"),
        text("entity", ""),
        schemas("responders", &RESPONDER),
        text("actions", ""),
        text("tags", ""),
        text("note", ""),
        text("priority", ""),
        flag("update_alerts", false),
    ],
    check: check_opsgenie,
};

fn check_opsgenie(item: &Item<'_, '_>) {
    const TYPES: [&str; 5] = ["team", "teams", "user", "escalation", "schedule"];
    exclusive(item, &[["api_key", "api_key_file"]]);
    for responder in item.items("responders") {
        let [id, name, username, kind] =
            ["id", "name", "username", "type"].map(|key| responder.text(key));
        let shown = format!("{{{id} {name} {username} {kind}}}");
        if id.is_empty() && name.is_empty() && username.is_empty() {
            let message = format!(
                "opsGenieConfig responder {shown} has to have at least one of id, username or name \
                 specified"
            );
            item.rule("responders", message);
        }
        if !kind.contains("{{") && !TYPES.contains(&&*kind.to_lowercase()) {
            let message = format!(
                "opsGenieConfig responder {shown} type does not match valid options \
                 ^(team|teams|user|escalation|schedule)$"
            );
            item.rule("responders", message);
        }
    }
}

pub(super) static PUSHOVER: Schema = Schema {
    owner: "config.plain",
    fields: &[
        flag("send_resolved", true),
        http("http_config", false),
        secret("user_key"),
        text("user_key_file", ""),
        secret("token"),
        text("token_file", ""),
        text("title", ""),
        text("message", ""),
        text("url", ""),
        text("url_title", ""),
        text("device", ""),
        text("sound", ""),
        text("priority", ""),
        go_duration("retry"),
        go_duration("expire"),
        go_duration("ttl"),
        flag("html", false),
        flag("monospace", false),
    ],
    check: check_pushover,
};

fn check_pushover(item: &Item<'_, '_>) {
    for pair in [["user_key", "user_key_file"], ["token", "token_file"]] {
        one_of(item, pair);
        exclusive(item, &[pair]);
    }
    item.demand(
        !(item.flag("html") && item.flag("monospace")),
        "monospace",
        "at most one of monospace & html must be configured",
    );
}

pub(super) static VICTOROPS: Schema = Schema {
    owner: "config.plain",
    fields: &[
        flag("send_resolved", true),
        http("http_config", false),
        secret("api_key"),
        text("api_key_file", ""),
        http_url("api_url", ""),
        text("routing_key", ""),
        text("message_type", ""),
        text("state_message", ""),
        text("entity_display_name", ""),
        text("monitoring_tool", ""),
        map("custom_fields"),
    ],
    check: check_victorops,
};

fn check_victorops(item: &Item<'_, '_>) {
    const RESERVED: [&str; 7] = [
        "routing_key",
        "message_type",
        "state_message",
        "entity_display_name",
        "monitoring_tool",
        "entity_id",
        "entity_state",
    ];
    demand_text(item, "routing_key", "missing Routing key in VictorOps config");
    exclusive(item, &[["api_key", "api_key_file"]]);
    for key in item.keys("custom_fields").filter(|key| RESERVED.contains(key)) {
        let message = format!(
            "victorOps config contains custom field {key} which cannot be used as it conflicts with \
             the fixed/static fields"
        );
        item.rule("custom_fields", message);
    }
}

pub(super) static JIRA: Schema = Schema {
    owner: "jira.plain",
    fields: &[
        flag("send_resolved", true),
        http("http_config", false),
        http_url("api_url", ""),
        text("api_type", "auto"),
        text("project", ""),
        any("summary"),
        any("description"),
        text_list("labels"),
        text("priority", ""),
        text("issue_type", ""),
        text("reopen_transition", ""),
        text("resolve_transition", ""),
        text("wont_fix_resolution", ""),
        duration("reopen_duration", 0),
        any("fields"),
    ],
    check: check_jira,
};

fn check_jira(item: &Item<'_, '_>) {
    demand_text(item, "project", "missing project in jira_config");
    demand_text(item, "issue_type", "missing issue_type in jira_config");
    item.demand(
        matches!(item.text("api_type"), "auto" | "cloud" | "datacenter"),
        "api_type",
        "unknown api_type on jira_config, must be auto, cloud or datacenter",
    );
}
