//! One `remote_read` item.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use regain_http::ClientConfig;
use regain_yaml::{Mistakes, Node, Section};

use crate::client::{decode_client, set_client_directory, write_client};
use crate::go_url::UrlText;
use crate::headers::{REMOTE_AUTHORIZATION, headers};
use crate::marshal::Fields;
use crate::value::duration_or;

const DEFAULT_TIMEOUT: Duration = Duration::from_mins(1);
const DEFAULT_CHUNKED_READ_LIMIT_BYTES: u64 = 50_000_000;

/// Another storage that answers queries.
#[derive(Clone, Debug)]
pub struct RemoteReadConfig {
    /// The address as it was written.
    url: UrlText,
    /// How long a request may take.
    pub remote_timeout: Duration,
    /// The bytes of one frame of a streamed answer.
    pub chunked_read_limit_bytes: u64,
    /// Headers of the requests.
    pub headers: BTreeMap<String, String>,
    /// Whether it is asked for times that are stored here too.
    pub read_recent: bool,
    /// The name in metrics; empty for one made from the settings.
    pub name: String,
    /// The client.
    pub client: ClientConfig,
    /// The matchers a query must have to be sent.
    pub required_matchers: BTreeMap<String, String>,
    /// Whether the external labels are matched as well.
    pub filter_external_labels: bool,
}

impl RemoteReadConfig {
    pub(crate) fn decode(node: &Node, mistakes: &Mistakes) -> Option<Self> {
        Section::read(node, "config.RemoteReadConfig", mistakes, |section| {
            mistakes.remark(section.at(), "remote_read");
            let url = url(section, "url for remote_read is empty");
            let timeout = duration_or(section, "remote_timeout", DEFAULT_TIMEOUT);
            let limit = section.or("chunked_read_limit", DEFAULT_CHUNKED_READ_LIMIT_BYTES);
            let headers = headers(section, REMOTE_AUTHORIZATION);
            let read_recent = section.or_zero("read_recent");
            let name = section.or_zero("name");
            let client = decode_client(section, &ClientConfig::default());
            let required_matchers = section.or_zero("required_matchers");
            let filter_external_labels = section.or("filter_external_labels", true);
            Some(Self {
                url: url?,
                remote_timeout: timeout,
                chunked_read_limit_bytes: limit,
                headers,
                read_recent,
                name,
                client,
                required_matchers,
                filter_external_labels,
            })
        })
        .flatten()
    }

    pub(crate) fn write(&self, fields: &mut Fields) {
        fields.always("url", self.url.to_string());
        fields.some_duration("remote_timeout", self.remote_timeout);
        fields.some("chunked_read_limit", self.chunked_read_limit_bytes);
        fields.some_texts("headers", &self.headers);
        fields.some("read_recent", self.read_recent);
        fields.some("name", &*self.name);
        write_client(&self.client, fields);
        fields.some_texts("required_matchers", &self.required_matchers);
        fields.some("filter_external_labels", self.filter_external_labels);
    }

    pub(crate) fn set_directory(&mut self, dir: &Path) {
        set_client_directory(&mut self.client, dir);
    }
}

/// The field `url`; its absence is a mistake with the text `missing`.
pub(crate) fn url(section: &mut Section<'_>, missing: &str) -> Option<UrlText> {
    if section.peek("url").is_none_or(Node::is_null) {
        section.field("url");
        section.rule("url", missing);
        return None;
    }
    section.parsed("url", UrlText::parse)
}
