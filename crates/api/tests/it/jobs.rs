//! `regain/jobs`: what jobs cost.

use std::collections::BTreeMap;
use std::time::Duration;

use regain_api::{PoolCost, TargetCost};
use regain_model::{Labels, Timestamp};
use regain_scrape::{CpuPerScrape, Health, ScrapeSize};
use regain_storage::{Appendable as _, LaneKey};
use serde_json::{Value, json};

use crate::listing::{Listing, Pool};
use crate::server::{NOW_MS, Server, Setup};

fn target(health: Health, interval_s: u64, series: usize) -> TargetCost {
    let size = ScrapeSize {
        samples: series + 10,
        series,
        body_bytes: 100 * series as u64,
        wire_bytes: 10 * series as u64,
        cache_bytes: 1000,
    };
    let interval = Duration::from_secs(interval_s);
    TargetCost { health, interval, last_duration_seconds: series as f64 / 1000.0, size }
}

fn server() -> Server {
    let busy = PoolCost {
        interval: Duration::from_secs(15),
        timeout: Duration::from_millis(2500),
        cpu: Some(CpuPerScrape { seconds: 0.003, scrapes: 40 }),
        targets: vec![
            target(Health::Up, 15, 300),
            target(Health::Up, 30, 600),
            target(Health::Down, 15, 0),
            TargetCost { interval: Duration::from_secs(15), ..TargetCost::default() },
        ],
        dropped_count: 7,
    };
    let idle = PoolCost { interval: Duration::from_mins(1), ..PoolCost::default() };
    let pool = |cost| Pool { cost, ..Pool::default() };
    let pools = BTreeMap::from([("busy".to_owned(), pool(busy)), ("idle".to_owned(), pool(idle))]);
    Server::ready(Setup { listing: Listing(pools), ..Setup::default() })
}

async fn jobs(server: &Server) -> Value {
    server.get("/api/v1/regain/jobs").await.data()
}

#[track_caller]
fn close(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap_or_else(|| panic!("{found} is a number"));
    assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{found} and not {expected}");
}

#[tokio::test]
async fn a_job_is_counted_by_the_second() {
    let answer = jobs(&server()).await;
    let job = &answer["jobs"][0];
    assert_eq!(job["scrapePool"], "busy");
    assert_eq!((&job["scrapeInterval"], &job["scrapeTimeout"]), (&json!("15s"), &json!("2s500ms")));
    assert_eq!(job["targets"], json!({"up": 2, "down": 1, "unknown": 1, "dropped": 7}));
    assert_eq!(job["series"], 900);
    let round = &job["round"];
    assert_eq!((&round["samples"], &round["bodyBytes"]), (&json!(930), &json!(90_000)));
    assert_eq!(round["wireBytes"], 9000);
    close(&round["cpuSeconds"], 0.012);
    close(&round["slowestSeconds"], 0.6);
    // Two targets each with their own interval, and two that have only their scrapes to pay for.
    let now = &job["now"];
    close(&now["samplesPerSecond"], 300.0 / 15.0 + 600.0 / 30.0);
    close(&now["wireBytesPerSecond"], 400.0);
    close(&now["cpuSecondsPerSecond"], 0.003 * (3.0 / 15.0 + 1.0 / 30.0));
    close(&now["memoryBytes"], 3000.0);
    assert_eq!(now["diskBytesPerDay"], Value::Null, "nothing was sealed yet");
}

#[tokio::test]
async fn other_intervals_cost_by_proportion() {
    let answer = jobs(&server()).await;
    let what_if = &answer["jobs"][0]["whatIf"];
    for (index, interval, seconds) in
        [(0, "5s", 5.0), (1, "15s", 15.0), (2, "30s", 30.0), (3, "1m", 60.0)]
    {
        let cost = &what_if[index];
        assert_eq!(cost["scrapeInterval"], interval);
        close(&cost["samplesPerSecond"], 900.0 / seconds);
        close(&cost["wireBytesPerSecond"], 9000.0 / seconds);
        close(&cost["cpuSecondsPerSecond"], 0.012 / seconds);
    }
    let idle = &answer["jobs"][1];
    assert_eq!(idle["now"]["samplesPerSecond"], 0.0);
    assert_eq!(idle["whatIf"][0]["samplesPerSecond"], 0.0);
    assert_eq!(idle["now"]["cpuSecondsPerSecond"], Value::Null, "nothing was measured");
    assert_eq!(idle["round"]["cpuSeconds"], Value::Null);
}

#[tokio::test]
async fn memory_and_disk_are_what_the_store_pays_for_a_series_and_a_sample() {
    let server = server();
    let mut appender = server.db.appender(&LaneKey::push("s", "", "")).unwrap();
    let row = |appender: &mut dyn regain_storage::Appender, time: i64| {
        for instance in ["x", "y"] {
            let labels = Labels::from_pairs([("__name__", "up"), ("instance", instance)]);
            let series = appender.series(&labels).unwrap();
            appender.stage(series, Timestamp(time), 1.0);
        }
        appender.commit().unwrap();
    };
    row(&mut *appender, NOW_MS);
    server.db.seal().unwrap();
    row(&mut *appender, NOW_MS + 1000);
    let stats = server.db.stats();
    let answer = jobs(&server).await;
    let (index, head) =
        (stats.head.index_bytes as f64 / 2.0, stats.head.samples_bytes as f64 / 2.0);
    assert!(index > 0.0 && head > 0.0, "{stats:?}");
    let disk = stats.segments_bytes as f64 / stats.segments_samples as f64;
    close(&answer["store"]["indexBytesPerSeries"], index);
    close(&answer["store"]["headBytesPerSeries"], head);
    close(&answer["store"]["diskBytesPerSample"], disk);
    let job = &answer["jobs"][0];
    close(&job["now"]["memoryBytes"], 3000.0 + 900.0 * (index + head));
    close(&job["now"]["diskBytesPerDay"], disk * 40.0 * 86_400.0);
    // Unsealed samples grow with the rate: it is 180 a second instead of 40.
    close(&job["whatIf"][0]["memoryBytes"], 3000.0 + 900.0 * (index + head * 4.5));
}
