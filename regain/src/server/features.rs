//! `--enable-feature`: which of the original's experiments are on.

use regain_config::ScrapeDefaults;
use regain_promql::{Features as EngineFeatures, ParserOptions};
use regain_scrape::{ScrapeProtocol, StartTimestamps};

/// What the names come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an experiment of its own")]
pub(super) struct Features {
    /// What the parser allows.
    pub(super) parser: ParserOptions,
    /// What evaluation does differently.
    pub(super) engine: EngineFeatures,
    /// Whether exemplars are kept.
    pub(super) exemplars: bool,
    /// Whether what targets say about their metrics is kept.
    pub(super) metadata: bool,
    /// What becomes of start timestamps that targets expose.
    pub(super) start_timestamps: StartTimestamps,
    /// Whether jobs store more about each scrape where the configuration does not say.
    pub(super) extra_scrape_metrics: bool,
    /// Whether statistics tell what each step took.
    pub(super) step_stats: bool,
    /// Whether files are watched for changes.
    pub(super) auto_reload: bool,
}

impl Features {
    /// How targets are scraped where the configuration does not say.
    pub(super) fn scrape_defaults(&self) -> ScrapeDefaults {
        let has_starts = self.start_timestamps != StartTimestamps::default();
        ScrapeDefaults {
            protocols: has_starts.then(|| ScrapeProtocol::PROTO_FIRST.to_vec()),
            extra_metrics: self.extra_scrape_metrics,
        }
    }

    /// Turns on an experiment of queries, the store or the process, if the option names one.
    fn turn_on(&mut self, option: &str) -> bool {
        match option {
            "promql-experimental-functions" => {
                self.parser.experimental_functions = true;
                tracing::info!("Experimental PromQL functions enabled.");
            }
            "promql-delayed-name-removal" => {
                self.engine.delayed_name_removal = true;
                tracing::info!("Experimental PromQL delayed name removal enabled.");
            }
            "promql-extended-range-selectors" => {
                self.parser.extended_range_selectors = true;
                tracing::info!("Experimental PromQL extended range selectors enabled.");
            }
            "promql-binop-fill-modifiers" => {
                self.parser.fill_modifiers = true;
                tracing::info!("Experimental PromQL binary operator fill modifiers enabled.");
            }
            "use-start-timestamps" => {
                self.engine.start_timestamps = true;
                tracing::info!(
                    "Experimental usage of start timestamps in PromQL engine is enabled."
                );
            }
            "exemplar-storage" => {
                self.exemplars = true;
                tracing::info!("Experimental in-memory exemplar storage enabled");
            }
            "metadata-wal-records" => {
                self.metadata = true;
                tracing::info!("Experimental metadata records in WAL enabled");
            }
            "promql-per-step-stats" => {
                self.step_stats = true;
                tracing::info!("Experimental per-step statistics reporting");
            }
            "auto-reload-config" => {
                self.auto_reload = true;
                tracing::warn!(
                    option,
                    "This option for --enable-feature is deprecated. Use --config.auto-reload instead."
                );
            }
            _ => return false,
        }
        true
    }

    /// The same for scrapes.
    fn turn_on_for_scrapes(&mut self, option: &str) -> bool {
        match option {
            "type-and-unit-labels" => {
                self.engine.type_and_unit_labels = true;
                tracing::info!("Experimental type and unit labels enabled");
            }
            "created-timestamp-zero-ingestion" => {
                self.start_timestamps.make_zeros = true;
                tracing::info!(
                    global.scrape_protocols = proto_first(),
                    "Experimental start timestamp zero ingestion enabled. OpenMetrics 1.0 parsing will parse \
                     <metric>_created metrics as ST instead of normal sample. Changed default scrape_protocols to prefer \
                     PrometheusProto format."
                );
            }
            "st-storage" => {
                self.start_timestamps.are_kept = true;
                tracing::info!(
                    global.scrape_protocols = proto_first(),
                    "Experimental start timestamp storage enabled. OpenMetrics 1.0 parsing will parse <metric>_created \
                     metrics as ST instead of normal sample. Changed default scrape_protocols to prefer PrometheusProto \
                     format."
                );
            }
            "extra-scrape-metrics" => {
                self.extra_scrape_metrics = true;
                tracing::warn!(
                    option,
                    "This option for --enable-feature is being phased out. It currently changes the default for the \
                     extra_scrape_metrics config setting to true, but will become a no-op in a future version. Stop using \
                     this option and set extra_scrape_metrics in the config instead."
                );
            }
            _ => return false,
        }
        true
    }
}

