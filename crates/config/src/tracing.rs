//! The section `tracing`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use regain_http::client::config::TlsConfig;
use regain_yaml::Section;

use crate::client::{decode_tls, set_tls_directory, write_tls};
use crate::headers::{TRACING_AUTHORIZATION, headers};
use crate::marshal::Fields;
use crate::value::duration_or;

/// Where the server sends traces of its own work.
#[derive(Clone, Debug, PartialEq)]
pub struct TracingConfig {
    /// The protocol.
    pub client_type: TracingClient,
    /// The address.
    pub endpoint: String,
    /// The share of requests that are traced.
    pub sampling_fraction: f64,
    /// Whether the connection goes without TLS.
    pub insecure: bool,
    /// The TLS of the connection.
    pub tls_config: TlsConfig,
    /// Headers of the requests.
    pub headers: BTreeMap<String, String>,
    /// The compression of the requests; empty for none.
    pub compression: String,
    /// How long a request may take; zero for the client's default.
    pub timeout: Duration,
}

/// A protocol for traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TracingClient {
    /// OTLP over HTTP.
    Http,
    /// OTLP over gRPC.
    Grpc,
}

impl TracingClient {
    /// The word for the protocol in a configuration file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Grpc => "grpc",
        }
    }

    fn parse(word: &str) -> Result<Self, String> {
        match word {
            "http" => Ok(Self::Http),
            "grpc" => Ok(Self::Grpc),
            _ => Err(format!(
                "expected tracing client type to be to be http or grpc, but got {word}"
            )),
        }
    }
}

impl TracingConfig {
    pub(crate) fn decode(section: &mut Section<'_>) -> Self {
        section.mistakes().remark(section.at(), "tracing");
        let endpoint: String = section.or_zero("endpoint");
        if endpoint.is_empty() {
            section.rule("endpoint", "tracing endpoint must be set");
        }
        let compression: String = section.or_zero("compression");
        if !matches!(&*compression, "" | "gzip") {
            let message =
                format!("invalid compression type {compression} provided, valid options: gzip");
            section.rule("compression", message);
        }
        Self {
            client_type: section
                .parsed("client_type", TracingClient::parse)
                .unwrap_or(TracingClient::Grpc),
            endpoint,
            sampling_fraction: section.or_zero("sampling_fraction"),
            insecure: section.or_zero("insecure"),
            tls_config: decode_tls(section),
            headers: headers(section, TRACING_AUTHORIZATION),
            compression,
            timeout: duration_or(section, "timeout", Duration::ZERO),
        }
    }

    pub(crate) fn write(&self, fields: &mut Fields) {
        fields.some("client_type", self.client_type.as_str());
        fields.some("endpoint", &*self.endpoint);
        fields.some_float("sampling_fraction", self.sampling_fraction);
        fields.some("insecure", self.insecure);
        write_tls(&self.tls_config, fields);
        fields.some_texts("headers", &self.headers);
        fields.some("compression", &*self.compression);
        fields.some_duration("timeout", self.timeout);
    }

    pub(crate) fn set_directory(&mut self, dir: &Path) {
        set_tls_directory(&mut self.tls_config, dir);
    }
}
