//! Receivers that write into chats.

use super::{demand_text, exclusive, one_of};
use crate::schema::{
    Item, Schema, flag, http, http_url, maybe_flag, number, schema, schemas, secret,
    secret_url_key, text,
};

const WEBHOOK_URL: [&str; 2] = ["webhook_url", "webhook_url_file"];

fn check_webhook_url(item: &Item<'_, '_>) {
    one_of(item, WEBHOOK_URL);
    exclusive(item, &[WEBHOOK_URL]);
}

pub(super) static DISCORD: Schema = Schema {
    owner: "discord.plain",
    fields: &[
        flag("send_resolved", true),
        http("http_config", false),
        secret_url_key("webhook_url"),
        text("webhook_url_file", ""),
        text("content", ""),
        text("title", ""),
        text("message", ""),
        text("username", ""),
        text("avatar_url", ""),
    ],
    check: check_webhook_url,
};

pub(super) static MSTEAMS: Schema = Schema {
    owner: "msteams.plain",
    fields: &[
        flag("send_resolved", true),
        http("http_config", false),
        secret_url_key("webhook_url"),
        text("webhook_url_file", ""),
        text("title", ""),
        text("summary", ""),
        text("text", ""),
    ],
    check: check_webhook_url,
};

pub(super) static MSTEAMS_V2: Schema = Schema {
    owner: "msteamsv2.plain",
    fields: &[
        flag("send_resolved", true),
        http("http_config", false),
        secret_url_key("webhook_url"),
        text("webhook_url_file", ""),
        text("title", ""),
        text("text", ""),
    ],
    check: check_webhook_url,
};

pub(super) static TELEGRAM: Schema = Schema {
    owner: "telegram.plain",
    fields: &[
        flag("send_resolved", true),
        http("http_config", false),
        http_url("api_url", ""),
        secret("bot_token"),
        text("bot_token_file", ""),
        number("chat_id", 0),
        text("chat_id_file", ""),
        number("message_thread_id", 0),
        text("message", ""),
        flag("disable_notifications", false),
        text("parse_mode", "HTML"),
    ],
    check: check_telegram,
};

fn check_telegram(item: &Item<'_, '_>) {
    exclusive(item, &[["bot_token", "bot_token_file"]]);
    let (inline, file) = (item.number("chat_id") != 0, !item.text("chat_id_file").is_empty());
    item.demand(inline || file, "", "missing chat_id or chat_id_file on telegram_config");
    item.demand(
        !(inline && file),
        "chat_id_file",
        "at most one of chat_id & chat_id_file must be configured",
    );
    item.demand(
        matches!(item.text("parse_mode"), "" | "Markdown" | "MarkdownV2" | "HTML"),
        "parse_mode",
        "unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty string",
    );
}

pub(super) static WEBEX: Schema = Schema {
    owner: "config.plain",
    fields: &[
        flag("send_resolved", true),
        http("http_config", false),
        http_url("api_url", ""),
        text("message", ""),
        text("room_id", ""),
    ],
    check: check_webex,
};

fn check_webex(item: &Item<'_, '_>) {
    demand_text(item, "room_id", "missing room_id on webex_config");
    let authorized = item.http("http_config").is_some_and(|http| http.authorization.is_some());
    item.demand(authorized, "http_config", "missing webex_configs.http_config.authorization");
}

pub(super) static WECHAT: Schema = Schema {
    owner: "config.plain",
    fields: &[
        flag("send_resolved", false),
        http("http_config", false),
        secret("api_secret"),
        text("api_secret_file", ""),
        text("corp_id", ""),
        text("message", ""),
        http_url("api_url", ""),
        text("to_user", ""),
        text("to_party", ""),
        text("to_tag", ""),
        text("agent_id", ""),
        text("message_type", ""),
    ],
    check: check_wechat,
};

