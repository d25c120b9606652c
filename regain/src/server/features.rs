//! `--enable-feature`: which of the original's experiments are on.

use regain_promql::{Features as EngineFeatures, ParserOptions};

/// What the names come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Features {
    /// What the parser allows.
    pub(super) parser: ParserOptions,
    /// What evaluation does differently.
    pub(super) engine: EngineFeatures,
    /// Whether statistics tell what each step took.
    pub(super) step_stats: bool,
    /// Whether files are watched for changes.
    pub(super) auto_reload: bool,
}

/// Features that were asked for and do not exist here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not built yet: {}", .0.join(", "))]
pub(crate) struct NotBuilt(Vec<String>);

/// What the original has and this version has not.
const NOT_BUILT: [&str; 12] = [
    "concurrent-rule-eval",
    "created-timestamp-zero-ingestion",
    "exemplar-storage",
    "extra-scrape-metrics",
    "metadata-wal-records",
    "old-ui",
    "otlp-deltatocumulative",
    "otlp-native-delta-ingestion",
    "search-api",
    "st-storage",
    "st-synthesis",
    "type-and-unit-labels",
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
            "promql-experimental-functions" => {
                features.parser.experimental_functions = true;
                tracing::info!("Experimental PromQL functions enabled.");
            }
            "promql-delayed-name-removal" => {
                features.engine.delayed_name_removal = true;
                tracing::info!("Experimental PromQL delayed name removal enabled.");
            }
            "promql-extended-range-selectors" => {
                features.parser.extended_range_selectors = true;
                tracing::info!("Experimental PromQL extended range selectors enabled.");
            }
            "promql-binop-fill-modifiers" => {
                features.parser.fill_modifiers = true;
                tracing::info!("Experimental PromQL binary operator fill modifiers enabled.");
            }
            "use-start-timestamps" => {
                features.engine.start_timestamps = true;
                tracing::info!(
                    "Experimental usage of start timestamps in PromQL engine is enabled."
                );
            }
            "promql-per-step-stats" => {
                features.step_stats = true;
                tracing::info!("Experimental per-step statistics reporting");
            }
            "auto-reload-config" => {
                features.auto_reload = true;
                tracing::warn!(
                    option,
                    "This option for --enable-feature is deprecated. Use --config.auto-reload instead."
                );
            }
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
            "promql-experimental-functions,xor2-encoding",
            "promql-delayed-name-removal,nobody-knows-this",
        ]);
        let features = features.unwrap();
        assert!(features.parser.experimental_functions && features.engine.delayed_name_removal);
        assert!(!features.auto_reload && !features.step_stats);
    }

    #[test]
    fn features_that_do_not_exist_are_refused_by_name() {
        let error = features(&["exemplar-storage,auto-reload-config", "search-api"]).unwrap_err();
        assert_eq!(error.to_string(), "not built yet: exemplar-storage, search-api");
    }
}
