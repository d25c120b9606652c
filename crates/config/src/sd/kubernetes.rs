//! Discovery in Kubernetes.

use regain_http::ClientConfig;

use crate::schema::{Item, Schema, client, flag, path, schema, schemas, text, text_list, url};

const ROLES: [&str; 6] = ["node", "pod", "service", "endpoints", "endpointslice", "ingress"];

static NAMESPACES: Schema = Schema::free(
    "kubernetes.plain",
    &[flag("own_namespace", false).shown(), text_list("names").shown()],
);

static SELECTOR: Schema = Schema::free(
    "kubernetes.SelectorConfig",
    &[text("role", ""), text("label", ""), text("field", "")],
);

static ATTACH_METADATA: Schema = Schema::free(
    "kubernetes.AttachMetadataConfig",
    &[
        flag("node", false).shown(),
        flag("namespace", false).shown(),
        flag("deployment", false).shown(),
        flag("job", false).shown(),
        flag("cronjob", false).shown(),
    ],
);

pub(super) static KUBERNETES: Schema = Schema {
    owner: "kubernetes.SDConfig",
    fields: &[
        url("api_server"),
        text("role", "").shown(),
        path("kubeconfig_file").shown(),
        client(),
        schema("namespaces", &NAMESPACES),
        schemas("selectors", &SELECTOR),
        schema("attach_metadata", &ATTACH_METADATA),
    ],
    check: |item| {
        check_role(item);
        check_server(item);
        check_selectors(item);
    },
};

fn check_role(item: &Item<'_, '_>) {
    match item.text("role") {
        "" => item.rule(
            "role",
            "role missing (one of: pod, service, endpoints, endpointslice, node, ingress)",
        ),
        role if ROLES.contains(&role) => {}
        role => item.rule("role", format!("unknown Kubernetes SD role {role:?}")),
    }
}

/// The API server is named, found in a file or found in the surroundings, and only a named one takes
/// settings of a client.
fn check_server(item: &Item<'_, '_>) {
    let (server, file) = (item.has("api_server"), !item.text("kubeconfig_file").is_empty());
    let custom = item.client().is_some_and(|client| *client != ClientConfig::default());
    let own_namespace = item.body("namespaces").is_some_and(|body| body.flag("own_namespace"));
    for (broken, key, message) in [
        (
            server && file,
            "kubeconfig_file",
            "cannot use 'kubeconfig_file' and 'api_server' simultaneously",
        ),
        (
            file && custom,
            "kubeconfig_file",
            "cannot use a custom HTTP client configuration together with 'kubeconfig_file'",
        ),
        (
            !server && !file && custom,
            "api_server",
            "to use custom HTTP client configuration please provide the 'api_server' URL explicitly",
        ),
        (
            server && own_namespace,
            "namespaces",
            "cannot use 'api_server' and 'namespaces.own_namespace' simultaneously",
        ),
        (
            file && own_namespace,
            "namespaces",
            "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously",
        ),
    ] {
        item.demand(!broken, key, message);
    }
}

fn selectable(role: &str) -> &'static [&'static str] {
    match role {
        "pod" => &["pod", "node"],
        "service" => &["service"],
        "endpointslice" => &["pod", "service", "endpointslice"],
        "endpoints" => &["pod", "service", "endpoints"],
        "node" => &["node"],
        "ingress" => &["ingress"],
        _ => &[],
    }
}

fn check_selectors(item: &Item<'_, '_>) {
    let role = item.text("role");
    let allowed = selectable(role);
    let mut seen: Vec<&str> = Vec::new();
    let selectors: Vec<_> = item.items("selectors").collect();
    for selector in &selectors {
        let selected = selector.text("role");
        if seen.contains(&selected) {
            item.rule("selectors", format!("duplicated selector role: {selected}"));
        }
        seen.push(selected);
        if !allowed.is_empty() && !allowed.contains(&selected) {
            let allowed = allowed.join(", ");
            item.rule("selectors", format!("{role} role supports only {allowed} selectors"));
        }
        for term in field_terms(selector.text("field")) {
            if !term.is_empty() && !term.contains('=') {
                let field = selector.text("field");
                let message = format!("invalid selector: '{field}'; can't understand '{term}'");
                item.rule("selectors", message);
            }
        }
    }
}

/// The terms of a field selector: `a=b,c!=d`, where a backslash takes a comma's meaning.
fn field_terms(selector: &str) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    selector.split(move |character| {
        let splits = character == ',' && !escaped;
        escaped = character == '\\' && !escaped;
        splits
    })
}