/// Features that were asked for and do not exist here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not built yet: {}", .0.join(", "))]
pub(crate) struct NotBuilt(Vec<String>);

/// What the original has and this version has not.
const NOT_BUILT: [&str; 6] = [
    "concurrent-rule-eval",
    "old-ui",
    "otlp-deltatocumulative",
    "otlp-native-delta-ingestion",
    "search-api",
    "st-synthesis",
];

/// What tunes formats and files that this store does not have.
const WITHOUT_EFFECT: [&str; 6] = [
    "delayed-compaction",
    "fast-startup",
    "histograms-st-encoding",
    "memory-snapshot-on-shutdown",
    "use-uncached-io",
    "xor2-encoding",
];

/// What is on in any case, or nothing at all, in the original, too.
const NO_LONGER_OPTIONS: [&str; 3] =
    ["native-histograms", "ooo-native-histograms", "promql-duration-expr"];

/// Reads the values of the flag, each with commas between names, and logs what they do.
pub(super) fn read(values: &[String]) -> Result<Features, NotBuilt> {
    let mut features = Features::default();
    let mut missing = Vec::new();
    for option in values.iter().flat_map(|value| value.split(',')) {
        match option {
            option if features.turn_on(option) || features.turn_on_for_scrapes(option) => {}
            option if NOT_BUILT.contains(&option) => missing.push(option.to_owned()),
            option if WITHOUT_EFFECT.contains(&option) => {
                tracing::warn!(
                    option,
                    "This option for --enable-feature has no effect on this store"
                );
            }
            option if NO_LONGER_OPTIONS.contains(&option) => {
                tracing::warn!(option, "This option for --enable-feature is a no-op");
            }
            option => tracing::warn!(option, "Unknown option for --enable-feature"),
        }
    }
    if missing.is_empty() { Ok(features) } else { Err(NotBuilt(missing)) }
}

/// The protocols that targets are asked for by default once start timestamps are wanted, as Go prints a list.
fn proto_first() -> String {
    format!("[{}]", ScrapeProtocol::PROTO_FIRST.map(ScrapeProtocol::as_str).join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(values: &[&str]) -> Result<Features, NotBuilt> {
        let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
        read(&values)
    }

    #[test]
    fn names_are_separated_by_commas_and_add_up() {
        let features = features(&[
            "promql-experimental-functions,xor2-encoding,exemplar-storage,metadata-wal-records",
            "promql-delayed-name-removal,nobody-knows-this",
        ]);
        let features = features.unwrap();
        assert!(features.parser.experimental_functions && features.engine.delayed_name_removal);
        assert!(features.exemplars && features.metadata);
        assert!(!features.auto_reload && !features.step_stats);
    }

    #[test]
    fn start_timestamps_change_which_protocols_are_asked_for() {
        for (option, are_kept, make_zeros) in
            [("st-storage", true, false), ("created-timestamp-zero-ingestion", false, true)]
        {
            let features = features(&[option]).unwrap();
            assert_eq!(features.start_timestamps, StartTimestamps { are_kept, make_zeros });
            let protocols = features.scrape_defaults().protocols;
            assert_eq!(protocols, Some(ScrapeProtocol::PROTO_FIRST.to_vec()), "{option}");
        }
        assert_eq!(features(&["type-and-unit-labels"]).unwrap().scrape_defaults().protocols, None);
    }

    #[test]
    fn features_that_do_not_exist_are_refused_by_name() {
        let error = features(&["st-synthesis,auto-reload-config", "search-api"]).unwrap_err();
        assert_eq!(error.to_string(), "not built yet: st-synthesis, search-api");
    }
}
