//! What alerting is told when it starts, and what each configuration comes to.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use regain_model::Labels;

use crate::matcher::MatcherMode;
use crate::notify::Notification;
use crate::pipeline::Notify;
use crate::route::RouteTree;
use crate::settings::Settings;
use crate::silences::SilenceOptions;
use crate::time_interval::TimeIntervals;

/// What flags say. The defaults are upstream's.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long silences are kept after their end, and notifications are remembered (`--data.retention`).
    pub retention: Duration,
    /// How often the snapshots are written (`--data.maintenance-interval`).
    pub maintenance_interval: Duration,
    /// The most silences; 0 is no limit (`--silences.max-silences`).
    pub silences_max: usize,
    /// The most bytes of a silence; 0 is no limit (`--silences.max-silence-size-bytes`).
    pub silence_size_bytes_max: usize,
    /// Whether changes of silences are logged (`--log.silences`).
    pub log_silences: bool,
    /// How often alerts that have ended are forgotten (`--alerts.gc-interval`).
    pub alerts_gc_interval: Duration,
    /// The most alerts of one name; 0 is no limit (`--alerts.per-alertname-limit`).
    pub alerts_per_name_max: usize,
    /// How often groups that have ended are swept out (`--dispatch.maintenance-interval`).
    pub dispatch_maintenance_interval: Duration,
    /// How long after the start nothing is notified (`--dispatch.start-delay`).
    pub dispatch_start_delay: Duration,
    /// The most groups; 0 is no limit.
    pub groups_max: usize,
    /// Whether groups and their timers outlive a reload and a restart. Upstream's do not.
    pub keep_group_state: bool,
    /// Which grammar matchers have, and which names labels.
    pub matcher_mode: MatcherMode,
    /// How long flushes under way may take when the process ends.
    pub drain_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            retention: Duration::from_hours(120),
            maintenance_interval: Duration::from_mins(15),
            silences_max: 0,
            silence_size_bytes_max: 0,
            log_silences: false,
            alerts_gc_interval: Duration::from_mins(30),
            alerts_per_name_max: 0,
            dispatch_maintenance_interval: Duration::from_secs(30),
            dispatch_start_delay: Duration::ZERO,
            groups_max: 0,
            keep_group_state: false,
            matcher_mode: MatcherMode::Fallback,
            drain_timeout: Duration::from_secs(5),
        }
    }
}

impl Options {
    pub(super) const fn silences(&self) -> SilenceOptions {
        SilenceOptions {
            retention: self.retention,
            silences_max: self.silences_max,
            size_bytes_max: self.silence_size_bytes_max,
            matcher_mode: self.matcher_mode,
            log_changes: self.log_silences,
        }
    }
}

/// Renders the labels of a route, whose values are templates until then, for what is to be notified. A label whose
/// template fails is left out.
pub type RenderRouteLabels = Arc<dyn Fn(&Notification) -> Labels + Send + Sync>;

/// A configuration, ready to be used.
#[derive(Clone)]
pub struct Plan {
    /// What it was made from.
    pub settings: Arc<Settings>,
    /// The routing tree.
    pub routes: RouteTree,
    /// The time intervals that routes name.
    pub intervals: TimeIntervals,
    /// The integrations of each receiver that a route names, in the order of the file.
    pub integrations: BTreeMap<Arc<str>, Vec<Arc<dyn Notify>>>,
    /// See [`RenderRouteLabels`].
    pub route_labels: RenderRouteLabels,
    /// Where this program is reached from outside, without a slash at its end.
    pub external_url: Arc<str>,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("settings", &self.settings)
            .field("integrations", &self.integrations)
            .field("external_url", &self.external_url)
            .finish_non_exhaustive()
    }
}
