//! `targets` and `scrape_pools`: what is scraped.

mod global_url;
mod relabel_steps;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use regain_go_format::time::{ZERO_TIME, format_rfc3339_ms};
use regain_model::Labels;
use serde::Serialize;

use super::labels_object::LabelsObject;
use crate::door::Open;
use crate::envelope::{ApiError, Success};
use crate::params::Params;
use crate::settings::{Settings, WebAddress};
use crate::targets::{ActiveTarget, TargetListing};

pub(crate) use relabel_steps::relabel_steps;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pools {
    scrape_pools: Vec<String>,
}

/// `/api/v1/scrape_pools`.
pub(crate) async fn pools(Open(serving): Open) -> Success {
    Success::json(&Pools { scrape_pools: serving.targets.pools() })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are the API's")]
struct Targets {
    active_targets: Vec<Active>,
    dropped_targets: Vec<Dropped>,
    /// Null unless dropped targets are asked for.
    dropped_target_counts: Option<BTreeMap<String, usize>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Active {
    discovered_labels: LabelsObject<Labels>,
    labels: LabelsObject<Labels>,
    scrape_pool: String,
    scrape_url: String,
    global_url: String,
    last_error: String,
    last_scrape: String,
    last_scrape_duration: f64,
    health: &'static str,
    scrape_interval: String,
    scrape_timeout: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_scrape_details: Option<Details>,
}

/// What a scrape found besides; only in answers that are asked for it, because upstream has none of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    samples: usize,
    series: usize,
    body_bytes: u64,
    wire_bytes: u64,
    clock_skew_seconds: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dropped {
    discovered_labels: LabelsObject<Labels>,
    scrape_pool: String,
}

/// `/api/v1/targets`.
pub(crate) async fn targets(
    Open(serving): Open,
    State(settings): State<Arc<Settings>>,
    params: Params,
) -> Result<Success, ApiError> {
    let listing = &*serving.targets;
    let state = params.text("state").to_lowercase();
    let shows = |kind: &str| matches!(state.as_str(), "" | "any") || state == kind;
    let wanted = params.text("scrapePool");
    let with_details = params.text("details") == "true";
    let active = |target: ActiveTarget, pool: &str| {
        let details = with_details.then(|| Details::of(&target));
        Active::of(target, details, pool, &settings.address)
    };
    let pools = listing.pools();
    let shown: Vec<&String> =
        pools.iter().filter(|pool| wanted.is_empty() || *pool == wanted).collect();
    let mut answer = Targets {
        active_targets: Vec::new(),
        dropped_targets: Vec::new(),
        dropped_target_counts: None,
    };
    if shows("active") {
        for &pool in &shown {
            let targets = listing.active(pool).into_iter();
            answer.active_targets.extend(targets.map(|target| active(target, pool)));
        }
    }
    if shows("dropped") {
        answer.dropped_targets = shown.iter().flat_map(|pool| dropped(listing, pool)).collect();
        let count = |pool: &String| (pool.clone(), listing.dropped(pool).count);
        answer.dropped_target_counts = Some(pools.iter().map(count).collect());
    }
    Ok(Success::json(&answer))
}

fn dropped(listing: &dyn TargetListing, pool: &str) -> Vec<Dropped> {
    let entry =
        |labels| Dropped { discovered_labels: LabelsObject(labels), scrape_pool: pool.to_owned() };
    listing.dropped(pool).kept.into_iter().map(entry).collect()
}

impl Active {
    fn of(
        target: ActiveTarget,
        details: Option<Details>,
        pool: &str,
        address: &WebAddress,
    ) -> Self {
        let last_scrape = target.last_scrape.and_then(|time| format_rfc3339_ms(time.0));
        Self {
            discovered_labels: LabelsObject(target.discovered_labels),
            labels: LabelsObject(target.labels),
            scrape_pool: pool.to_owned(),
            global_url: global_url::of(&target.url, address),
            scrape_url: target.url,
            last_error: target.last_error,
            last_scrape: last_scrape.unwrap_or_else(|| ZERO_TIME.to_owned()),
            last_scrape_duration: target.last_duration_seconds,
            health: target.health.as_str(),
            scrape_interval: target.interval,
            scrape_timeout: target.timeout,
            last_scrape_details: details,
        }
    }
}

impl Details {
    fn of(target: &ActiveTarget) -> Self {
        let size = target.size;
        Self {
            samples: size.samples,
            series: size.series,
            body_bytes: size.body_bytes,
            wire_bytes: size.wire_bytes,
            clock_skew_seconds: target.clock_skew_seconds,
        }
    }
}
