//! The names of what is counted, beside upstream's.

use std::collections::BTreeSet;

use regain_metrics::{Metric, MetricFamily, MetricKind, Registry};

use crate::stage::open;
use crate::upstream::{Alertmanager, programs};

/// What other parts of the program count.
const ELSEWHERE: [&str; 3] =
    ["alertmanager_build_info", "alertmanager_config_", "alertmanager_http_"];

fn is_ours(name: &str) -> bool {
    name.starts_with("alertmanager_") && !ELSEWHERE.iter().any(|prefix| name.starts_with(prefix))
}

/// A family's help and type and its series, histograms and summaries by their counts.
fn described(family: &MetricFamily) -> Vec<String> {
    let (kind, suffix) = match family.kind {
        MetricKind::Counter => ("counter", ""),
        MetricKind::Gauge => ("gauge", ""),
        MetricKind::Histogram => ("histogram", "_count"),
        MetricKind::Summary => ("summary", "_count"),
        _ => ("untyped", ""),
    };
    let name: &str = family.name.as_ref();
    let help: &str = family.help.as_ref();
    let series = |metric: &Metric| {
        let labels: Vec<_> = metric
            .labels
            .iter()
            .map(|label| format!("{}={:?}", label.name, &*label.value))
            .collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        format!("{name}{suffix}{labels}")
    };
    let head = [format!("# HELP {name} {help}"), format!("# TYPE {name} {kind}")];
    head.into_iter().chain(family.metrics.iter().map(series)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_there_from_the_start_as_in_upstream() {
    let Some((program, _)) = programs() else { return };
    let dir = tempfile::tempdir().unwrap();
    let config = "route: {receiver: hook}\nreceivers: [{name: hook, webhook_configs: [{url: 'http://127.0.0.1:1/'}]}]";
    let server = Alertmanager::start(&program, config, dir.path());
    let body = server.request("GET", "/metrics", "");
    let lines = body.lines().filter(|line| {
        let name = line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ");
        is_ours(name) && !line.contains("_bucket{") && !line.contains("_sum")
    });
    let theirs: BTreeSet<String> = lines
        .map(|line| {
            let series = line.rsplit_once(' ').map_or(line, |(series, _)| series);
            if line.starts_with('#') { line } else { series }.to_owned()
        })
        .collect();
    drop(server);

    let registry = Registry::new();
    let own = tempfile::tempdir().unwrap();
    let (alerting, _told) = open(own.path(), &registry);
    let gathered = registry.gather();
    let families = gathered.families.iter().filter(|family| is_ours(family.name.as_ref()));
    let ours: BTreeSet<String> = families.flat_map(described).collect();
    alerting.shutdown().await;
    let missing: Vec<_> = theirs.difference(&ours).collect();
    let added: Vec<_> = ours.difference(&theirs).collect();
    assert!(missing.is_empty() && added.is_empty(), "missing {missing:#?}\nadded {added:#?}");
}
