//! The HTTP API, version 1: one file for each group of endpoints.
//!
//! Endpoints of what is not built are absent: a client that asks for them is told that there is no
//! such page, and not that there is nothing.

use axum::Router;

use crate::routes::{delete, get, get_or_post, post, post_or_put};
use crate::settings::App;
use crate::write;

mod admin;
mod alertmanagers;
mod cardinality;
mod exemplars;
mod explain;
mod expression;
mod jobs;
mod labels_object;
mod metadata;
mod queries;
pub(crate) mod query;
mod rules;
mod series;
mod status;
mod targets;

pub(crate) use labels_object::LabelsObject;

/// The endpoints, without `/api/v1` in front.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/query", get_or_post(query::instant))
        .route("/query_range", get_or_post(query::range))
        .route("/query_exemplars", get_or_post(exemplars::query))
        .route("/format_query", get_or_post(expression::format))
        .route("/parse_query", get_or_post(expression::parse))
        .route("/labels", get_or_post(series::label_names))
        .route("/label/{name}/values", get(series::label_values))
        .route("/series", get_or_post(series::series))
        .route("/scrape_pools", get(targets::pools))
        .route("/targets", get(targets::targets))
        .route("/targets/metadata", get(metadata::of_targets))
        .route("/targets/relabel_steps", get_or_post(targets::relabel_steps))
        .route("/metadata", get(metadata::of_metrics))
        .route("/status/config", get(status::config))
        .route("/status/runtimeinfo", get(status::runtime_info))
        .route("/status/buildinfo", get(status::build_info))
        .route("/status/flags", get(status::flags))
        .route("/status/tsdb", get(status::tsdb))
        .route("/status/walreplay", get(status::wal_replay))
        .route("/regain/jobs", get(jobs::jobs))
        .route("/regain/cardinality", get_or_post(cardinality::cardinality))
        .route("/regain/limits", get(cardinality::limits))
        .route("/regain/queries", get(queries::list))
        .route("/regain/queries/{id}", delete(queries::kill))
        .route("/regain/lint", get_or_post(expression::lint))
        .route("/regain/explain", get_or_post(explain::explain))
        .route("/rules", get(rules::rules))
        .route("/alerts", get(rules::alerts))
        .route("/alertmanagers", get(alertmanagers::alertmanagers))
        .route("/admin/tsdb/delete_series", post_or_put(admin::delete_series))
        .route("/admin/tsdb/clean_tombstones", post_or_put(admin::clean_tombstones))
        .route("/admin/tsdb/snapshot", post_or_put(admin::snapshot))
        .route("/write", post(write::receive))
}
