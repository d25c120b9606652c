//! Receivers that send mail, and Amazon's notification service.

use super::demand_text;
use crate::schema::{
    Item, Schema, flag, host_port_key, http, map, maybe_flag, schema, secret, text, tls,
};

static THREADING: Schema =
    Schema::free("config.ThreadingConfig", &[flag("enabled", false), text("thread_by_date", "")]);

pub(super) static EMAIL: Schema = Schema {
    owner: "config.plain",
    fields: &[
        flag("send_resolved", false),
        text("to", ""),
        text("from", ""),
        text("hello", ""),
        host_port_key("smarthost"),
        text("auth_username", ""),
        secret("auth_password"),
        text("auth_password_file", ""),
        secret("auth_secret"),
        text("auth_secret_file", ""),
        text("auth_identity", ""),
        map("headers"),
        text("html", ""),
        text("text", ""),
        maybe_flag("require_tls"),
        tls("tls_config"),
        maybe_flag("force_implicit_tls"),
        schema("threading", &THREADING),
    ],
    check: check_email,
};

fn check_email(item: &Item<'_, '_>) {
    demand_text(item, "to", "missing to address in email config");
    let headers: Vec<String> = item.keys("headers").map(canonical).collect();
    for (index, header) in headers.iter().enumerate() {
        if headers.iter().take(index).any(|earlier| earlier == header) {
            item.rule("headers", format!("duplicate header {header:?} in email config"));
        }
    }
    let Some(threading) = item.body("threading").filter(|threading| threading.flag("enabled"))
    else {
        return;
    };
    for header in ["References", "In-Reply-To"] {
        let message = format!(
            "conflicting configuration: threading.enabled conflicts with custom {header} header"
        );
        item.demand(!headers.iter().any(|own| own == header), "headers", message);
    }
    item.demand(
        matches!(threading.text("thread_by_date"), "none" | "daily"),
        "threading",
        "threading.thread_by_date must be either 'none' or 'daily'",
    );
}

/// The name of a header with capitals at the start of its words.
fn canonical(name: &str) -> String {
    let capital = |word: &str| {
        let mut word = word.to_ascii_lowercase();
        if let Some(first) = word.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        word
    };
    name.split('-').map(capital).collect::<Vec<_>>().join("-")
}

static SIGV4: Schema = Schema {
    owner: "sigv4.plain",
    fields: &[
        text("region", ""),
        text("access_key", ""),
        secret("secret_key"),
        text("profile", ""),
        text("role_arn", ""),
        text("external_id", ""),
        flag("use_fips_sts_endpoint", false),
        text("service_name", ""),
    ],
    check: |item| {
        let both = item.text("access_key").is_empty() == item.text("secret_key").is_empty();
        let message = "must provide a AWS SigV4 Access key and Secret Key if credentials are specified \
                       in the SigV4 config";
        item.demand(both, "", message);
    },
};

pub(super) static SNS: Schema = Schema {
    owner: "config.plain",
    fields: &[
        flag("send_resolved", true),
        http("http_config", false),
        text("api_url", ""),
        schema("sigv4", &SIGV4),
        text("topic_arn", ""),
        text("phone_number", ""),
        text("target_arn", ""),
        text("subject", ""),
        text("message", ""),
        map("attributes"),
        flag("use_aws_http_client", false),
    ],
    check: check_sns,
};

fn check_sns(item: &Item<'_, '_>) {
    let absent = |key: &str| item.text(key).is_empty();
    // Upstream compares from left to right, by which one of the three or all of them pass.
    let valid = (absent("target_arn") != absent("topic_arn")) == absent("phone_number");
    let message = "must provide either a Target ARN, Topic ARN, or Phone Number for SNS config";
    item.demand(valid, "", message);
}
