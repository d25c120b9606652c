//! Targets that come from files.

use std::fs;
use std::path::Path;
use std::time::Duration;

use regain_discovery::FileSdConfig;
use regain_scrape::{Job, JobConfig};

use crate::support::{Exporter, Scraping, config, job};

fn put(path: &Path, exporters: &[&Exporter]) {
    let list: Vec<String> =
        exporters.iter().map(|exporter| format!("\"{}\"", exporter.address)).collect();
    let text = format!("- targets: [{}]\n  labels: {{from: file}}\n", list.join(", "));
    let partial = path.with_extension("partial");
    fs::File::create(&partial)
        .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
        .unwrap();
    fs::rename(partial, path).unwrap();
}

fn from_file(config: JobConfig, path: &Path) -> Job {
    let files = vec![path.to_string_lossy().into_owned()];
    let sd = FileSdConfig { files, refresh_interval: Duration::from_mins(1) };
    Job { files: vec![sd], ..job(config, &[]) }
}

fn addresses(scraping: &Scraping) -> Vec<String> {
    let targets = scraping.targets();
    let mut addresses: Vec<_> =
        targets.iter().map(|target| target.label("__address__").to_owned()).collect();
    addresses.sort_unstable();
    addresses
}

#[tokio::test(start_paused = true)]
async fn targets_follow_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("targets.yml");
    let (first, second) = (Exporter::text("m 1\n").await, Exporter::text("m 2\n").await);
    let series = |exporter: &Exporter| {
        format!("m{{from=\"file\", instance=\"{}\", job=\"j\"}}", exporter.address)
    };
    put(&path, &[&first]);
    let scraping = Scraping::idle();
    scraping.apply(vec![from_file(config(), &path)]).await;
    assert_eq!(addresses(&scraping), [first.address.to_string()], "known when apply returns");
    let target = scraping.target();
    assert_eq!(target.discovered_labels().get("__meta_filepath"), path.to_str());
    assert_eq!(target.labels().get("__meta_filepath"), None);
    scraping.scrape().await;

    put(&path, &[&first, &second]);
    while scraping.targets().len() < 2 {
        scraping.pass(1).await;
    }
    scraping.scrape().await;
    assert!(scraping.samples(&series(&second)).starts_with("2@"));

    put(&path, &[&second]);
    while scraping.targets().len() > 1 {
        scraping.pass(1).await;
    }
    assert_eq!(addresses(&scraping), [second.address.to_string()]);
    scraping.pass(25).await;
    let samples = scraping.samples(&series(&first));
    assert_eq!(samples.matches("stale").count(), 1, "{samples}");
    assert!(scraping.own_metric("prometheus_sd_received_updates_total") >= 3.0);
    assert_eq!(scraping.own_metric("prometheus_sd_discovered_targets"), 1.0);
}

#[tokio::test(start_paused = true)]
async fn a_reload_with_another_discovery_does_not_drop_the_targets_meanwhile() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("targets.yml");
    let exporter = Exporter::text("m 1\n").await;
    put(&path, &[&exporter]);
    let scraping = Scraping::idle();
    scraping.apply(vec![from_file(config(), &path)]).await;
    scraping.scrape().await;
    let before = scraping.target();
    let mut changed = from_file(config(), &path);
    changed.files[0].refresh_interval = Duration::from_secs(30);
    scraping.apply(vec![changed]).await;
    assert!(std::sync::Arc::ptr_eq(&before, &scraping.target()));
}

#[tokio::test(start_paused = true)]
async fn updates_of_one_pool_keep_their_distance() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("targets.yml");
    let exporter = Exporter::text("m 1\n").await;
    put(&path, &[]);
    let scraping = Scraping::idle();
    scraping.apply(vec![from_file(config(), &path)]).await;
    let syncs = || scraping.own_metric("prometheus_target_scrape_pool_sync_total");
    assert_eq!(syncs(), 1.0);
    put(&path, &[&exporter]);
    // The file is read again when a minute has passed at the latest; only then time goes on to the next update.
    while scraping.own_metric("prometheus_sd_received_updates_total") < 2.0 {
        scraping.pass(1).await;
    }
    scraping.pass(5).await;
    assert_eq!(syncs(), 2.0);
    assert_eq!(addresses(&scraping), [exporter.address.to_string()]);
}
