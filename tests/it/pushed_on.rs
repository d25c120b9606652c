//! A real Prometheus scrapes a target and pushes on what it finds: both know the same.

mod target;

use std::time::Duration;

use regain_tests::http::encode;
use regain_tests::process::wait_for;
use regain_tests::program::Program;
use regain_tests::server::{Server, Setup};
use serde_json::Value;

use super::peer::{ANY, MODERN_PROMETHEUS, is_at_hand, is_modern, skip};

const LIMIT: Duration = Duration::from_mins(2);

/// How many samples of each series there must be.
const SAMPLES_MIN: f64 = 3.0;

/// The metrics whose samples every Prometheus scrapes and every protocol carries.
const ALWAYS: [&str; 4] = ["up", "pushed_total", "pushed_gauge", "pushed_seconds"];
/// The metric with float counts, of which older versions scrape no histogram.
const FLOATS: &str = "pushed_bytes";
/// The metric with custom buckets, which 1.0 has no way of carrying.
const CUSTOM: &str = "pushed_classic";

#[test]
fn what_prometheus_pushes_as_1_0_is_what_it_has() {
    if is_at_hand(Program::Prometheus, ANY) {
        let is_new = is_modern(Program::Prometheus, MODERN_PROMETHEUS);
        let floats: &[&str] = if is_new { &[FLOATS] } else { &[] };
        compare(1, &[&ALWAYS, floats].concat());
    }
}

#[test]
fn what_prometheus_pushes_as_2_0_is_what_it_has() {
    if !is_at_hand(Program::Prometheus, ANY) {
        return;
    }
    if is_modern(Program::Prometheus, MODERN_PROMETHEUS) {
        compare(2, &[&ALWAYS[..], &[FLOATS, CUSTOM]].concat());
    } else {
        skip("the Prometheus at hand sends remote write 1.0 only");
    }
}

/// Lets Prometheus push to Regain until Regain has some samples of each metric, and compares both.
fn compare(protocol: u8, metrics: &[&str]) {
    let target = target::serve();
    let dir = tempfile::tempdir().unwrap();
    let home = |name: &str| {
        let home = dir.path().join(name);
        std::fs::create_dir(&home).unwrap();
        home
    };
    let receiver = Setup::new(Program::Regain, &home("regain")).start().unwrap();
    let sender = sender(protocol, &home("prometheus"), &target.address(), receiver.port);
    let enough = |metric: &&str| -> anyhow::Result<bool> {
        let count = receiver.number(&format!("min(count_over_time({metric}[5m]))"))?;
        Ok(count.is_some_and(|count| count >= SAMPLES_MIN))
    };
    wait_for("samples of every metric", LIMIT, || {
        let missing = metrics.iter().map(enough).filter(|has| !matches!(has, Ok(true))).count();
        Ok((missing == 0).then_some(()))
    })
    .unwrap();
    for metric in metrics {
        // The newest sample that has arrived, and all before it.
        let newest = receiver.number(&format!("max(timestamp({metric}))")).unwrap().unwrap();
        let path =
            format!("/api/v1/query?query={}&time={newest}", encode(&format!("{metric}[5m]")));
        let (theirs, ours) = (sender.data(&path).unwrap(), receiver.data(&path).unwrap());
        let result = |data: &Value| data["result"].clone();
        assert_eq!(result(&ours), result(&theirs), "{metric}");
        assert!(!result(&ours)[0].is_null(), "{metric} has samples");
    }
    assert_nothing_failed(&sender);
}

fn sender(protocol: u8, home: &std::path::Path, target: &str, port: u16) -> Server {
    let is_new = is_modern(Program::Prometheus, MODERN_PROMETHEUS);
    let histograms = if is_new {
        "  scrape_native_histograms: true\n  convert_classic_histograms_to_nhcb: true\n"
    } else {
        ""
    };
    let message = match protocol {
        2 => "  protobuf_message: io.prometheus.write.v2.Request\n",
        _ => "",
    };
    let config = format!(
        "global: {{scrape_interval: 250ms, scrape_timeout: 250ms}}\n\
         scrape_configs:\n- job_name: j\n{histograms}  static_configs:\n  - targets: ['{target}']\n\
         remote_write:\n- url: http://127.0.0.1:{port}/api/v1/write\n{message}  \
         send_native_histograms: true\n  \
         queue_config: {{min_shards: 1, max_shards: 1, batch_send_deadline: 100ms}}\n"
    );
    let setup = Setup::new(Program::Prometheus, home).config(config);
    let setup = if is_new { setup } else { setup.flag("--enable-feature=native-histograms") };
    setup.start().unwrap()
}

/// The sender believes that everything has arrived, which in 2.0 it takes from the headers of answers.
fn assert_nothing_failed(sender: &Server) {
    let metrics = sender.get("/metrics").unwrap().text();
    let kinds = ["samples", "histograms", "metadata"];
    let failed = kinds.map(|kind| format!("prometheus_remote_storage_{kind}_failed_total{{"));
    let lines: Vec<&str> =
        metrics.lines().filter(|line| failed.iter().any(|name| line.starts_with(name))).collect();
    assert!(!lines.is_empty(), "the sender counts what fails");
    for line in lines {
        assert!(line.ends_with(" 0"), "{line}");
    }
}
