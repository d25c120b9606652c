//! The ways to authenticate that clouds have of their own.

use regain_http::ClientConfig;
use regain_yaml::{Node, Section};

use crate::marshal::Fields;
use crate::schema::{Body, Item, Schema, flag, schema, secret, text};

/// A way to authenticate: its key and its section.
pub(crate) type Method = (&'static str, &'static Schema);

/// Signed requests to Amazon.
pub(crate) static SIGV4: Method = ("sigv4", &SIGV4_SCHEMA);
/// Tokens of Microsoft's directory.
pub(crate) static AZUREAD: Method = ("azuread", &AZUREAD_SCHEMA);
/// Tokens of Google.
pub(crate) static GOOGLE_IAM: Method = ("google_iam", &GOOGLE_IAM_SCHEMA);

/// A cloud's authentication, as a file configures it.
#[derive(Clone, Debug)]
pub(crate) struct CloudAuth {
    key: &'static str,
    body: Body,
}

impl CloudAuth {
    /// Reads the sections of `methods`. More than one way to authenticate, those of the client
    /// included, is a mistake.
    pub(crate) fn decode(
        section: &mut Section<'_>,
        methods: &[&Method],
        client: &ClientConfig,
    ) -> Option<Self> {
        let mut configured = Vec::new();
        for (key, present) in [
            ("basic_auth", client.basic_auth.is_some()),
            ("authorization", client.authorization.is_some()),
            ("oauth2", client.oauth2.is_some()),
        ] {
            configured.extend(present.then_some(key));
        }
        let mut found = None;
        for &&(key, schema) in methods {
            let Some(node) = section.field(key).filter(|node| !Node::is_null(node)) else {
                continue;
            };
            configured.push(key);
            let body = Body::decode(schema, node, section.mistakes());
            found = found.or(body.map(|body| Self { key, body }));
        }
        if let [.., key] = configured[..]
            && configured.len() > 1
            && methods.iter().any(|(method, _)| *method == key)
        {
            section.rule(key, too_many(methods, &configured));
        }
        found
    }

    pub(crate) fn write(&self, fields: &mut Fields) {
        fields.section(self.key, |fields| self.body.write(fields));
    }
}

/// Upstream's two texts for the same mistake: with one method, and with all of them.
fn too_many(methods: &[&Method], configured: &[&str]) -> String {
    if methods.len() == 1 {
        return "at most one of basic_auth, authorization, oauth2, & sigv4 must be configured"
            .to_owned();
    }
    format!(
        "at most one of basic_auth, authorization, oauth2, sigv4, azuread or google_iam must be \
         configured. Currently configured: [{}]",
        configured.join(" ")
    )
}

static SIGV4_SCHEMA: Schema = Schema {
    owner: "sigv4.SigV4Config",
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
        item.demand(
            item.text("access_key").is_empty() == item.text("secret_key").is_empty(),
            "access_key",
            "must provide a AWS SigV4 Access key and Secret Key if credentials are specified in \
             the SigV4 config",
        );
        item.demand(
            item.text("external_id").is_empty() || !item.text("role_arn").is_empty(),
            "external_id",
            "external_id can only be used with role_arn",
        );
    },
};

static GOOGLE_IAM_SCHEMA: Schema =
    Schema::free("googleiam.Config", &[text("credentials_file", "")]);

static AZUREAD_SCHEMA: Schema = Schema {
    owner: "azuread.AzureADConfig",
    fields: &[
        schema("managed_identity", &MANAGED_IDENTITY),
        schema("workload_identity", &WORKLOAD_IDENTITY),
        schema("oauth", &OAUTH),
        schema("sdk", &SDK),
        schema("certificate", &CERTIFICATE),
        text("cloud", "AzurePublic"),
        text("scope", ""),
    ],
    check: azuread,
};

static MANAGED_IDENTITY: Schema = Schema {
    owner: "azuread.ManagedIdentityConfig",
    fields: &[text("client_id", "")],
    check: |item| check_client_id(item, "Azure Managed Identity"),
};

