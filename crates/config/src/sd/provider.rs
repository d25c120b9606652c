//! Discovery at hosting providers.

use crate::cloud_auth::is_uuid;
use crate::go_url;
use crate::schema::{
    Item, Schema, client, duration, number, path, schema, secret, text, text_list,
};

/// Notes a role that is absent or none of `roles`.
fn check_role(item: &Item<'_, '_>, roles: [&str; 2], whose: &str) {
    let role = item.text("role");
    if role.is_empty() {
        item.rule("role", format!("role missing (one of: {})", roles.join(", ")));
    } else if !roles.contains(&role) {
        item.rule("role", format!("unknown {whose}role {role:?}"));
    }
}

/// Notes a secret key that is absent or given twice.
fn check_secret_key(item: &Item<'_, '_>) {
    let (inline, file) = (item.text("secret_key"), item.text("secret_key_file"));
    if inline.is_empty() && file.is_empty() {
        item.rule("secret_key", "one of secret_key & secret_key_file must be configured");
    }
    if !inline.is_empty() && !file.is_empty() {
        item.rule(
            "secret_key_file",
            "at most one of secret_key & secret_key_file must be configured",
        );
    }
}

static HTTP_CLIENT: Schema = Schema::free("http.Client", &[]);

pub(super) static DIGITALOCEAN: Schema = Schema {
    owner: "digitalocean.SDConfig",
    fields: &[
        client(),
        duration("refresh_interval", 60).shown(),
        number("port", 80).shown(),
        text("role", "droplets").shown(),
        // A field of upstream's struct that its reader takes for a key.
        schema("httpclient", &HTTP_CLIENT).shown(),
    ],
    check: |item| check_role(item, ["droplets", "databases"], "DigitalOcean SD "),
};

pub(super) static HETZNER: Schema = Schema {
    owner: "hetzner.SDConfig",
    fields: &[
        client(),
        duration("refresh_interval", 60).shown(),
        number("port", 80).shown(),
        text("role", "").shown(),
        text("label_selector", ""),
    ],
    check: |item| check_role(item, ["robot", "hcloud"], ""),
};

pub(super) static IONOS: Schema = Schema {
    owner: "ionos.SDConfig",
    fields: &[
        text("datacenter_id", "").shown(),
        client(),
        duration("refresh_interval", 60).shown(),
        number("port", 80).shown(),
    ],
    check: |item| {
        let given = !item.text("datacenter_id").is_empty();
        item.demand(given, "datacenter_id", "datacenter id can't be empty");
    },
};

pub(super) static LINODE: Schema = Schema::free(
    "linode.SDConfig",
    &[
        client(),
        duration("refresh_interval", 60).shown(),
        number("port", 80).shown(),
        text("tag_separator", ","),
        text("region", ""),
    ],
);

pub(super) static OUTSCALE: Schema = Schema {
    owner: "outscale.SDConfig",
    fields: &[
        text("endpoint", ""),
        text("region", "eu-west-2").shown(),
        text("access_key", "").shown(),
        secret("secret_key").shown(),
        path("secret_key_file").shown(),
        duration("refresh_interval", 60),
        number("port", 80).shown(),
        client(),
    ],
    check: |item| {
        let given = |key| !item.text(key).is_empty();
        item.demand(given("region"), "region", "outscale SD configuration requires a region");
        let message = "outscale SD configuration requires access_key";
        item.demand(given("access_key"), "access_key", message);
        check_secret_key(item);
    },
};

pub(super) static OVHCLOUD: Schema = Schema {
    owner: "ovhcloud.SDConfig",
    fields: &[
        text("endpoint", "ovh-eu").shown(),
        text("application_key", "").shown(),
        secret("application_secret").shown(),
        secret("consumer_key").shown(),
        duration("refresh_interval", 60).shown(),
        text("service", "").shown(),
    ],
    check: |item| {
        for key in ["endpoint", "application_key", "application_secret", "consumer_key"] {
            let message = format!("{} can not be empty", key.replace('_', " "));
            item.demand(!item.text(key).is_empty(), key, message);
        }
        let service = item.text("service");
        let known = ["dedicated_server", "vps"].contains(&service);
        item.demand(known, "service", format!("unknown service: {service}"));
    },
};

pub(super) static SCALEWAY: Schema = Schema {
    owner: "scaleway.SDConfig",
    fields: &[
        text("project_id", "").shown(),
        text("api_url", "https://api.scaleway.com"),
        text("zone", "fr-par-1").shown(),
        text("access_key", "").shown(),
        secret("secret_key").shown(),
        path("secret_key_file").shown(),
        text("name_filter", ""),
        text_list("tags_filter"),
        client(),
        duration("refresh_interval", 60).shown(),
        number("port", 80).shown(),
        text("role", "").shown(),
    ],
    check: scaleway,
};

fn scaleway(item: &Item<'_, '_>) {
    check_role(item, ["instance", "baremetal"], "");
    for key in ["project_id", "access_key"] {
        item.demand(!item.text(key).is_empty(), key, format!("{key} is mandatory"));
    }
    check_secret_key(item);
    for (key, name) in [("project_id", "project ID"), ("secret_key", "secret key")] {
        let valid = item.text(key).is_empty() || is_uuid(item.text(key));
        item.demand(valid, key, format!("invalid {name} format, expected a UUID"));
    }
    let key = item.text("access_key");
    let valid = key.strip_prefix("SCW").is_some_and(|rest| {
        let known = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        rest.len() == 17 && rest.bytes().all(known)
    });
    item.demand(
        key.is_empty() || valid,
        "access_key",
        "invalid access key format, expected SCW and 17 capital letters or digits",
    );
}

pub(super) static STACKIT: Schema = Schema {
    owner: "stackit.SDConfig",
    fields: &[
        client(),
        text("project", "").shown(),
        duration("refresh_interval", 60),
        number("port", 80),
        text("region", "eu01"),
        text("endpoint", ""),
        secret("service_account_key"),
        secret("private_key"),
        text("service_account_key_path", ""),
        text("private_key_path", ""),
        text("credentials_file_path", ""),
    ],
    check: |item| {
        let endpoint = item.text("endpoint");
        let somewhere = !endpoint.is_empty() || !item.text("region").is_empty();
        item.demand(somewhere, "region", "stackit_sd: endpoint and region missing");
        if let Err(error) = go_url::parse(endpoint) {
            let message = format!("stackit_sd: invalid endpoint {endpoint:?}: {error}");
            item.rule("endpoint", message);
        }
    },
};

pub(super) static VULTR: Schema = Schema::free(
    "vultr.SDConfig",
    &[client(), duration("refresh_interval", 60).shown(), number("port", 80).shown()],
);
