//! The files a user writes, decoded into resolved settings.
//!
//! A file passes three stages. Its text becomes a tree whose nodes know their place (`regain-yaml`);
//! the tree becomes a [`Config`] with all defaults filled in and all rules checked; the program that
//! wires the crates together makes running objects of it. All mistakes of a file are reported at once.
//!
//! Invariants: a configuration that Prometheus 3.14 or Alertmanager 0.34 accepts is accepted, one that it
//! refuses is refused; what Regain does not do yet is listed by [`Config::unbuilt`] and
//! [`LoadedAlertmanager::unbuilt`], so that it is never ignored. Nothing here
//! reads a clock or the environment: variables come in through [`LoadOptions`].

mod config;
mod load;

mod check;
mod unbuilt;

mod global;
mod naming;
mod protocol;
mod runtime;

mod scrape;

mod rule_file;

mod alerting;
mod alertmanager;
mod otlp;
mod regain_file;
mod remediations;
mod remote_read;
mod remote_write;
mod storage;
mod tracing;

mod client;
mod cloud_auth;
mod headers;
mod relabel;
mod sd;

mod schema;

mod go_url;
mod value;

mod marshal;

pub use self::tracing::{TracingClient, TracingConfig};
pub use alerting::{AlertingConfig, AlertmanagerConfig};
pub use alertmanager::{
    Loaded as LoadedAlertmanager, TemplateFile, Warning, load_alertmanager_file,
    load_alertmanager_text,
};
pub use check::{CheckError, Checked, MissingTargets};
pub use client::load_client_file;
pub use config::{Config, FilePattern};
pub use global::GlobalConfig;
pub use load::{LoadError, LoadOptions, ScrapeDefaults, load_file, load_text};
pub use otlp::{OtlpConfig, TranslationStrategy};
pub use regain_file::{
    AlertingPart, HealingPart, LimitsOf, MemoryLimit, RegainFile, RetentionOf, StorageLimits,
    load_regain_file, load_regain_text,
};
pub use relabel::RelabelRule;
pub use remediations::{LoadedRemediations, load_remediation_files, load_remediation_text};
pub use remote_read::RemoteReadConfig;
pub use remote_write::{MetadataConfig, QueueConfig, RemoteWriteConfig, WriteMessage};
pub use rule_file::{
    CheckedRules, RuleFileOptions, RuleLint, check_rule_file, check_rule_text, load_rule_files,
    load_rule_text,
};
pub use runtime::RuntimeConfig;
pub use scrape::{Limits, ScrapeConfig};
pub use sd::Discovery;
pub use storage::{ChunkEncoding, Retention, StorageConfig};
pub use unbuilt::{Unbuilt, UnbuiltList};
