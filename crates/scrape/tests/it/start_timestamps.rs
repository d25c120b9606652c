//! When what targets count started, and what else experiments add to series.

use std::sync::Arc;

use regain_scrape::{ScrapeOptions, StartTimestamps};
use regain_storage::memory::MemoryStore;

use crate::support::protobuf::{COUNTER, GAUGE, HISTOGRAM, Message, family};
use crate::support::{Exporter, Reply, Scraping, config, job};

const C: &str = r#"c_total{instance="a", job="j"}"#;
const H: &str = r#"h{instance="a", job="j"}"#;

async fn start(exporter: &Exporter, change: impl FnOnce(&mut ScrapeOptions)) -> Scraping {
    let store = MemoryStore::new();
    let scraping = Scraping::with_options(store.clone(), Arc::new(store), change);
    let mut config = config();
    config.scrape_native_histograms = true;
    scraping.apply(vec![job(config, &[exporter])]).await;
    scraping
}

/// Returns families that count since some second after the clock's start.
fn counting(seconds: u64, count: u64) -> Reply {
    let start = Message::new().varint(1, 1_700_000_000 + seconds);
    let counter = Message::new().double(1, count as f64).holds(3, start.clone());
    let histogram =
        Message::new().varint(1, count).double(6, 0.5).varint(7, count).holds(15, start);
    Reply::protobuf(&[family("c_total", COUNTER, counter), family("h", HISTOGRAM, histogram)])
}

#[tokio::test(start_paused = true)]
async fn starts_are_kept_where_that_is_wanted() {
    let exporter = Exporter::start(counting(3, 7)).await;
    let scraping = start(&exporter, |options| options.start_timestamps.are_kept = true).await;
    scraping.scrape().await;
    scraping.scrape().await;
    let since = "since 1700000003";
    assert_eq!(scraping.values(C), [format!("7@10 {since}"), format!("7@20 {since}")]);
    let values = scraping.values(H);
    assert!(values.len() == 2 && values.iter().all(|value| value.ends_with(since)), "{values:?}");
    let without = start(&exporter, |_| {}).await;
    without.scrape().await;
    assert_eq!(without.values(C), ["7@10"]);
}

#[tokio::test(start_paused = true)]
async fn counting_starts_with_a_zero_where_that_is_wanted() {
    let exporter = Exporter::start(counting(3, 7)).await;
    let scraping = start(&exporter, |options| options.start_timestamps.make_zeros = true).await;
    scraping.scrape().await;
    scraping.scrape().await;
    // It starts again between two scrapes, and then at a time that is not before its sample.
    exporter.set(counting(24, 2));
    scraping.scrape().await;
    exporter.set(counting(40, 1));
    scraping.scrape().await;
    assert_eq!(scraping.values(C), ["0@3", "7@10", "7@20", "0@24", "2@30", "1@40"]);
    let values = scraping.values(H);
    let zero = "{{z_bucket_w:0.5}}@3";
    assert_eq!((values.len(), values[0].as_str()), (6, zero), "{values:?}");
}

#[tokio::test(start_paused = true)]
async fn created_samples_are_samples_unless_starts_are_read() {
    let body = "# TYPE c counter\nc_total 7\nc_created 1700000003.5\n# EOF\n";
    let exporter = Exporter::start(Reply::open_metrics(body)).await;
    let scraping = start(&exporter, |_| {}).await;
    scraping.scrape().await;
    scraping.check(&[(C, "7@10"), (r#"c_created{instance="a", job="j"}"#, "1700000003.5@10")]);
    let both = StartTimestamps { are_kept: true, make_zeros: true };
    let scraping = start(&exporter, |options| options.start_timestamps = both).await;
    scraping.scrape().await;
    scraping.scrape().await;
    let since = "since 1700000003.5";
    assert_eq!(
        scraping.values(C),
        ["0@3.5".to_owned(), format!("7@10 {since}"), format!("7@20 {since}")]
    );
    assert_eq!(scraping.exposed_series(), [C]);
}

#[tokio::test(start_paused = true)]
async fn kind_and_unit_are_labels_where_that_is_wanted() {
    let open_metrics =
        "# TYPE g_bytes gauge\n# UNIT g_bytes bytes\ng_bytes{__type__=\"x\"} 1\n# EOF\n";
    let protobuf = family("g_bytes", GAUGE, Message::new().double(1, 1.0)).text(5, "bytes");
    for reply in [Reply::open_metrics(open_metrics), Reply::protobuf(&[protobuf])] {
        let exporter = Exporter::start(reply).await;
        let scraping = start(&exporter, |options| options.type_and_unit_labels = true).await;
        scraping.scrape().await;
        scraping.scrape().await;
        let series = r#"g_bytes{__type__="gauge", __unit__="bytes", instance="a", job="j"}"#;
        scraping.check(&[(series, "1@10 1@20")]);
    }
    let exporter = Exporter::text("# TYPE c counter\nc 1\n# TYPE u untyped\nu 1\n").await;
    let scraping = start(&exporter, |options| options.type_and_unit_labels = true).await;
    scraping.scrape().await;
    scraping.check(&[
        (r#"c{__type__="counter", instance="a", job="j"}"#, "1@10"),
        (r#"u{instance="a", job="j"}"#, "1@10"),
    ]);
}
