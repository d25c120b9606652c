//! A set of Alertmanagers with common settings. One task owns it: discoveries tell it who its members are.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::future::select_all;
use regain_discovery::{FileDiscovery, Groups};
use regain_http::Client;
use regain_http::client::ClientOptions;
use regain_http::client::error::BuildError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::NotifierShared;
use super::alert::{OutgoingAlert, relabel};
use super::queue::AlertQueue;
use super::send_loop::SendLoop;
use super::settings::AlertmanagerSettings;
use super::target::alertmanagers;

/// Is the name under which connections of these clients are counted.
const CLIENT_NAME: &str = "alertmanager";
/// Is the shortest time between two changes of the members, as in upstream's discovery manager.
const SYNC_INTERVAL: Duration = Duration::from_secs(5);
/// Is how long a new discovery may take to say what it knows before the set is used without it.
const FIRST_GROUPS_WAIT: Duration = Duration::from_secs(5);

/// Is one Alertmanager.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) url: String,
    queue: Arc<AlertQueue>,
    stop: CancellationToken,
}

/// Holds the Alertmanagers of a set at one moment.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub(super) active: Vec<Member>,
    /// Are the URLs of those that relabelling dropped.
    pub(super) dropped: Vec<String>,
}

/// Is what senders and readers see of a set.
#[derive(Debug)]
pub(super) struct SetView {
    settings: AlertmanagerSettings,
    members: ArcSwap<Members>,
}

impl SetView {
    pub(super) fn members(&self) -> Arc<Members> {
        self.members.load_full()
    }

    /// Puts alerts in the queues of all members.
    pub(super) fn send(&self, alerts: &[Arc<OutgoingAlert>]) {
        let rules = &self.settings.alert_relabel_configs;
        let alerts = relabel(rules, &regain_model::Labels::empty(), alerts);
        if alerts.is_empty() {
            return;
        }
        for member in &self.members.load().active {
            let count = member.queue.push(&alerts);
            if count > 0 {
                tracing::warn!(
                    alertmanager = member.url,
                    count,
                    "Alert notification queue full, dropping alerts"
                );
            }
        }
    }
}

/// Leads to the task of a set.
#[derive(Debug)]
pub(super) struct AlertmanagerSet {
    view: Arc<SetView>,
    is_ready: watch::Receiver<bool>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// Is the task of a set.
#[derive(Debug)]
struct SetTask {
    shared: Arc<NotifierShared>,
    view: Arc<SetView>,
    name: String,
    client: Client,
    statics: Groups,
    feeds: Vec<Feed>,
    tasks: TaskTracker,
}

/// Is where a set hears about groups; closed ones are silent.
#[derive(Debug)]
struct Feed {
    groups: watch::Receiver<Groups>,
    is_open: bool,
}

impl AlertmanagerSet {
    /// Starts a set, the `index`th of the configuration.
    pub(super) fn start(
        shared: &Arc<NotifierShared>,
        index: usize,
        settings: AlertmanagerSettings,
        stop: &CancellationToken,
    ) -> Result<Self, BuildError> {
        let options = &shared.options;
        let client_options = ClientOptions {
            metrics: options.dial_metrics.as_ref().map(|metrics| (metrics, CLIENT_NAME)),
            ..ClientOptions::new(&options.user_agent, &options.environment)
        };
        let client = Client::new(&settings.client, &client_options)?;
        let (stop, tasks) = (stop.child_token(), TaskTracker::new());
        let feeds = settings.files.iter().map(|files| {
            let (sender, groups) = watch::channel(Groups::default());
            let discovery = FileDiscovery::new(files.clone(), options.file_sd_metrics.clone());
            tasks.spawn(discovery.run(sender, stop.clone()));
            Feed { groups, is_open: true }
        });
        let feeds = feeds.collect();
        let statics = settings.statics.groups();
        let view = Arc::new(SetView { settings, members: ArcSwap::default() });
        let task = SetTask {
            shared: Arc::clone(shared),
            view: Arc::clone(&view),
            name: format!("config-{index}"),
            client,
            statics,
            feeds,
            tasks: tasks.clone(),
        };
        let (ready, is_ready) = watch::channel(false);
        tasks.spawn(task.run(ready, stop.clone()));
        Ok(Self { view, is_ready, stop, tasks })
    }

    pub(super) fn settings(&self) -> &AlertmanagerSettings {
        &self.view.settings
    }

    pub(super) fn view(&self) -> Arc<SetView> {
        Arc::clone(&self.view)
    }

