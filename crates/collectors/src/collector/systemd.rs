//! Units of systemd: their states, restarts, timers and sockets.
//!
//! The connection is kept between scrapes and every question has a deadline, so a systemd that hangs
//! costs this collector's series and no threads or connections.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use regain_systemd::{Bus, Client, Error, Unit};
use tokio::runtime::Handle;

use crate::error::{CollectError, SettingsError};
use crate::filter::{Pattern, renamed};
use crate::run::Collector;
use crate::sink::Sink;

const DEFAULT_INCLUDE: &str = ".+";
const DEFAULT_EXCLUDE: &str = r".+\.(automount|device|mount|scope|slice)";
const STATES: [&str; 5] = ["active", "activating", "deactivating", "inactive", "failed"];
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// Is how many questions are under way at once; systemd answers them one after the other anyway.
const QUESTIONS_AT_ONCE: usize = 16;
/// Is the first version with `SystemState` and `LastTriggerUSec`.
const MIN_VERSION_OF_STATE: f64 = 212.0;

/// Holds the flags of the systemd collector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct SystemdSettings {
    /// Is the pattern of units to show, matched against the whole name.
    pub unit_include: Option<String>,
    /// Is the pattern of units not to show, matched against the whole name.
    pub unit_exclude: Option<String>,
    /// Is the include pattern under the name the flag used to have.
    pub unit_include_deprecated: Option<String>,
    /// Is the exclude pattern under the name the flag used to have.
    pub unit_exclude_deprecated: Option<String>,
    /// Asks systemd itself instead of the system bus.
    pub private: bool,
    /// Shows the tasks of services.
    pub tasks: bool,
    /// Shows the restarts of services.
    pub restarts: bool,
    /// Shows when units started.
    pub start_times: bool,
}

#[derive(Debug)]
pub(crate) struct Systemd {
    client: Client,
    runtime: Handle,
    settings: SystemdSettings,
    include: Pattern,
    exclude: Pattern,
}

impl Systemd {
    pub(crate) fn new(settings: &SystemdSettings, runtime: Handle) -> Result<Self, SettingsError> {
        let bus = if settings.private { Bus::private() } else { Bus::System };
        let (include, exclude) =
            ("--collector.systemd.unit-include", "--collector.systemd.unit-exclude");
        let included = renamed(
            (include, settings.unit_include.as_deref()),
            ("--collector.systemd.unit-whitelist", settings.unit_include_deprecated.as_deref()),
        )?;
        let excluded = renamed(
            (exclude, settings.unit_exclude.as_deref()),
            ("--collector.systemd.unit-blacklist", settings.unit_exclude_deprecated.as_deref()),
        )?;
        let whole =
            |pattern: Option<&str>, default: &str| format!("^(?:{})$", pattern.unwrap_or(default));
        Ok(Self {
            client: Client::new(bus, CALL_TIMEOUT),
            runtime,
            settings: settings.clone(),
            include: Pattern::new(include, &whole(included, DEFAULT_INCLUDE))?,
            exclude: Pattern::new(exclude, &whole(excluded, DEFAULT_EXCLUDE))?,
        })
    }

    fn shows(&self, unit: &Unit) -> bool {
        unit.load_state == "loaded"
            && self.include.is_match(&unit.name)
            && !self.exclude.is_match(&unit.name)
    }

    async fn collect(&self, sink: &mut Sink) -> Result<(), CollectError> {
        let manager = self.client.manager().await?;
        let version = manager.version.as_deref().and_then(version_number);
        sink.gauge(
            "node_systemd_version",
            "Detected systemd version",
            &[(
                "version",
                manager.version.as_deref().filter(|_| version.is_some()).unwrap_or_default(),
            )],
            version.unwrap_or(0.0),
        );
        let virtualization = match manager.virtualization.as_deref() {
            None => "unknown",
            Some("") => "none",
            Some(kind) => kind,
        };
        sink.gauge(
            "node_systemd_virtualization_info",
            "Detected virtualization technology",
            &[("virtualization_type", virtualization)],
            1.0,
        );
        let units = self.client.units().await?;
        summarize(&units, sink);
        let knows_state = version.is_some_and(|version| version >= MIN_VERSION_OF_STATE);
        let mut answers = stream::iter(units.iter().filter(|unit| self.shows(unit)))
            .map(|unit| async move { (unit, self.ask(unit, knows_state).await) })
            .buffered(QUESTIONS_AT_ONCE);
        while let Some((unit, answer)) = answers.next().await {
            show_unit(unit, &answer?, sink);
        }
        if knows_state && let Some(state) = &manager.system_state {
            sink.gauge(
                "node_systemd_system_running",
                "Whether the system is operational (see 'systemctl is-system-running')",
                &[],
                f64::from(u8::from(state == "running")),
            );
        }
        Ok(())
    }

