//! `targets`, `scrape_pools`, `metadata` and `targets/metadata`. What is expected has the shape of what
//! Prometheus 3.14 answered with such targets.

use std::collections::BTreeMap;
use std::sync::Arc;

use regain_api::{ActiveTarget, DroppedTargets, TargetMetadata};
use regain_model::{Labels, Metadata, MetricKind, Timestamp};
use regain_scrape::{FamilyMetadata, Health, ScrapeSize};
use serde_json::{Value, json};

use crate::listing::{Listing, Pool};
use crate::server::{NOW_MS, Server, Setup};

fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::from_pairs(pairs.iter().copied())
}

fn active(instance: &str, health: Health) -> ActiveTarget {
    ActiveTarget {
        discovered_labels: labels(&[("__address__", instance), ("job", "a<b"), ("x", "<y>")]),
        labels: labels(&[("instance", instance), ("job", "a<b")]),
        url: format!("http://{instance}/metrics"),
        last_error: if health == Health::Down { "a < b".to_owned() } else { String::new() },
        last_scrape: (health != Health::Unknown).then_some(Timestamp(NOW_MS - 1234)),
        last_duration_seconds: 0.006_115,
        health,
        interval: "1m".to_owned(),
        timeout: "10s".to_owned(),
        size: ScrapeSize {
            samples: 10,
            series: 14,
            body_bytes: 1000,
            wire_bytes: 100,
            cache_bytes: 500,
        },
        clock_skew_seconds: (health == Health::Up).then_some(-0.25),
    }
}

fn metadata(instance: &str, families: &[(&str, MetricKind, &str)]) -> TargetMetadata {
    let family = |&(name, kind, help): &(&str, MetricKind, &str)| {
        let metadata = Metadata { kind, help: help.to_owned(), unit: String::new() };
        Arc::new(FamilyMetadata { name: name.to_owned(), metadata })
    };
    TargetMetadata {
        labels: labels(&[("instance", instance), ("job", "a<b")]),
        families: families.iter().map(family).collect(),
    }
}

fn server() -> Server {
    let fds = ("process_open_fds", MetricKind::Gauge, "Open <fds>.");
    let first = Pool {
        active: vec![active("127.0.0.1:9090", Health::Up), active("127.0.0.1:1", Health::Down)],
        dropped: DroppedTargets::default(),
        metadata: vec![
            metadata("x", &[fds, ("up", MetricKind::Unknown, "")]),
            metadata("y", &[fds, ("up", MetricKind::Gauge, "Up.")]),
        ],
        ..Pool::default()
    };
    let second = Pool {
        active: vec![active("h", Health::Unknown)],
        dropped: DroppedTargets { kept: vec![labels(&[("__address__", "drop1")])], count: 2 },
        metadata: vec![metadata("z", &[("up", MetricKind::Gauge, "Up!")])],
        ..Pool::default()
    };
    let pools = BTreeMap::from([("a<b".to_owned(), first), ("c".to_owned(), second)]);
    Server::ready(Setup { listing: Listing(pools), ..Setup::default() })
}

async fn check(target: &str, expected: &str) {
    let answer = server().get(&format!("/api/v1/{target}")).await;
    let expected = format!("{{\"status\":\"success\",\"data\":{expected}}}");
    assert_eq!(answer.text(), expected, "{target}");
}

const DOWN: &str = r#"{"discoveredLabels":{"__address__":"127.0.0.1:1","job":"a<b","x":"<y>"},"labels":{"instance":"127.0.0.1:1","job":"a<b"},"scrapePool":"a\u003cb","scrapeUrl":"http://127.0.0.1:1/metrics","globalUrl":"http://prom.example:1/metrics","lastError":"a \u003c b","lastScrape":"2023-11-14T22:18:18.766Z","lastScrapeDuration":0.006115,"health":"down","scrapeInterval":"1m","scrapeTimeout":"10s"}"#;
const UP: &str = r#"{"discoveredLabels":{"__address__":"127.0.0.1:9090","job":"a<b","x":"<y>"},"labels":{"instance":"127.0.0.1:9090","job":"a<b"},"scrapePool":"a\u003cb","scrapeUrl":"http://127.0.0.1:9090/metrics","globalUrl":"https://prom.example/metrics","lastError":"","lastScrape":"2023-11-14T22:18:18.766Z","lastScrapeDuration":0.006115,"health":"up","scrapeInterval":"1m","scrapeTimeout":"10s"}"#;
const NEW: &str = r#"{"discoveredLabels":{"__address__":"h","job":"a<b","x":"<y>"},"labels":{"instance":"h","job":"a<b"},"scrapePool":"c","scrapeUrl":"http://h/metrics","globalUrl":"http://h/metrics","lastError":"","lastScrape":"0001-01-01T00:00:00Z","lastScrapeDuration":0.006115,"health":"unknown","scrapeInterval":"1m","scrapeTimeout":"10s"}"#;
const DROPPED: &str = r#"{"discoveredLabels":{"__address__":"drop1"},"scrapePool":"c"}"#;
const COUNTS: &str = r#"{"a\u003cb":0,"c":2}"#;

