//! Routes, grouping, inhibition, silences, the notification log and receivers: what Alertmanager 0.34 does.

mod alert;
mod clock;
mod order;
mod wire;

pub mod settings;

pub mod matcher;

pub mod inhibit;
pub mod route;
pub mod time_interval;

pub mod notify;
mod template;

mod nflog;
mod silences;
mod store;

mod dispatch;
mod journal;
mod pipeline;

mod alerting;
mod metrics;

pub use alert::{ALERT_NAME, Alert, Annotations, Fingerprint};
pub use alerting::{
    AlertFilter, AlertState, AlertView, Alerting, Closed, GroupView, OpenError, Options, Plan,
    RenderRouteLabels, SilenceFailure, Surroundings, Verdict, fulfils,
};
pub use clock::Clock;
pub use journal::JournalError;
pub use pipeline::Notify;
pub use silences::{
    InvalidMatcher, InvalidSilence, MatcherDraft, Silence, SilenceDraft, SilenceError,
    SilenceFilter, SilenceState,
};
pub use store::{InvalidAlert, PostedAlert};
pub use template::{RenderError, Templates};
pub use wire::SnapshotError;
