//! `regain/jobs`: what each job costs, and what it would cost at other intervals. An addition to upstream's
//! API, described in `docs/api.md`.

mod cost;

use std::time::Duration;

use regain_go_format::duration;
use regain_scrape::Health;
use serde::Serialize;

use self::cost::{Cost, Prices};
use crate::door::Open;
use crate::envelope::{ApiError, ErrorKind, Success};
use crate::targets::{PoolCost, TargetCost};

/// The intervals whose cost is told beside that of today's.
const WHAT_IF: [Duration; 4] = [
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_mins(1),
];

#[derive(Serialize)]
struct Jobs {
    jobs: Vec<Job>,
    store: Prices,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Job {
    scrape_pool: String,
    scrape_interval: String,
    scrape_timeout: String,
    targets: Counts,
    series: usize,
    round: Round,
    now: Cost,
    what_if: Vec<WhatIf>,
}

#[derive(Default, Serialize)]
struct Counts {
    up: usize,
    down: usize,
    unknown: usize,
    dropped: usize,
}

/// One scrape of every target of a job.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Round {
    samples: usize,
    body_bytes: u64,
    wire_bytes: u64,
    cpu_seconds: Option<f64>,
    slowest_seconds: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WhatIf {
    scrape_interval: String,
    #[serde(flatten)]
    cost: Cost,
}

/// `/api/v1/regain/jobs`.
pub(crate) async fn jobs(Open(serving): Open) -> Result<Success, ApiError> {
    // Going through all lanes and targets would hold up other requests on this thread.
    let collect = move || {
        let prices = Prices::of(&serving.store.db.stats());
        let listing = &*serving.targets;
        let pools = listing.pools().into_iter();
        let jobs = pools.filter_map(|pool| Some(Job::new(&listing.cost(&pool)?, pool, &prices)));
        Jobs { jobs: jobs.collect(), store: prices }
    };
    let jobs = tokio::task::spawn_blocking(collect).await;
    let jobs = jobs.map_err(|_| {
        ApiError::new(ErrorKind::Internal, "reading the statistics failed unexpectedly")
    })?;
    Ok(Success::json(&jobs))
}

impl Job {
    fn new(facts: &PoolCost, scrape_pool: String, prices: &Prices) -> Self {
        let what_if = |interval: Duration| WhatIf {
            scrape_interval: text(interval),
            cost: Cost::at(facts, prices, |_| interval),
        };
        let mut targets = Counts { dropped: facts.dropped_count, ..Counts::default() };
        for target in &facts.targets {
            *match target.health {
                Health::Up => &mut targets.up,
                Health::Down => &mut targets.down,
                Health::Unknown => &mut targets.unknown,
            } += 1;
        }
        Self {
            scrape_pool,
            scrape_interval: text(facts.interval),
            scrape_timeout: text(facts.timeout),
            targets,
            series: facts.targets.iter().map(|target| target.size.series).sum(),
            round: Round::of(facts),
            now: Cost::at(facts, prices, |target| target.interval),
            what_if: WHAT_IF.into_iter().map(what_if).collect(),
        }
    }
}

impl Round {
    fn of(facts: &PoolCost) -> Self {
        let sizes = || facts.targets.iter().map(|target| target.size);
        let slowest = |slowest: f64, target: &TargetCost| slowest.max(target.last_duration_seconds);
        Self {
            samples: sizes().map(|size| size.samples).sum(),
            body_bytes: sizes().map(|size| size.body_bytes).sum(),
            wire_bytes: sizes().map(|size| size.wire_bytes).sum(),
            cpu_seconds: facts.cpu.map(|cpu| cpu.seconds * facts.targets.len() as f64),
            slowest_seconds: facts.targets.iter().fold(0.0, slowest),
        }
    }
}

fn text(interval: Duration) -> String {
    duration::format(i64::try_from(interval.as_millis()).unwrap_or(i64::MAX))
}
