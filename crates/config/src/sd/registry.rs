//! Discovery in registries: of services, of containers, of configuration management.

use crate::go_url;
use crate::schema::{
    Item, Schema, client, duration, flag, map, number, path, schemas, secret, text, text_list,
};

pub(super) static CONSUL: Schema = Schema {
    owner: "consul.SDConfig",
    fields: &[
        text("server", "localhost:8500"),
        text("path_prefix", ""),
        secret("token"),
        text("datacenter", ""),
        text("namespace", ""),
        text("partition", ""),
        text("tag_separator", ","),
        text("scheme", "http"),
        text("username", ""),
        secret("password"),
        flag("allow_stale", true).shown(),
        duration("refresh_interval", 30),
        text_list("services"),
        text_list("tags"),
        map("node_meta"),
        text("filter", ""),
        text("health_filter", ""),
        client(),
    ],
    check: consul,
};

fn consul(item: &Item<'_, '_>) {
    let server = !item.text("server").trim().is_empty();
    item.demand(server, "server", "consul SD configuration requires a server address");
    let login = !item.text("username").is_empty() || !item.text("password").is_empty();
    item.demand(
        !(login && item.has("basic_auth")),
        "basic_auth",
        "at most one of consul SD configuration username and password and basic auth can be \
         configured",
    );
    let other = item.has("authorization") || item.has("oauth2");
    item.demand(
        item.text("token").is_empty() || !other,
        "token",
        "at most one of consul SD token, authorization, or oauth2 can be configured",
    );
}

pub(super) static DNS: Schema = Schema {
    owner: "dns.SDConfig",
    fields: &[
        text_list("names").shown(),
        duration("refresh_interval", 30),
        text("type", "SRV").shown(),
        number("port", 0).shown(),
    ],
    check: |item| {
        let message = "DNS-SD config must contain at least one SRV record name";
        item.demand(!item.texts("names").is_empty(), "names", message);
        match &*item.text("type").to_ascii_uppercase() {
            "SRV" => {}
            "A" | "AAAA" | "MX" | "NS" => item.demand(
                item.number("port") != 0,
                "port",
                "a port is required in DNS-SD configs for all record types except SRV",
            ),
            _ => {
                let message = format!("invalid DNS-SD records type {}", item.text("type"));
                item.rule("type", message);
            }
        }
    },
};

static MOBY_FILTER: Schema =
    Schema::free("moby.Filter", &[text("name", "").shown(), text_list("values").shown()]);

pub(super) static DOCKER: Schema = Schema {
    owner: "moby.DockerSDConfig",
    fields: &[
        client(),
        text("host", "").shown(),
        number("port", 80).shown(),
        schemas("filters", &MOBY_FILTER).shown(),
        text("host_networking_host", "localhost").shown(),
        duration("refresh_interval", 60).shown(),
        flag("match_first_network", true).shown(),
    ],
    check: check_host,
};

pub(super) static DOCKERSWARM: Schema = Schema {
    owner: "moby.DockerSwarmSDConfig",
    fields: &[
        client(),
        text("host", "").shown(),
        text("role", "").shown(),
        number("port", 80).shown(),
        schemas("filters", &MOBY_FILTER).shown(),
        duration("refresh_interval", 60).shown(),
    ],
    check: |item| {
        check_host(item);
        match item.text("role") {
            "services" | "nodes" | "tasks" => {}
            "" => item.rule("role", "role missing (one of: tasks, services, nodes)"),
            role => {
                let message = format!("invalid role {role}, expected tasks, services, or nodes");
                item.rule("role", message);
            }
        }
    },
};

fn check_host(item: &Item<'_, '_>) {
    let host = item.text("host");
    item.demand(!host.is_empty(), "host", "host missing");
    if let Err(error) = go_url::parse(host) {
        item.rule("host", error.to_string());
    }
}

pub(super) static EUREKA: Schema = Schema {
    owner: "eureka.SDConfig",
    fields: &[text("server", ""), client(), duration("refresh_interval", 30)],
    check: |item| match (item.text("server"), go_url::parse(item.text("server"))) {
        ("", _) => item.rule("server", "eureka_sd: empty or null eureka server"),
        (_, Err(error)) => item.rule("server", error.to_string()),
        (_, Ok(url)) => {
            let complete = !url.scheme.is_empty() && !url.host.is_empty();
            item.demand(complete, "server", "eureka_sd: invalid eureka server URL");
        }
    },
};

pub(super) static HTTP: Schema = Schema {
    owner: "http.SDConfig",
    fields: &[client(), duration("refresh_interval", 60), text("url", "").shown()],
    check: check_web_url,
};

/// Notes a field `url` that is no address on the web.
fn check_web_url(item: &Item<'_, '_>) {
    match (item.text("url"), go_url::parse(item.text("url"))) {
        ("", _) => item.rule("url", "URL is missing"),
        (_, Err(error)) => item.rule("url", error.to_string()),
        (_, Ok(url)) if !["http", "https"].contains(&url.scheme) => {
            item.rule("url", "URL scheme must be 'http' or 'https'");
        }
        (_, Ok(url)) => item.demand(!url.host.is_empty(), "url", "host is missing in URL"),
    }
}

