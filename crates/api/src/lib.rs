//! The server over HTTP, and the only wire JSON.
//!
//! [`router`] makes the routes of a [`Settings`]; they serve once the [`Door`] is opened with a
//! [`Serving`]. Handlers read a request, ask the crates below on a thread where they may take their time,
//! and write the answer straight into its body.
//!
//! **Invariants.** What needs the store cannot run before the door gives it. Errors become status codes in
//! `envelope` alone, except for remote write, whose senders are told in plain text. Endpoints of what is not
//! built are absent.

mod router;

mod build_info;
mod clock;
mod config_status;
mod door;
mod serving;
mod settings;
mod shortcut;
mod snapshot_runs;
mod targets;

mod v1;

mod alertmanager;
mod healing;

mod federate;
mod lifecycle;
mod self_metrics;
mod write;

mod query_service;

mod envelope;
mod guard;
mod json;
mod params;
mod reload;
mod routes;

pub use alertmanager::{AlertingDoor, AlertingService, AlertmanagerServer, alertmanager_router};
pub use build_info::BuildInfo;
pub use clock::Clock;
pub use config_status::ConfigStatus;
pub use door::Door;
pub use guard::Changes;
pub use healing::{AlertSource, HealingDoor, HealingServer, HealingService, healing_router};
pub use query_service::{ActiveLog, QueryLimits, QueryService};
pub use reload::ReloadRequest;
pub use router::router;
pub use self_metrics::register_store;
pub use serving::{ConfigFacts, Serving, StoreFacts};
pub use settings::{Lifecycle, ProcessFacts, Settings, WebAddress};
pub use targets::{
    ActiveTarget, DroppedTargets, PoolCost, TargetCost, TargetListing, TargetMetadata,
};
pub use write::{AcceptedMessages, WriteService};
