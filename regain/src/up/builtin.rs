//! The configuration of a host that has none.

/// The path that both programs show their metrics under.
pub(super) const METRICS_PATH: &str = "/metrics";

/// Scrapes the server and the exporter of this host every five seconds.
pub(super) fn configuration(server: &str, numbers: &str) -> String {
    format!(
        "global:
  scrape_interval: 5s
scrape_configs:
- job_name: regain
  static_configs:
  - targets: ['{server}']
- job_name: node
  static_configs:
  - targets: ['{numbers}']
"
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use regain_config::LoadOptions;

    use super::*;

    #[test]
    fn the_built_in_configuration_scrapes_both() {
        let text = configuration("127.0.0.1:9090", "[::1]:9100");
        let config =
            regain_config::load_text(Path::new("x"), &text, &LoadOptions::default()).unwrap();
        let jobs: Vec<&str> = config.jobs().map(|job| job.job_name.as_str()).collect();
        assert_eq!(jobs, ["regain", "node"]);
        assert_eq!(config.unbuilt(), []);
    }
}