pub(super) static KUMA: Schema = Schema {
    owner: "xds.SDConfig",
    fields: &[
        client(),
        duration("refresh_interval", 15),
        duration("fetch_timeout", 2 * 60),
        text("server", ""),
        text("client_id", ""),
    ],
    check: |item| match (item.text("server"), go_url::parse(item.text("server"))) {
        ("", _) => item.rule("server", "kuma SD server must not be empty: "),
        (_, Err(error)) => item.rule("server", error.to_string()),
        (server, Ok(url)) => item.demand(
            !url.scheme.is_empty() && !url.host.is_empty(),
            "server",
            format!("kuma SD server must not be empty and have a scheme: {server}"),
        ),
    },
};

pub(super) static MARATHON: Schema = Schema {
    owner: "marathon.SDConfig",
    fields: &[
        text_list("servers"),
        duration("refresh_interval", 30),
        secret("auth_token"),
        path("auth_token_file"),
        client(),
    ],
    check: marathon,
};

fn marathon(item: &Item<'_, '_>) {
    let message = "marathon_sd: must contain at least one Marathon server";
    item.demand(!item.texts("servers").is_empty(), "servers", message);
    let (token, file) = (!item.text("auth_token").is_empty(), item.has("auth_token_file"));
    if token && file {
        let message = "marathon_sd: at most one of auth_token & auth_token_file must be configured";
        item.rule("auth_token_file", message);
    }
    if !token && !file {
        return;
    }
    if item.has("basic_auth") {
        item.rule(
            "basic_auth",
            "marathon_sd: at most one of basic_auth, auth_token & auth_token_file must be \
             configured",
        );
    } else if item.has("bearer_token") || item.has("bearer_token_file") {
        let key = if item.has("bearer_token") { "bearer_token" } else { "bearer_token_file" };
        item.rule(
            key,
            "marathon_sd: at most one of bearer_token, bearer_token_file, auth_token & \
             auth_token_file must be configured",
        );
    } else if item.has("authorization") {
        item.rule(
            "authorization",
            "marathon_sd: at most one of auth_token, auth_token_file & authorization must be \
             configured",
        );
    }
}

pub(super) static NERVE: Schema = Schema {
    owner: "zookeeper.NerveSDConfig",
    fields: &[text_list("servers").shown(), text_list("paths").shown(), duration("timeout", 10)],
    check: |item| zookeeper(item, "nerve"),
};

pub(super) static SERVERSET: Schema = Schema {
    owner: "zookeeper.ServersetSDConfig",
    fields: &[text_list("servers").shown(), text_list("paths").shown(), duration("timeout", 10)],
    check: |item| zookeeper(item, "serverset"),
};

fn zookeeper(item: &Item<'_, '_>, name: &str) {
    let message = format!("{name} SD config must contain at least one Zookeeper server");
    item.demand(!item.texts("servers").is_empty(), "servers", message);
    let message = format!("{name} SD config must contain at least one path");
    item.demand(!item.texts("paths").is_empty(), "paths", message);
    for path in item.texts("paths").iter().filter(|path| !path.starts_with('/')) {
        item.rule("paths", format!("{name} SD config paths must begin with '/': {path}"));
    }
}

pub(super) static NOMAD: Schema = Schema {
    owner: "nomad.SDConfig",
    fields: &[
        flag("allow_stale", true).shown(),
        client(),
        text("namespace", "default").shown(),
        duration("refresh_interval", 60).shown(),
        text("region", "global").shown(),
        text("server", "http://localhost:4646").shown(),
        text("tag_separator", ","),
    ],
    check: |item| {
        let server = !item.text("server").trim().is_empty();
        item.demand(server, "server", "nomad SD configuration requires a server address");
    },
};

pub(super) static PUPPETDB: Schema = Schema {
    owner: "puppetdb.SDConfig",
    fields: &[
        client(),
        duration("refresh_interval", 60),
        text("url", "").shown(),
        text("query", "").shown(),
        flag("include_parameters", false).shown(),
        number("port", 80).shown(),
    ],
    check: |item| {
        check_web_url(item);
        item.demand(!item.text("query").is_empty(), "query", "query missing");
    },
};

pub(super) static UYUNI: Schema = Schema {
    owner: "uyuni.SDConfig",
    fields: &[
        text("server", "").shown(),
        text("username", "").shown(),
        secret("password").shown(),
        client(),
        text("entitlement", "monitoring_entitled"),
        text("separator", ","),
        duration("refresh_interval", 60),
    ],
    check: |item| {
        let server = item.text("server");
        item.demand(!server.is_empty(), "server", "Uyuni SD configuration requires server host");
        if let Err(error) = go_url::parse(server) {
            item.rule("server", format!("Uyuni Server URL is not valid: {error}"));
        }
        for key in ["username", "password"] {
            let message = format!("Uyuni SD configuration requires a {key}");
            item.demand(!item.text(key).is_empty(), key, message);
        }
    },
};