    /// Asks what the unit's type and the flags call for.
    async fn ask(&self, unit: &Unit, timers: bool) -> Result<Details, Error> {
        let client = &self.client;
        let mut details =
            Details { unit_type: client.unit_type(unit).await?, ..Details::default() };
        let suffix = unit.suffix();
        if self.settings.start_times {
            // A unit that is not active has not started.
            details.start_us = if unit.active_state == "active" {
                client.active_since_us(unit).await?
            } else {
                Some(0)
            };
        }
        match suffix {
            "service" => {
                if self.settings.restarts {
                    details.restarts = client.restarts(unit).await?;
                }
                if self.settings.tasks {
                    details.tasks = client.tasks(unit).await?;
                }
            }
            "timer" if timers => details.last_trigger_us = client.last_trigger_us(unit).await?,
            "socket" => details.socket = client.socket_counters(unit).await?,
            _ => {}
        }
        Ok(details)
    }
}

impl Collector for Systemd {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        self.runtime.block_on(self.collect(sink))
    }
}

/// Holds what one unit was asked.
#[derive(Debug, Default)]
struct Details {
    unit_type: Option<String>,
    start_us: Option<u64>,
    restarts: Option<u32>,
    tasks: regain_systemd::Tasks,
    last_trigger_us: Option<u64>,
    socket: regain_systemd::SocketCounters,
}

fn show_unit(unit: &Unit, details: &Details, sink: &mut Sink) {
    let unit_type = details.unit_type.as_deref().unwrap_or_default();
    for state in STATES {
        sink.gauge(
            "node_systemd_unit_state",
            "Systemd unit",
            &[("name", &unit.name), ("state", state), ("type", unit_type)],
            f64::from(u8::from(state == unit.active_state)),
        );
    }
    let name = [("name", unit.name.as_str())];
    let gauges = [
        (
            "node_systemd_unit_start_time_seconds",
            "Start time of the unit since unix epoch in seconds.",
            details.start_us.map(|us| us as f64 / 1e6),
        ),
        (
            "node_systemd_unit_tasks_current",
            "Current number of tasks per Systemd unit",
            details.tasks.current.map(|tasks| tasks as f64),
        ),
        (
            "node_systemd_unit_tasks_max",
            "Maximum number of tasks per Systemd unit",
            details.tasks.max.map(|tasks| tasks as f64),
        ),
        (
            "node_systemd_timer_last_trigger_seconds",
            "Seconds since epoch of last trigger.",
            details.last_trigger_us.map(|us| us as f64 / 1e6),
        ),
        (
            "node_systemd_socket_current_connections",
            "Current number of socket connections",
            details.socket.current.map(f64::from),
        ),
        // Upstream says "total" and serves a gauge; dashboards only see the name.
        (
            "node_systemd_socket_refused_connections_total",
            "Total number of refused socket connections",
            details.socket.refused.map(f64::from),
        ),
    ];
    for (family, help, value) in gauges {
        if let Some(value) = value {
            sink.gauge(family, help, &name, value);
        }
    }
    let counters = [
        (
            "node_systemd_service_restart_total",
            "Service unit count of Restart triggers",
            details.restarts,
        ),
        (
            "node_systemd_socket_accepted_connections_total",
            "Total number of accepted socket connections",
            details.socket.accepted,
        ),
    ];
    for (family, help, value) in counters {
        if let Some(value) = value {
            sink.counter(family, help, &name, f64::from(value));
        }
    }
}

/// Counts all units by state, those that are not shown included.
fn summarize(units: &[Unit], sink: &mut Sink) {
    let mut counts: BTreeMap<&str, u32> = STATES.into_iter().map(|state| (state, 0)).collect();
    for unit in units {
        *counts.entry(&unit.active_state).or_default() += 1;
    }
    for (state, count) in counts {
        sink.gauge(
            "node_systemd_units",
            "Summary of systemd unit states",
            &[("state", state)],
            f64::from(count),
        );
    }
}

/// Finds the number in a version such as `v252.39-1~deb12u1`: three digits or more, and a fraction.
fn version_number(version: &str) -> Option<f64> {
    let bytes = version.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits >= 3 {
            let end = at + digits;
            let fraction = match bytes.get(end) {
                Some(b'.') => bytes[end + 1..].iter().take_while(|b| b.is_ascii_digit()).count(),
                _ => 0,
            };
            let end = if fraction == 0 { end } else { end + 1 + fraction };
            return version.get(at..end)?.parse().ok();
        }
        at += digits.max(1);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_number_in_a_version() {
        let check = |version, expected| assert_eq!(version_number(version), expected, "{version}");
        check("252.39-1~deb12u1", Some(252.39));
        check("v255", Some(255.0));
        check("249.", Some(249.0));
        check("systemd 12 255 (x)", Some(255.0));
        check("12", None);
        check("", None);
    }
}
