//! Where the targets of a job or the Alertmanagers come from.

use std::path::Path;

use regain_discovery::{FileSdConfig, StaticConfig, TargetGroup};
use regain_yaml::{Kind, Mistakes, Node, Section, Value};

use crate::marshal::{Fields, texts};
use crate::schema::{Body, Schema};

mod aws;
mod cloud;
mod kubernetes;
mod provider;
mod registry;

const STATIC: &str = "static_configs";
const FILE: &str = "file_sd_configs";

/// The mechanisms that this version has not built, in the order of their keys.
static OTHERS: [(&str, &Schema); 35] = [
    ("aws_sd_configs", &aws::AWS),
    ("azure_sd_configs", &cloud::AZURE),
    ("consul_sd_configs", &registry::CONSUL),
    ("digitalocean_sd_configs", &provider::DIGITALOCEAN),
    ("dns_sd_configs", &registry::DNS),
    ("docker_sd_configs", &registry::DOCKER),
    ("dockerswarm_sd_configs", &registry::DOCKERSWARM),
    ("ec2_sd_configs", &aws::EC2),
    ("ecs_sd_configs", &aws::ECS),
    ("elasticache_sd_configs", &aws::ELASTICACHE),
    ("eureka_sd_configs", &registry::EUREKA),
    ("gce_sd_configs", &cloud::GCE),
    ("hetzner_sd_configs", &provider::HETZNER),
    ("http_sd_configs", &registry::HTTP),
    ("ionos_sd_configs", &provider::IONOS),
    ("kubernetes_sd_configs", &kubernetes::KUBERNETES),
    ("kuma_sd_configs", &registry::KUMA),
    ("lightsail_sd_configs", &aws::LIGHTSAIL),
    ("linode_sd_configs", &provider::LINODE),
    ("marathon_sd_configs", &registry::MARATHON),
    ("msk_sd_configs", &aws::MSK),
    ("nerve_sd_configs", &registry::NERVE),
    ("nomad_sd_configs", &registry::NOMAD),
    ("oci_sd_configs", &cloud::OCI),
    ("openstack_sd_configs", &cloud::OPENSTACK),
    ("outscale_sd_configs", &provider::OUTSCALE),
    ("ovhcloud_sd_configs", &provider::OVHCLOUD),
    ("puppetdb_sd_configs", &registry::PUPPETDB),
    ("rds_sd_configs", &aws::RDS),
    ("scaleway_sd_configs", &provider::SCALEWAY),
    ("serverset_sd_configs", &registry::SERVERSET),
    ("stackit_sd_configs", &provider::STACKIT),
    ("triton_sd_configs", &cloud::TRITON),
    ("uyuni_sd_configs", &registry::UYUNI),
    ("vultr_sd_configs", &provider::VULTR),
];

/// The discovery of one job or Alertmanager.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// The groups of `static_configs`.
    pub static_config: StaticConfig,
    /// The items of `file_sd_configs`.
    pub files: Vec<FileSdConfig>,
    /// The items of mechanisms that this version has not built, by the key of the mechanism.
    others: Vec<(&'static str, Vec<Body>)>,
}

impl Discovery {
    /// Reads the keys of all mechanisms. A static target must be an address rather than a URL where
    /// no relabelling rule can make one of it (`is_final`). Mechanisms that are not built are remarked.
    pub(crate) fn decode(section: &mut Section<'_>, is_final: bool) -> Self {
        Self {
            static_config: static_config(section, is_final),
            files: items(section, FILE, FileSdConfig::decode),
            others: OTHERS.iter().filter_map(|(key, schema)| other(section, key, schema)).collect(),
        }
    }

    /// Makes relative paths relative to `dir`.
    pub(crate) fn set_directory(&mut self, dir: &Path) {
        for file in &mut self.files {
            file.set_directory(dir);
        }
        for body in self.others.iter_mut().flat_map(|(_, bodies)| bodies) {
            body.set_directory(dir);
        }
    }

    /// Writes all mechanisms in the order of their keys.
    pub(crate) fn write(&self, fields: &mut Fields) {
        let mut keys: Vec<&str> = self.others.iter().map(|(key, _)| *key).collect();
        keys.extend([FILE, STATIC]);
        keys.sort_unstable();
        for key in keys {
            match key {
                STATIC => fields.sections(STATIC, &self.static_config.groups, write_group),
                FILE => fields.sections(FILE, &self.files, |file, fields| {
                    fields.always("files", texts(&file.files));
                    fields.some_duration("refresh_interval", file.refresh_interval);
                }),
                key => {
                    let bodies = self.others.iter().find(|(other, _)| *other == key);
                    let bodies = bodies.map_or(&[][..], |(_, bodies)| bodies);
                    fields.sections(key, bodies, Body::write);
                }
            }
        }
    }
}

fn write_group(group: &TargetGroup, fields: &mut Fields) {
    fields.always("targets", texts(group.addresses()));
    let label = |(name, value): (&str, &str)| (name.to_owned(), Value::from(value));
    fields.some("labels", Value::sorted(group.labels.iter().map(label)));
}

fn other(
    section: &mut Section<'_>,
    key: &'static str,
    schema: &'static Schema,
) -> Option<(&'static str, Vec<Body>)> {
    let bodies = items(section, key, |node, mistakes| {
        mistakes.remark(node.span, key);
        Body::decode(schema, node, mistakes)
    });
    (!bodies.is_empty()).then_some((key, bodies))
}

/// The items of a mechanism; one without content is a mistake.
fn items<T>(
    section: &mut Section<'_>,
    key: &'static str,
    decode: impl Fn(&Node, &Mistakes) -> Option<T>,
) -> Vec<T> {
    section.list(key, |node, mistakes| {
        if node.is_null() {
            mistakes.rule(node.span, format!("empty or null section in {key}"));
            return None;
        }
        decode(node, mistakes)
    })
}

fn static_config(section: &mut Section<'_>, is_final: bool) -> StaticConfig {
    let mut nodes = Vec::new();
    section.list(STATIC, |node, _| {
        nodes.push(node);
        Some(())
    });
    if is_final {
        let targets = nodes.iter().filter_map(|node| node.get("targets"));
        targets.for_each(|targets| check_addresses(targets, section.mistakes()));
    }
    StaticConfig::decode(nodes, section.mistakes())
}

fn check_addresses(targets: &Node, mistakes: &Mistakes) {
    let Kind::List(targets) = &targets.kind else { return };
    for target in targets {
        if let Some(address) = target.text().filter(|address| address.contains('/')) {
            mistakes.rule(target.span, format!("{address:?} is not a valid hostname"));
        }
    }
}
