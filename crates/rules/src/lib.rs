//! Groups, recording and alerting rules, alert state, and sending alerts on.
//!
//! The [`RuleManager`] has a task for each group; a task evaluates the rules of its group, one after another, in the
//! group's slots. An evaluation is synchronous: it asks the engine, moves the alerts of alerting rules on, saves what
//! must survive a restart, hands alerts to the [`NotifierManager`] and appends the results as a batch of its own lane.
//!
//! **Invariants.** A rule that fails, also by a panic, ends its own evaluation only. A start time that a receiver was
//! told is on disk before. Time comes from the [`Clock`] and the runtime's timer alone. Readers look at views that are
//! swapped and never locked.

mod clock;
mod error;
mod settings;

mod alert;
mod alerts;
mod recording;

mod ask;
mod external_url;
mod output;
mod queries;
mod rule_state;
mod running;
mod scene;
mod state;
mod template;

mod group;
mod group_task;
mod manager;
mod offline;
mod slot;

mod metrics;
mod view;

pub mod notifier;

pub use alert::{Alert, AlertState};
pub use clock::Clock;
pub use error::RuleError;
pub use external_url::ExternalUrl;
pub use manager::{RuleManager, RuleOptions};
pub use notifier::{NotifierManager, NotifierOptions};
pub use offline::{OfflineEvaluation, OfflineOptions};
pub use queries::{DirectQueries, RuleQueries, RuleQuery};
pub use settings::{AlertSettings, Rule, RuleGroup, RuleKind, RuleSet, Texts};
pub use state::StateDir;
pub use template::{TemplateMistake, check_template};
pub use view::{AlertingView, GroupView, RuleHealth, RuleView};
