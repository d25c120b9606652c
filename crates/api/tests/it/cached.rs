//! The result cache, over the API and over the real store.

use std::path::Path;
use std::sync::Arc;

use regain_model::{Labels, Timestamp};
use regain_promql::{
    Engine, EngineOptions, ParserOptions, QueryResult, ResultCache, Steps, Value, parse,
};
use regain_storage::fs::MemFs;
use regain_storage::{Appendable as _, LaneKey};
use regain_tsdb::{Db, Options, Retention};

use crate::server::{Server, Setup};

const QUERY: &str = "/api/v1/query_range?query=sum(up)&start=0&end=600&step=10&stats=true";

/// How many steps came from the cache, and the series.
async fn ask(server: &Server, more: &str) -> (u64, String) {
    let data = server.get(&format!("{QUERY}{more}")).await.data();
    let steps = data["stats"]["cache"]["steps"].as_u64().unwrap_or_default();
    (steps, data["result"].to_string())
}

#[tokio::test]
async fn a_range_query_is_kept_unless_its_client_says_no() {
    let server = Server::ready(Setup::default());
    let (steps, plain) = ask(&server, "&nocache=1").await;
    assert_eq!(steps, 0);
    assert_eq!(ask(&server, "").await, (0, plain.clone()), "nothing was kept");
    assert_eq!(ask(&server, "").await, (61, plain.clone()));
    assert_eq!(ask(&server, "&nocache=1").await, (0, plain.clone()), "nothing is used");
    assert_eq!(ask(&server, "&lookback_delta=1m").await.0, 0, "it is another question");
    let metrics = server.get("/metrics").await;
    for line in [
        r#"regain_query_cache_requests_total{outcome="hit"} 1"#,
        r#"regain_query_cache_requests_total{outcome="miss"} 2"#,
        "regain_query_cache_answers 2",
        "regain_query_cache_evictions_total 0",
    ] {
        assert!(metrics.text().lines().any(|found| found == line), "{line}\n{}", metrics.text());
    }
}

/// Expressions over what [`Written`] writes.
const EXPRESSIONS: [&str; 12] = [
    "m",
    "rate(m[1m])",
    "sum by (x) (m)",
    "topk(2, sum by (x) (m))",
    "sum(m * on (x, y) group_left () m offset 30s)",
    "avg_over_time(m[50s])",
    "count(m)",
    "m offset -40s",
    "max_over_time(sum(m)[1m:20s])",
    "absent(m{x=\"1\", y=\"1\"})",
    "m unless m > 50",
    "quantile(0.3, rate(m[1m]))",
];

/// Lanes of which each is a little behind the one before.
struct Written {
    db: Db,
    now: i64,
    state: u64,
}

impl Written {
    fn new(state: u64) -> Self {
        let options = Options { retention: Retention::of_ms(400_000), ..Options::default() };
        let (db, _) = Db::open(Path::new("/data"), Arc::new(MemFs::new()), options).unwrap();
        Self { db, now: 1_000_000, state }
    }

    fn random(&mut self, limit: i64) -> i64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(12_345);
        i64::try_from(self.state >> 33).unwrap() % limit
    }

    /// A scrape of each of four targets, sometimes a seal, and retention.
    fn go_on(&mut self) {
        self.now += 10_000;
        for x in 0..4_i64 {
            if self.random(5) == 0 {
                continue;
            }
            let name = x.to_string();
            let target = Labels::from_pairs([("x", name.as_str())]);
            let mut appender = self.db.appender(&LaneKey::scrape(&target, "http://a")).unwrap();
            let time = Timestamp(self.now - x * 25_000 + self.random(50));
            for y in 0..3_i64 {
                if self.random(8) == 0 {
                    continue;
                }
                let (y, value) = (y.to_string(), self.random(1000) as f64 / 7.0);
                let pairs = [("__name__", "m"), ("x", name.as_str()), ("y", y.as_str())];
                let series = appender.series(&Labels::from_pairs(pairs)).unwrap();
                appender.stage(series, time, value);
            }
            appender.commit().unwrap();
        }
        if self.random(6) == 0 {
            self.db.seal().unwrap();
        }
        if self.random(10) == 0 {
            self.db.tick(Timestamp(self.now)).unwrap();
        }
    }
}

fn bits(result: &QueryResult) -> Vec<String> {
    let Value::Matrix(series) = &result.value else { panic!("a range query has a matrix") };
    let rows = series.iter().map(|series| {
        let points = series.points.iter().map(|point| (point.time.0, point.value.to_bits()));
        format!("{} {:x?}", series.labels, points.collect::<Vec<_>>())
    });
    let remarks = result.warnings.iter().chain(&result.infos);
    rows.chain(remarks.map(|remark| remark.message().to_owned())).collect()
}

#[test]
fn answers_from_the_store_are_those_without_the_cache() {
    let options = EngineOptions { lookback_delta_ms: 60_000, ..EngineOptions::default() };
    let engine = Engine::new(options);
    let mut partial_hits = 0;
    for seed in 0..12 {
        let (mut written, cache) = (Written::new(seed), ResultCache::new(1 << 22));
        for round in 0..60 {
            written.go_on();
            for text in EXPRESSIONS {
                let expr = parse(text, &ParserOptions::all()).unwrap();
                let back = if written.random(4) == 0 { written.random(200_000) } else { 0 };
                let end = (written.now - back).div_euclid(20_000) * 20_000;
                let (start, end) = (Timestamp(end - 300_000), Timestamp(end));
                let steps = Steps { start, end, step_ms: 20_000 };
                let ctx = engine.context();
                let cached = engine.range_cached(&cache, &written.db, &expr, steps, &ctx).unwrap();
                let plain = engine.range(&written.db, &expr, steps, &engine.context()).unwrap();
                assert_eq!(bits(&cached), bits(&plain), "{text}, seed {seed}, round {round}");
            }
        }
        partial_hits += cache.stats().partial_hits;
    }
    assert!(partial_hits > 1000, "{partial_hits}");
}