static WORKLOAD_IDENTITY: Schema = Schema {
    owner: "azuread.WorkloadIdentityConfig",
    fields: &[
        text("client_id", ""),
        text("tenant_id", ""),
        text("token_file_path", "/var/run/secrets/azure/tokens/azure-identity-token"),
    ],
    check: |item| {
        require(item, "Azure Workload Identity", &["client_id", "tenant_id"]);
        check_client_id(item, "Azure Workload Identity");
        let tenant = item.text("tenant_id");
        item.demand(
            tenant.is_empty() || is_uuid(tenant),
            "tenant_id",
            "the provided Azure Workload Identity tenant_id is invalid",
        );
    },
};

static OAUTH: Schema = Schema {
    owner: "azuread.OAuthConfig",
    fields: &[text("client_id", ""), secret("client_secret"), text("tenant_id", "")],
    check: |item| {
        require(item, "Azure OAuth", &["client_id", "client_secret", "tenant_id"]);
        check_client_id(item, "Azure OAuth");
    },
};

static SDK: Schema = Schema::free("azuread.SDKConfig", &[text("tenant_id", "")]);

static CERTIFICATE: Schema = Schema {
    owner: "azuread.CertificateConfig",
    fields: &[
        text("client_id", ""),
        text("tenant_id", ""),
        text("certificate_path", ""),
        text("certificate_key_path", ""),
        secret("certificate_password"),
        flag("send_certificate_chain", false),
    ],
    check: |item| {
        require(item, "Azure Certificate", &["client_id", "tenant_id", "certificate_path"]);
        check_client_id(item, "Azure Certificate");
    },
};

fn azuread(item: &Item<'_, '_>) {
    let methods = ["managed_identity", "workload_identity", "oauth", "sdk", "certificate"];
    match methods.into_iter().filter(|key| item.has(key)).collect::<Vec<_>>()[..] {
        [] => item.rule(
            "cloud",
            "must provide an Azure Managed Identity, Azure Workload Identity, Azure OAuth, Azure \
             Certificate or Azure SDK in the Azure AD config",
        ),
        [_] => {}
        [.., last] => {
            let message = "cannot provide multiple authentication methods in the Azure AD config";
            item.rule(last, message);
        }
    }
    let cloud = item.text("cloud");
    item.demand(
        ["", "AzureChina", "AzureGovernment", "AzurePublic"].contains(&cloud),
        "cloud",
        "must provide a cloud in the Azure AD config",
    );
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_:/.- \t\n\u{b}\u{c}\r".contains(c);
    let scope = item.text("scope");
    let message = "the provided scope contains invalid characters";
    item.demand(scope.chars().all(allowed), "scope", message);
}

fn require(item: &Item<'_, '_>, method: &str, keys: &[&str]) {
    for key in keys {
        let message = format!("must provide an {method} {key} in the Azure AD config");
        item.demand(!item.text(key).is_empty(), key, message);
    }
}

fn check_client_id(item: &Item<'_, '_>, method: &str) {
    let id = item.text("client_id");
    let message = format!("the provided {method} client_id is invalid");
    item.demand(id.is_empty() || is_uuid(id), "client_id", message);
}

/// Whether `text` is a UUID: 32 hexadecimal digits in groups, perhaps in braces or with a prefix, or
/// without dashes.
pub(crate) fn is_uuid(text: &str) -> bool {
    let text = text.strip_prefix("urn:uuid:").unwrap_or(text);
    let text = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    (lengths == [8, 4, 4, 4, 12] || lengths == [32])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::is_uuid;

    #[test]
    fn uuids_are_known() {
        for (text, valid) in [
            ("00000000-0000-0000-0000-000000000000", true),
            ("{8feda53f-15f0-447f-badf-ebe32dad2fc0}", true),
            ("8feda53f15f0447fbadfebe32dad2fc0", true),
            ("8feda53f-15f0-447f-badf", false),
            ("8feda53f-15f0-447f-badf-ebe32dad2fcz", false),
        ] {
            assert_eq!(is_uuid(text), valid, "{text}");
        }
    }
}
