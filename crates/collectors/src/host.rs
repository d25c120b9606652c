//! The host as a whole: a set of collectors and the families of one scrape.

use std::collections::BTreeSet;
use std::time::Duration;

use regain_metrics::{Gathered, LabelPair, MetricFamily};
use tokio::runtime::Handle;

use crate::collector::{self, Settings};
use crate::error::SettingsError;
use crate::known;
use crate::run::{Collector, Report, Runner};

/// Holds the collectors that are switched on; they live as long as the program and keep state.
#[derive(Debug)]
pub struct Host {
    runner: Runner,
}

/// Says which collectors one scrape is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Is every collector that is switched on.
    All,
    /// Are these.
    Only(BTreeSet<String>),
}

impl Host {
    /// Makes the collectors of these names; `runtime` drives the connection to systemd.
    pub fn new<'a>(
        settings: &Settings,
        enabled: impl IntoIterator<Item = &'a str>,
        runtime: &Handle,
    ) -> Result<Self, SettingsError> {
        let mut collectors = Vec::new();
        for name in enabled {
            let unknown = || SettingsError::Unknown { name: name.to_owned() };
            let known = known::find(name).ok_or_else(unknown)?;
            let collector = collector::make(name, settings, runtime)?.ok_or_else(unknown)?;
            collectors.push((known.name, collector));
        }
        Ok(Self::of(collectors))
    }

    /// Takes these collectors.
    pub fn of(collectors: Vec<(&'static str, Box<dyn Collector>)>) -> Self {
        Self { runner: Runner::new(collectors) }
    }

    /// Names the collectors that are switched on, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.runner.names()
    }

    /// Checks the names of a scrape's `collect[]` parameters.
    pub fn only<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Selection, SettingsError> {
        let mut only = BTreeSet::new();
        for name in names {
            if !self.runner.has(name) {
                let name = name.to_owned();
                return Err(match known::find(&name) {
                    Some(known) if known.built => SettingsError::Disabled { name },
                    _ => SettingsError::Unknown { name },
                });
            }
            only.insert(name.to_owned());
        }
        Ok(Selection::Only(only))
    }

    /// Selects every collector but the ones of a scrape's `exclude[]` parameters.
    ///
    /// Excluding all of them selects all of them, as upstream's empty filter does.
    pub fn all_but<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Selection {
        let excluded: BTreeSet<&str> = names.into_iter().collect();
        let rest: BTreeSet<String> =
            self.names().filter(|name| !excluded.contains(name)).map(str::to_owned).collect();
        if rest.is_empty() { Selection::All } else { Selection::Only(rest) }
    }

    /// Runs the selected collectors and gives their families, checked. Blocks until all are done or
    /// `limit` has passed.
    ///
    /// A textfile may say anything, including what a collector says too; as in upstream's registry, the
    /// contradicting part is left out and the rest is served.
    pub fn gather(&self, selection: &Selection, limit: Duration) -> Gathered {
        Gathered::from_families(self.collect(selection, limit))
    }

    /// Runs the selected collectors like [`Host::gather`], for whoever has families of his own to check
    /// them with. The duration and the success of each collector are the last two families.
    pub fn collect(&self, selection: &Selection, limit: Duration) -> Vec<MetricFamily> {
        let reports = self.runner.run(
            |name| match selection {
                Selection::All => true,
                Selection::Only(only) => only.contains(name),
            },
            limit,
        );
        let mut duration = MetricFamily::gauge(
            "node_scrape_collector_duration_seconds",
            "node_exporter: Duration of a collector scrape.",
        );
        let mut success = MetricFamily::gauge(
            "node_scrape_collector_success",
            "node_exporter: Whether a collector succeeded.",
        );
        let mut families = Vec::new();
        for (name, Report { families: found, duration: took, success: succeeded }) in reports {
            let labels = vec![LabelPair::new("collector", name)];
            duration.push(labels.clone(), took.as_secs_f64());
            success.push(labels, f64::from(u8::from(succeeded)));
            families.extend(found);
        }
        families.push(duration);
        families.push(success);
        families
    }
}
