//! The sections `tracing` and `event_recorder`, which are read and not built.

use regain_yaml::Section;

use crate::schema::{
    Body, Item, Schema, any, duration, flag, http, number, path, schemas, secret_url_key, text,
    text_list, tls,
};

/// Reads the section under `key` and lists it as unbuilt.
pub(super) fn decode(section: &mut Section<'_>, key: &'static str, schema: &'static Schema) {
    let mistakes = section.mistakes();
    let Some(node) = section.field(key).filter(|node| !node.is_null()) else { return };
    section.remark(key, key);
    // What is not built is read for its mistakes only.
    let _body: Option<Body> = Body::decode(schema, node, mistakes);
}

pub(super) static TRACING: Schema = Schema {
    owner: "tracing.plain",
    fields: &[
        text("client_type", "grpc"),
        text("endpoint", ""),
        any("sampling_fraction"),
        flag("insecure", false),
        tls("tls_config"),
        any("headers"),
        text("compression", ""),
        duration("timeout", 0),
    ],
    check: check_tracing,
};

fn check_tracing(item: &Item<'_, '_>) {
    let client = item.text("client_type");
    if !matches!(client, "http" | "grpc") {
        let message =
            format!("expected tracing client type to be to be http or grpc, but got {client}");
        item.rule("client_type", message);
    }
    item.demand(!item.text("endpoint").is_empty(), "endpoint", "tracing endpoint must be set");
    let compression = item.text("compression");
    if !matches!(compression, "" | "gzip") {
        let message =
            format!("invalid compression type {compression} provided, valid options: gzip");
        item.rule("compression", message);
    }
}

pub(super) static RECORDER: Schema = Schema::free(
    "eventrecorder.Config",
    &[
        schemas("file_outputs", &FILE_OUTPUT),
        schemas("webhook_outputs", &WEBHOOK_OUTPUT),
        schemas("kafka_outputs", &KAFKA_OUTPUT),
        schemas("stdout_outputs", &STDOUT_OUTPUT),
    ],
);

static FILE_OUTPUT: Schema = Schema {
    owner: "eventrecorder.plain",
    fields: &[path("path")],
    check: |item| {
        let given = !item.text("path").is_empty();
        item.demand(given, "path", "event_recorder file output requires a path");
    },
};

static STDOUT_OUTPUT: Schema = Schema::free("eventrecorder.StdoutOutputConfig", &[]);

static WEBHOOK_OUTPUT: Schema = Schema {
    owner: "eventrecorder.plain",
    fields: &[
        secret_url_key("url"),
        http("http_config", false),
        duration("timeout", 10),
        number("workers", 4),
        number("max_retries", 3),
        duration("retry_backoff", 0),
        flag("batch", false),
        number("batch_max_events", 100),
        any("batch_max_bytes"),
        duration("batch_flush_interval", 0),
    ],
    check: |item| {
        let given = !item.text("url").is_empty();
        item.demand(given, "url", "event_recorder webhook output requires a url");
    },
};

static KAFKA_OUTPUT: Schema = Schema {
    owner: "eventrecorder.plain",
    fields: &[
        text_list("brokers"),
        text("topic", ""),
        text("client_id", ""),
        text("format", ""),
        text("acks", ""),
        text("compression", ""),
        number("buffer_size", 1024),
        tls("tls_config"),
    ],
    check: |item| {
        let given = !item.text("topic").is_empty();
        item.demand(given, "topic", "event_recorder kafka output requires a topic");
    },
};
