//! The discoveries at work: one for each distinct configuration, whichever jobs want it.

use hashbrown::HashMap;
use regain_discovery::{FileDiscovery, FileSdConfig, FileSdMetrics, Groups};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Is where a pool hears about groups.
pub(crate) type Feed = watch::Receiver<Groups>;

/// Runs discoveries.
#[derive(Debug)]
pub(crate) struct Discoveries {
    running: HashMap<FileSdConfig, Running>,
    metrics: FileSdMetrics,
    tasks: TaskTracker,
    stop: CancellationToken,
}

#[derive(Debug)]
struct Running {
    groups: Feed,
    stop: CancellationToken,
}

impl Discoveries {
    pub(crate) fn new(metrics: FileSdMetrics, stop: CancellationToken) -> Self {
        Self { running: HashMap::new(), metrics, tasks: TaskTracker::new(), stop }
    }

    /// Starts what is not running yet.
    pub(crate) fn start<'a>(&mut self, wanted: impl IntoIterator<Item = &'a FileSdConfig>) {
        for config in wanted {
            if self.running.contains_key(config) {
                continue;
            }
            let (sender, groups) = watch::channel(Groups::default());
            let stop = self.stop.child_token();
            let discovery = FileDiscovery::new(config.clone(), self.metrics.clone());
            self.tasks.spawn(discovery.run(sender, stop.clone()));
            self.running.insert(config.clone(), Running { groups, stop });
        }
    }

    /// Returns the groups of a discovery that runs. What it knew before counts as news.
    pub(crate) fn feed(&self, config: &FileSdConfig) -> Option<Feed> {
        // Nobody reads this receiver, so it and its clones have seen nothing but the empty beginning.
        self.running.get(config).map(|running| running.groups.clone())
    }

    /// Ends what nobody wants any more.
    pub(crate) fn keep(&mut self, wanted: &[FileSdConfig]) {
        self.running.retain(|config, running| {
            let keep = wanted.contains(config);
            if !keep {
                running.stop.cancel();
            }
            keep
        });
    }

    /// Waits until all have ended, after the token they were made with was cancelled.
    pub(crate) async fn stopped(&mut self) {
        self.running.clear();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
