//! Discovery in large clouds, and in private ones of `OpenStack` and Triton.

use crate::schema::{
    Item, Schema, client, duration, flag, number, path, secret, text, text_list, tls,
};

const AZURE_METHODS: [&str; 4] = ["OAuth", "ManagedIdentity", "SDK", "WorkloadIdentity"];

pub(super) static AZURE: Schema = Schema {
    owner: "azure.SDConfig",
    fields: &[
        text("environment", "AzurePublicCloud"),
        number("port", 80).shown(),
        text("subscription_id", "").shown(),
        text("tenant_id", ""),
        text("client_id", ""),
        secret("client_secret"),
        duration("refresh_interval", 5 * 60),
        text("authentication_method", "OAuth"),
        text("resource_group", ""),
        client(),
    ],
    check: azure,
};

fn azure(item: &Item<'_, '_>) {
    let method = item.text("authentication_method");
    let mut required = vec!["subscription_id"];
    if method == "OAuth" {
        required.extend(["tenant_id", "client_id", "client_secret"]);
    }
    for key in required {
        let given = !item.text(key).is_empty();
        item.demand(given, key, format!("azure SD configuration requires a {key}"));
    }
    let [oauth, managed, sdk, workload] = AZURE_METHODS;
    item.demand(
        AZURE_METHODS.contains(&method),
        "authentication_method",
        format!(
            "unknown authentication_type {method:?}. Supported types are {oauth:?}, {managed:?}, \
             {sdk:?} or {workload:?}"
        ),
    );
}

pub(super) static GCE: Schema = Schema {
    owner: "gce.SDConfig",
    fields: &[
        text("project", "").shown(),
        text("zone", "").shown(),
        text("filter", ""),
        duration("refresh_interval", 60),
        number("port", 80).shown(),
        text("tag_separator", ","),
    ],
    check: |item| {
        for key in ["project", "zone"] {
            let given = !item.text(key).is_empty();
            item.demand(given, key, format!("GCE SD configuration requires a {key}"));
        }
    },
};

const OCI_KEY: [&str; 6] =
    ["tenancy", "user", "fingerprint", "key_file", "key_passphrase", "key_passphrase_file"];

pub(super) static OCI: Schema = Schema {
    owner: "oci.SDConfig",
    fields: &[
        text("auth", "api_key"),
        text("tenancy", ""),
        text("user", ""),
        text("fingerprint", ""),
        path("key_file"),
        secret("key_passphrase"),
        path("key_passphrase_file"),
        text("region", "").shown(),
        text_list("compartments"),
        client(),
        number("port", 80).shown(),
        duration("refresh_interval", 60).shown(),
    ],
    check: oci,
};

fn oci(item: &Item<'_, '_>) {
    let given = |key: &str| !item.text(key).is_empty();
    item.demand(given("region"), "region", "oci_sd: region is required");
    match item.text("auth") {
        "api_key" => {
            for key in OCI_KEY.into_iter().take(4) {
                item.demand(given(key), key, format!("oci_sd: api_key auth requires {key}"));
            }
            item.demand(
                !(given("key_passphrase") && given("key_passphrase_file")),
                "key_passphrase_file",
                "oci_sd: at most one of key_passphrase and key_passphrase_file must be configured",
            );
        }
        "instance_principal" => item.demand(
            !OCI_KEY.into_iter().any(given),
            "auth",
            "oci_sd: instance_principal auth must not have tenancy, user, fingerprint, key_file, \
             key_passphrase, or key_passphrase_file set",
        ),
        auth => item.rule(
            "auth",
            format!(
                "oci_sd: unknown auth method {auth:?}, expected \"api_key\" or \
                 \"instance_principal\""
            ),
        ),
    }
    for (index, compartment) in item.texts("compartments").iter().enumerate() {
        let message = format!("oci_sd: compartments[{index}] must not be empty");
        item.demand(!compartment.is_empty(), "compartments", message);
    }
    let positive = !item.duration("refresh_interval").is_zero();
    let message = "oci_sd: refresh_interval must be positive, got 0s";
    item.demand(positive, "refresh_interval", message);
}

pub(super) static OPENSTACK: Schema = Schema {
    owner: "openstack.SDConfig",
    fields: &[
        text("identity_endpoint", "").shown(),
        text("username", "").shown(),
        text("userid", "").shown(),
        secret("password").shown(),
        text("project_name", "").shown(),
        text("project_id", "").shown(),
        text("domain_name", "").shown(),
        text("domain_id", "").shown(),
        text("application_credential_name", "").shown(),
        text("application_credential_id", "").shown(),
        secret("application_credential_secret").shown(),
        text("role", "").shown(),
        text("region", "").shown(),
        duration("refresh_interval", 60).shown(),
        number("port", 80).shown(),
        flag("all_tenants", false),
        tls("tls_config"),
        text("availability", "public"),
    ],
    check: openstack,
};

fn openstack(item: &Item<'_, '_>) {
    let availability = item.text("availability");
    item.demand(
        ["public", "internal", "admin"].contains(&availability),
        "availability",
        format!("unknown availability {availability}, must be one of admin, internal or public"),
    );
    match item.text("role") {
        "instance" | "hypervisor" | "loadbalancer" => {}
        "" => item.rule("role", "role missing (one of: instance, hypervisor, loadbalancer)"),
        role => item.rule("role", format!("unknown OpenStack SD role {role:?}")),
    }
    let region = !item.text("region").is_empty();
    item.demand(region, "region", "openstack SD configuration requires a region");
}

pub(super) static TRITON: Schema = Schema {
    owner: "triton.SDConfig",
    fields: &[
        text("account", "").shown(),
        text("role", "container").shown(),
        text("dns_suffix", "").shown(),
        text("endpoint", "").shown(),
        text_list("groups"),
        number("port", 9163).shown(),
        duration("refresh_interval", 60),
        tls("tls_config"),
        number("version", 1).shown(),
    ],
    check: |item| {
        item.demand(
            ["container", "cn"].contains(&item.text("role")),
            "role",
            "triton SD configuration requires role to be 'container' or 'cn'",
        );
        for (key, what) in
            [("account", "an account"), ("dns_suffix", "a dns_suffix"), ("endpoint", "an endpoint")]
        {
            let given = !item.text(key).is_empty();
            item.demand(given, key, format!("triton SD configuration requires {what}"));
        }
        item.demand(
            !item.duration("refresh_interval").is_zero(),
            "refresh_interval",
            "triton SD configuration requires RefreshInterval to be a positive integer",
        );
    },
};
