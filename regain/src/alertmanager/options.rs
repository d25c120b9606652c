//! What the command line of the receiver of alerts comes to.

use std::path::PathBuf;
use std::time::Duration;

use regain_alerting::Options;
use regain_alerting::matcher::MatcherMode;

use crate::flags::Line;
use crate::runtime;

/// The fewest GET requests that are served at once where nobody said how many.
const GETS_MIN: usize = 8;

/// The settings of a receiver.
#[derive(Clone, Debug)]
pub(super) struct AlertmanagerOptions {
    /// The configuration file.
    pub(super) config_file: PathBuf,
    /// The directory of the data.
    pub(super) dir: PathBuf,
    /// What alerting itself is told.
    pub(super) alerting: Options,
    /// The URL under which clients find it, where one is given.
    pub(super) external_url: String,
    /// What all paths begin with, where it is given.
    pub(super) route_prefix: String,
    /// The most GET requests at once.
    pub(super) gets_max: usize,
    /// How long a request may take; zero is without end.
    pub(super) timeout: Duration,
    /// Whether other hosts may change silences without a login.
    pub(super) anonymous_changes: bool,
}

/// A feature that cannot be turned on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FeatureError {
    /// Nobody knows it.
    #[error("unknown option '{0}' for --enable-feature")]
    Unknown(String),
    /// It is known and does not exist here.
    #[error("not built yet: {0}")]
    NotBuilt(String),
    /// Two contradict each other.
    #[error("cannot have both classic-mode and utf8-strict-mode")]
    Contradiction,
}

impl AlertmanagerOptions {
    pub(super) fn new(line: &Line) -> Result<Self, FeatureError> {
        let gets_max = match line.count("web.get-concurrency") {
            0 => runtime::processors().max(GETS_MIN),
            given => given,
        };
        Ok(Self {
            config_file: PathBuf::from(line.text("config.file")),
            dir: PathBuf::from(line.text("storage.path")),
            alerting: Options {
                retention: duration(line, "data.retention"),
                maintenance_interval: duration(line, "data.maintenance-interval"),
                silences_max: line.count("silences.max-silences"),
                silence_size_bytes_max: line.count("silences.max-silence-size-bytes"),
                log_silences: line.is_on("log.silences"),
                alerts_gc_interval: duration(line, "alerts.gc-interval"),
                alerts_per_name_max: line.count("alerts.per-alertname-limit"),
                dispatch_maintenance_interval: duration(line, "dispatch.maintenance-interval"),
                dispatch_start_delay: duration(line, "dispatch.start-delay"),
                keep_group_state: line.is_on("regain.keep-groups"),
                matcher_mode: matcher_mode(line.text("enable-feature"))?,
                ..Options::default()
            },
            external_url: line.text("web.external-url").to_owned(),
            route_prefix: line.text("web.route-prefix").to_owned(),
            gets_max,
            timeout: duration(line, "web.timeout"),
            anonymous_changes: line.is_on("web.allow-anonymous-changes"),
        })
    }
}

fn duration(line: &Line, name: &str) -> Duration {
    Duration::from_nanos(u64::try_from(line.nanos(name)).unwrap_or_default())
}

/// Reads the names of experiments, with commas between them.
fn matcher_mode(names: &str) -> Result<MatcherMode, FeatureError> {
    let mut mode = MatcherMode::default();
    for name in names.split(',').filter(|name| !name.is_empty()) {
        let wanted = match name {
            "classic-mode" => MatcherMode::Classic,
            "utf8-strict-mode" => MatcherMode::Utf8Strict,
            "auto-gomemlimit" => {
                tracing::warn!(
                    option = name,
                    "This option for --enable-feature has no effect here"
                );
                continue;
            }
            "alert-names-in-metrics"
            | "receiver-name-in-metrics"
            | "group-key-in-metrics"
            | "event-recorder" => return Err(FeatureError::NotBuilt(name.to_owned())),
            unknown => return Err(FeatureError::Unknown(unknown.to_owned())),
        };
        if mode != MatcherMode::default() && mode != wanted {
            return Err(FeatureError::Contradiction);
        }
        mode = wanted;
    }
    Ok(mode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_choose_the_grammar_of_matchers_or_are_refused_by_name() {
        assert_eq!(matcher_mode(""), Ok(MatcherMode::Fallback));
        assert_eq!(matcher_mode("classic-mode"), Ok(MatcherMode::Classic));
        assert_eq!(matcher_mode("utf8-strict-mode,auto-gomemlimit"), Ok(MatcherMode::Utf8Strict));
        let both = matcher_mode("classic-mode,utf8-strict-mode");
        assert_eq!(both, Err(FeatureError::Contradiction));
        let errors = ["event-recorder", "nobody-knows"].map(|name| matcher_mode(name).unwrap_err());
        let texts = errors.map(|error| error.to_string());
        assert_eq!(
            texts,
            ["not built yet: event-recorder", "unknown option 'nobody-knows' for --enable-feature"]
        );
    }
}