#[tokio::test]
async fn targets_are_listed_by_state_and_pool() {
    let all = |active: &str, dropped: &str, counts: &str| {
        format!(
            r#"{{"activeTargets":[{active}],"droppedTargets":[{dropped}],"droppedTargetCounts":{counts}}}"#
        )
    };
    check("targets", &all(&format!("{UP},{DOWN},{NEW}"), DROPPED, COUNTS)).await;
    check("targets?state=any&scrapePool=c", &all(NEW, DROPPED, COUNTS)).await;
    check("targets?state=ACTIVE&scrapePool=a%3Cb", &all(&format!("{UP},{DOWN}"), "", "null")).await;
    check("targets?state=dropped", &all("", DROPPED, COUNTS)).await;
    check("targets?scrapePool=none", &all("", "", COUNTS)).await;
    check("targets?state=none", &all("", "", "null")).await;
    check("scrape_pools", r#"{"scrapePools":["a\u003cb","c"]}"#).await;
}

#[tokio::test]
async fn what_scrapes_found_besides_is_told_on_request() {
    let answer = server().get("/api/v1/targets?details=true").await.data();
    let of = |index: usize| &answer["activeTargets"][index]["lastScrapeDetails"];
    let expected = json!({
        "samples": 10, "series": 14, "bodyBytes": 1000, "wireBytes": 100, "clockSkewSeconds": -0.25,
    });
    assert_eq!(*of(0), expected);
    assert_eq!(of(1)["clockSkewSeconds"], Value::Null);
    let without = server().get("/api/v1/targets?details=false").await.data();
    assert_eq!(without["activeTargets"][0]["lastScrapeDetails"], Value::Null);
}

#[tokio::test]
async fn metadata_are_listed_by_metric() {
    let fds = r#""process_open_fds":[{"type":"gauge","unit":"","help":"Open \u003cfds\u003e."}]"#;
    let unknown = r#"{"type":"unknown","unit":"","help":""}"#;
    let first = r#"{"type":"gauge","unit":"","help":"Up!"}"#;
    let second = r#"{"type":"gauge","unit":"","help":"Up."}"#;
    check("metadata", &format!(r#"{{{fds},"up":[{unknown},{first},{second}]}}"#)).await;
    check("metadata?limit=1", &format!("{{{fds}}}")).await;
    check("metadata?limit=0", "{}").await;
    check("metadata?limit=-1&metric=process_open_fds", &format!("{{{fds}}}")).await;
    check("metadata?limit_per_metric=1", &format!(r#"{{{fds},"up":[{unknown}]}}"#)).await;
    check("metadata?metric=none", "{}").await;
}

#[tokio::test]
async fn metadata_are_listed_by_target() {
    let target = |instance: &str| format!(r#""target":{{"instance":"{instance}","job":"a<b"}}"#);
    let (x, y, z) = (target("x"), target("y"), target("z"));
    let fds = r#""type":"gauge","help":"Open \u003cfds\u003e.","unit":"""#;
    let named = r#""metric":"process_open_fds""#;
    let unknown = r#""type":"unknown","help":"","unit":"""#;
    let of_x = format!(r#"{{{x},{named},{fds}}},{{{x},"metric":"up",{unknown}}}"#);
    check("targets/metadata?match_target=%7Binstance=%22x%22%7D", &format!("[{of_x}]")).await;
    // The limit is looked at between targets.
    check("targets/metadata?limit=1", &format!("[{of_x}]")).await;
    check("targets/metadata?limit=0", "[]").await;
    let of_fds = format!("[{{{x},{fds}}},{{{y},{fds}}}]");
    check("targets/metadata?metric=process_open_fds", &of_fds).await;
    let of_z = format!(r#"[{{{z},"metric":"up","type":"gauge","help":"Up!","unit":""}}]"#);
    check("targets/metadata?match_target=%7Binstance!~%22x%7Cy%22%7D", &of_z).await;
}