    /// Waits until the members are known.
    pub(super) async fn ready(&self) {
        let mut is_ready = self.is_ready.clone();
        if is_ready.wait_for(|&ready| ready).await.is_err() {
            tracing::debug!("a set of Alertmanagers ended before its members were known");
        }
    }

    /// Ends the set without waiting for its queues.
    pub(super) fn end(self) {
        self.stop.cancel();
        self.tasks.close();
    }

    /// Ends the set and waits until its queues are emptied or dropped.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl SetTask {
    async fn run(mut self, ready: watch::Sender<bool>, stop: CancellationToken) {
        self.await_first_groups(&stop).await;
        let mut last_sync = Instant::now();
        self.sync();
        ready.send_replace(true);
        let mut due = None;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = until(due) => {
                    (last_sync, due) = (Instant::now(), None);
                    self.sync();
                }
                () = news(&mut self.feeds) => {
                    self.shared.sd_metrics.received_updates.inc();
                    if due.is_none() {
                        due = Some(Instant::now().max(last_sync + SYNC_INTERVAL));
                    }
                }
            }
        }
        for member in &self.view.members.load().active {
            member.stop.cancel();
        }
        self.shared.sd_metrics.forget(&self.name);
    }

    async fn await_first_groups(&mut self, stop: &CancellationToken) {
        let deadline = Instant::now() + FIRST_GROUPS_WAIT;
        for feed in &mut self.feeds {
            let left = deadline.saturating_duration_since(Instant::now());
            tokio::select! {
                () = stop.cancelled() => return,
                heard = timeout(left, feed.groups.changed()) => match heard {
                    Ok(Ok(())) => self.shared.sd_metrics.received_updates.inc(),
                    Ok(Err(_)) => feed.is_open = false,
                    Err(_) => tracing::warn!(config = self.name,
                        "a discovery is slow; alerts are sent without its Alertmanagers"),
                },
            }
        }
    }

    /// Brings the members in line with the groups.
    fn sync(&self) {
        let before = self.view.members();
        let mut members = Members::default();
        let discovered = self.feeds.iter().map(|feed| Groups::clone(&feed.groups.borrow()));
        let groups: Vec<Groups> =
            std::iter::once(Groups::clone(&self.statics)).chain(discovered).collect();
        let mut targets = 0;
        for group in groups.iter().flat_map(|groups| groups.iter()) {
            targets += group.targets.len();
            let found = match alertmanagers(&self.view.settings, group) {
                Ok(found) => found,
                Err(err) => {
                    tracing::error!(%err, "Creating discovered Alertmanagers failed");
                    continue;
                }
            };
            members.dropped.extend(found.dropped);
            for url in found.active {
                if members.active.iter().any(|member| member.url == url) {
                    continue;
                }
                let known = before.active.iter().find(|member| member.url == url).cloned();
                members.active.push(known.unwrap_or_else(|| self.start_member(url)));
            }
        }
        for gone in &before.active {
            if !members.active.iter().any(|member| member.url == gone.url) {
                gone.stop.cancel();
            }
        }
        self.view.members.store(Arc::new(members));
        let sd_metrics = &self.shared.sd_metrics;
        sd_metrics.updated(&self.name, targets, self.shared.options.clock.now());
        sd_metrics.sent_updates.inc();
    }

    fn start_member(&self, url: String) -> Member {
        let metrics = self.shared.metrics.of(&url);
        let queue = Arc::new(AlertQueue::new(self.shared.options.queue_capacity, metrics.clone()));
        let stop = CancellationToken::new();
        let send_loop = SendLoop {
            shared: Arc::clone(&self.shared),
            url: url.clone(),
            client: self.client.clone(),
            timeout: self.view.settings.timeout,
            queue: Arc::clone(&queue),
            metrics,
        };
        self.tasks.spawn(send_loop.run(stop.clone()));
        Member { url, queue, stop }
    }
}

/// Waits until a feed has something new.
async fn news(feeds: &mut [Feed]) {
    loop {
        let open = feeds.iter_mut().filter(|feed| feed.is_open);
        let changes: Vec<_> = open.map(|feed| Box::pin(change(feed))).collect();
        if changes.is_empty() {
            return std::future::pending().await;
        }
        if select_all(changes).await.0 {
            return;
        }
    }
}

async fn change(feed: &mut Feed) -> bool {
    feed.is_open = feed.groups.changed().await.is_ok();
    feed.is_open
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
