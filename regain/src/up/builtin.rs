//! The configuration of a host that has none.

/// The path that both programs show their metrics under.
pub(super) const METRICS_PATH: &str = "/metrics";

/// What is wrong with a host, as rules. The thresholds are those at which somebody should look.
pub(super) const RULES: &str = r#"
groups:
- name: host
  interval: 15s
  rules:
  - alert: TargetDown
    expr: up == 0
    for: 1m
    labels: {severity: critical}
    annotations:
      summary: "{{ $labels.job }} on {{ $labels.instance }} does not answer"
  - alert: DiskFillsUp
    expr: |
      predict_linear(node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs|squashfs|iso9660"}[1h], 6 * 3600) < 0
      and node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.4
    for: 15m
    labels: {severity: warning}
    annotations:
      summary: "{{ $labels.mountpoint }} on {{ $labels.instance }} is full in less than six hours"
  - alert: DiskAlmostFull
    expr: |
      node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs|squashfs|iso9660"} / node_filesystem_size_bytes < 0.05
      and node_filesystem_readonly == 0
    for: 5m
    labels: {severity: critical}
    annotations:
      summary: "{{ $labels.mountpoint }} on {{ $labels.instance }} has {{ $value | humanizePercentage }} left"
  - alert: MemoryAlmostGone
    expr: node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.05
    for: 5m
    labels: {severity: critical}
    annotations:
      summary: "{{ $labels.instance }} has {{ $value | humanizePercentage }} of its memory left"
  - alert: UnitFailed
    expr: node_systemd_unit_state{state="failed"} == 1
    for: 5m
    labels: {severity: warning}
    annotations:
      summary: "{{ $labels.name }} on {{ $labels.instance }} has failed"
  - alert: ClockOff
    expr: abs(node_timex_offset_seconds) > 0.05 or node_timex_sync_status == 0
    for: 30m
    labels: {severity: warning}
    annotations:
      summary: "The clock of {{ $labels.instance }} is off or not synchronised"
"#;

/// Alerting with nobody to tell.
pub(super) const ALERTMANAGER: &str = "
route:
  receiver: nobody
  group_by: [alertname]
receivers:
- name: nobody
";

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
    use regain_promql::ParserOptions;

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

    #[test]
    fn the_built_in_rules_have_no_mistakes() {
        let text = configuration("127.0.0.1:9090", "[::1]:9100");
        let config =
            regain_config::load_text(Path::new("x"), &text, &LoadOptions::default()).unwrap();
        let options = config.rule_file_options(ParserOptions::default());
        let groups = regain_config::load_rule_text(Path::new("x"), RULES, &options).unwrap();
        assert_eq!(groups.iter().map(|group| group.rules.len()).sum::<usize>(), 6);
    }
}
