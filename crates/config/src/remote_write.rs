//! One `remote_write` item.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use regain_http::ClientConfig;
use regain_model::NameScheme;
use regain_yaml::{Mistakes, Node, Section};

use crate::client::{decode_client, set_client_directory, write_client};
use crate::cloud_auth::{AZUREAD, CloudAuth, GOOGLE_IAM, SIGV4};
use crate::go_url::UrlText;
use crate::headers::{REMOTE_AUTHORIZATION, headers};
use crate::marshal::Fields;
use crate::relabel::{RelabelRule, relabel_configs, write_rules};
use crate::remote_read::url;
use crate::value::duration_or;

mod queue;

pub use queue::{MetadataConfig, QueueConfig};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Another storage that samples are sent to.
#[derive(Clone, Debug)]
pub struct RemoteWriteConfig {
    /// The address as it was written.
    url: UrlText,
    /// How long a request may take.
    pub remote_timeout: Duration,
    /// Headers of the requests.
    pub headers: BTreeMap<String, String>,
    /// The rules for what is sent.
    pub write_relabel_configs: Vec<RelabelRule>,
    /// The name in metrics; empty for one made from the settings.
    pub name: String,
    /// Whether exemplars are sent.
    pub send_exemplars: bool,
    /// Whether native histograms are sent.
    pub send_native_histograms: bool,
    /// Whether the addresses of the host are used in turn.
    pub round_robin_dns: bool,
    /// The message that is sent.
    pub protobuf_message: WriteMessage,
    /// The client.
    pub client: ClientConfig,
    /// The queue before the client.
    pub queue: QueueConfig,
    /// How metadata is sent.
    pub metadata: MetadataConfig,
    auth: Option<CloudAuth>,
}

/// A message of the remote-write protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WriteMessage {
    /// Version 1.
    #[default]
    V1,
    /// Version 2.
    V2,
}

impl WriteMessage {
    /// The name of the protobuf message.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "prometheus.WriteRequest",
            Self::V2 => "io.prometheus.write.v2.Request",
        }
    }

    fn parse(word: &str) -> Result<Self, String> {
        match [Self::V1, Self::V2].into_iter().find(|message| message.as_str() == word) {
            Some(message) => Ok(message),
            None => Err(format!(
                "invalid protobuf_message value: unknown type for remote write protobuf message \
                 {word}, supported: {}, {}",
                Self::V1.as_str(),
                Self::V2.as_str()
            )),
        }
    }
}

impl RemoteWriteConfig {
    pub(crate) fn decode(node: &Node, mistakes: &Mistakes, scheme: NameScheme) -> Option<Self> {
        Section::read(node, "config.RemoteWriteConfig", mistakes, |section| read(section, scheme))
            .flatten()
    }

    pub(crate) fn write(&self, fields: &mut Fields) {
        fields.always("url", self.url.to_string());
        fields.some_duration("remote_timeout", self.remote_timeout);
        fields.some_texts("headers", &self.headers);
        write_rules("write_relabel_configs", &self.write_relabel_configs, fields);
        fields.some("name", &*self.name);
        fields.some("send_exemplars", self.send_exemplars);
        fields.some("send_native_histograms", self.send_native_histograms);
        fields.some("round_robin_dns", self.round_robin_dns);
        fields.some("protobuf_message", self.protobuf_message.as_str());
        write_client(&self.client, fields);
        fields.section("queue_config", |fields| self.queue.write(fields));
        self.metadata.write(fields);
        if let Some(auth) = &self.auth {
            auth.write(fields);
        }
    }

    pub(crate) fn set_directory(&mut self, dir: &Path) {
        set_client_directory(&mut self.client, dir);
    }
}

fn read(section: &mut Section<'_>, scheme: NameScheme) -> Option<RemoteWriteConfig> {
    section.mistakes().remark(section.at(), "remote_write");
    let url = url(section, "url for remote_write is empty");
    let remote_timeout = duration_or(section, "remote_timeout", DEFAULT_TIMEOUT);
    let headers = headers(section, REMOTE_AUTHORIZATION);
    let write_relabel_configs = relabel_configs(
        section,
        "write_relabel_configs",
        "empty or null relabeling rule in remote write config",
        scheme,
    );
    let default = ClientConfig { enable_http2: false, ..ClientConfig::default() };
    let client = decode_client(section, &default);
    let auth = CloudAuth::decode(section, &[&SIGV4, &AZUREAD, &GOOGLE_IAM], &client);
    let name = section.or_zero("name");
    let send_exemplars = section.or_zero("send_exemplars");
    let send_native_histograms = section.or_zero("send_native_histograms");
    let round_robin_dns = section.or_zero("round_robin_dns");
    let protobuf_message =
        section.parsed("protobuf_message", WriteMessage::parse).unwrap_or_default();
    let queue = QueueConfig::decode(section);
    let metadata = MetadataConfig::decode(section);
    Some(RemoteWriteConfig {
        url: url?,
        remote_timeout,
        headers,
        write_relabel_configs,
        name,
        send_exemplars,
        send_native_histograms,
        round_robin_dns,
        protobuf_message,
        client,
        queue,
        metadata,
        auth,
    })
}