fn check_wechat(item: &Item<'_, '_>) {
    let message_type = item.text("message_type");
    item.demand(
        matches!(message_type, "" | "text" | "markdown"),
        "message_type",
        format!(
            "weChat message type {message_type:?} does not match valid options ^(text|markdown)$"
        ),
    );
    exclusive(item, &[["api_secret", "api_secret_file"]]);
}

/// Upstream's structs of fields and actions name no keys, so that its reader takes the names in lower case.
static ROCKETCHAT_FIELD: Schema = Schema::free(
    "config.RocketchatAttachmentField",
    &[maybe_flag("short"), text("title", ""), text("value", "")],
);

static ROCKETCHAT_ACTION: Schema = Schema::free(
    "config.RocketchatAttachmentAction",
    &[
        text("type", ""),
        text("text", ""),
        text("url", ""),
        text("imageurl", ""),
        flag("iswebview", false),
        text("webviewheightratio", ""),
        text("msg", ""),
        flag("msginchatwindow", false),
        text("msgprocessingtype", ""),
    ],
);

pub(super) static ROCKETCHAT: Schema = Schema {
    owner: "config.plain",
    fields: &[
        flag("send_resolved", false),
        http("http_config", false),
        http_url("api_url", ""),
        secret("token_id"),
        text("token_id_file", ""),
        secret("token"),
        text("token_file", ""),
        text("channel", ""),
        text("color", ""),
        text("title", ""),
        text("title_link", ""),
        text("text", ""),
        schemas("fields", &ROCKETCHAT_FIELD),
        flag("short_fields", false),
        text("emoji", ""),
        text("icon_url", ""),
        text("image_url", ""),
        text("thumb_url", ""),
        flag("link_names", false),
        schemas("actions", &ROCKETCHAT_ACTION),
    ],
    check: |item| exclusive(item, &[["token", "token_file"], ["token_id", "token_id_file"]]),
};

static MATTERMOST_FIELD: Schema = Schema {
    owner: "mattermost.plain",
    fields: &[text("title", ""), text("value", ""), maybe_flag("short")],
    check: |item| {
        demand_text(item, "title", "missing title in Mattermost field configuration");
        demand_text(item, "value", "missing value in Mattermost field configuration");
    },
};

static MATTERMOST_ATTACHMENT: Schema = Schema::free(
    "mattermost.MattermostAttachment",
    &[
        text("fallback", ""),
        text("color", ""),
        text("pretext", ""),
        text("text", ""),
        text("author_name", ""),
        text("author_link", ""),
        text("author_icon", ""),
        text("title", ""),
        text("title_link", ""),
        schemas("fields", &MATTERMOST_FIELD),
        text("thumb_url", ""),
        text("footer", ""),
        text("footer_icon", ""),
        text("image_url", ""),
    ],
);

static MATTERMOST_PROPS: Schema = Schema::free("mattermost.MattermostProps", &[text("card", "")]);

static MATTERMOST_PRIORITY: Schema = Schema::free(
    "mattermost.MattermostPriority",
    &[text("priority", ""), flag("requested_ack", false), flag("persistent_notifications", false)],
);

pub(super) static MATTERMOST: Schema = Schema {
    owner: "mattermost.plain",
    fields: &[
        flag("send_resolved", true),
        http("http_config", false),
        secret_url_key("webhook_url"),
        text("webhook_url_file", ""),
        text("channel", ""),
        text("username", ""),
        text("text", ""),
        text("fallback", ""),
        text("color", ""),
        text("pretext", ""),
        text("author_name", ""),
        text("author_link", ""),
        text("author_icon", ""),
        text("title", ""),
        text("title_link", ""),
        schemas("fields", &MATTERMOST_FIELD),
        text("thumb_url", ""),
        text("footer", ""),
        text("footer_icon", ""),
        text("image_url", ""),
        text("icon_url", ""),
        text("icon_emoji", ""),
        schemas("attachments", &MATTERMOST_ATTACHMENT),
        text("type", ""),
        schema("props", &MATTERMOST_PROPS),
        schema("priority", &MATTERMOST_PRIORITY),
    ],
    check: |item| exclusive(item, &[WEBHOOK_URL]),
};
