//! From groups to targets.

use regain_discovery::Groups;
use regain_model::Labels;

use crate::blocking::run;
use crate::config::JobConfig;
use crate::target::{Target, discovered_labels, populate};

/// Says from how many targets on building them takes too long for a task.
const MANY_TARGETS: usize = 50;

/// Holds what came of a job's groups.
#[derive(Debug, Default)]
pub(super) struct Built {
    /// May hold duplicates.
    pub(super) targets: Vec<Target>,
    pub(super) dropped: Vec<Labels>,
    pub(super) dropped_count: usize,
    /// Counts all targets of the groups.
    pub(super) discovered: usize,
    /// Counts the targets that cannot be scraped.
    pub(super) failed: u64,
}

/// Relabels and checks all targets of the groups.
pub(super) fn targets(config: &JobConfig, groups: &[Groups]) -> Built {
    let discovered = groups.iter().flat_map(|groups| groups.iter());
    let discovered = discovered.map(|group| group.targets.len()).sum();
    let mut built = Built { discovered, ..Built::default() };
    run(discovered > MANY_TARGETS, || {
        for group in groups.iter().flat_map(|groups| groups.iter()) {
            for (index, target) in group.targets.iter().enumerate() {
                let labels = discovered_labels(config, target, &group.labels);
                let discovered = labels.labels();
                match populate(config, labels) {
                    Ok(Some(populated)) => {
                        built.targets.push(Target::new(populated, discovered, config));
                    }
                    Ok(None) => built.drop_target(config, discovered),
                    Err(error) => {
                        built.failed += 1;
                        let (job, group) = (&config.job_name, &group.source);
                        tracing::error!(job, %group, index, %error, "creating target failed");
                    }
                }
            }
        }
    });
    built
}

impl Built {
    fn drop_target(&mut self, config: &JobConfig, discovered: Labels) {
        self.dropped_count += 1;
        let kept_max = config.keep_dropped_targets;
        if kept_max == 0 || self.dropped.len() < kept_max {
            self.dropped.push(discovered);
        }
    }
}
