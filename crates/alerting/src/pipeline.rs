//! From a flush to notifications: what is suppressed, who is to be told what, and the telling.
//!
//! The order is upstream's: inhibition, active and mute time intervals, silences, and then for each integration by
//! itself the question whether it knows already. Up to there everything is synchronous and happens at one moment;
//! only the telling ([`retry`]) takes time.

mod dedup;
mod retry;
mod suppress;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use regain_model::Labels;
use xxhash_rust::xxh64::Xxh64;

use crate::alert::Alert;
use crate::dispatch::Flush;
use crate::metrics::{IntegrationMetrics, NotificationMetrics};
use crate::nflog::{NotificationLog, Recipient, Told};
use crate::notify::{Delivered, Notification, NotificationReason, NotifyError};

pub(crate) use self::retry::{Attempts, deliver};
pub(crate) use self::suppress::{Suppression, suppress};

/// An integration as the pipeline sees it; the seam to the network.
pub trait Notify: Send + Sync + fmt::Debug {
    /// The kind: `webhook`, `slack`.
    fn name(&self) -> &'static str;

    /// Whether it is told that alerts have resolved.
    fn send_resolved(&self) -> bool;

    /// Tells it, once.
    fn notify<'a>(
        &'a self,
        notification: &'a Notification,
    ) -> BoxFuture<'a, Result<Delivered, NotifyError>>;
}

/// An integration with what it is known by and counted under.
#[derive(Clone, Debug)]
pub(crate) struct Outlet {
    pub(crate) notify: Arc<dyn Notify>,
    pub(crate) recipient: Recipient,
    pub(crate) metrics: IntegrationMetrics,
}

/// The integrations of one receiver, in their order.
pub(crate) fn outlets(
    receiver: &Arc<str>,
    integrations: &[Arc<dyn Notify>],
    metrics: &NotificationMetrics,
) -> Vec<Outlet> {
    let mut outlets: Vec<Outlet> = Vec::with_capacity(integrations.len());
    for integration in integrations {
        let name = integration.name();
        let before = outlets.iter().filter(|outlet| outlet.notify.name() == name).count();
        let recipient = Recipient {
            group_name: Arc::clone(receiver),
            integration: name.into(),
            index: u32::try_from(before).expect("a file holds fewer integrations"),
        };
        let notify = Arc::clone(integration);
        outlets.push(Outlet { notify, recipient, metrics: metrics.of(name) });
    }
    outlets
}

/// What one integration is to be told.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) outlet: Outlet,
    pub(crate) reason: NotificationReason,
    /// What is sent; nothing if the integration wants to hear nothing of it.
    pub(crate) alerts: Vec<Arc<Alert>>,
    /// What the notification log is to say afterwards.
    pub(crate) told: Told,
}

/// What a flush comes to for the integrations that do not know it all yet.
pub(crate) fn deliveries(
    flush: &Flush,
    alerts: &[Arc<Alert>],
    outlets: &[Outlet],
    nflog: &NotificationLog,
) -> Vec<Delivery> {
    // With nothing left, no integration is even asked.
    if alerts.is_empty() {
        return Vec::new();
    }
    let (mut firing, mut resolved) = (Vec::new(), Vec::new());
    for alert in alerts {
        let hashes = if alert.ends_at.is_none() { &mut firing } else { &mut resolved };
        hashes.push(hash(&alert.labels));
    }
    let repeat = flush.route.options.repeat_interval;
    let of_outlet = |outlet: &Outlet| {
        let entry = nflog.find(&outlet.recipient, &flush.group_key);
        let send_resolved = outlet.notify.send_resolved();
        let standing = dedup::Standing { firing: &firing, resolved: &resolved, send_resolved };
        let reason = dedup::reason(entry.as_deref(), &standing, repeat, flush.now);
        if reason == NotificationReason::None {
            return None;
        }
        let remembered = entry.filter(|_| reason != NotificationReason::FirstNotification);
        let wanted = alerts.iter().filter(|alert| send_resolved || alert.ends_at.is_none());
        Some(Delivery {
            outlet: outlet.clone(),
            reason,
            alerts: wanted.map(Arc::clone).collect(),
            told: Told {
                group_key: Arc::clone(&flush.group_key),
                recipient: outlet.recipient.clone(),
                firing: firing.clone(),
                resolved: resolved.clone(),
                receiver_data: remembered
                    .map(|entry| entry.receiver_data.clone())
                    .unwrap_or_default(),
                expiry: 2 * repeat,
            },
        })
    };
    outlets.iter().filter_map(of_outlet).collect()
}

/// What the notification log knows an alert by.
fn hash(labels: &Labels) -> u64 {
    const SEPARATOR: &[u8] = &[0xff];
    let mut hash = Xxh64::new(0);
    for (name, value) in labels {
        for part in [name.as_bytes(), SEPARATOR, value.as_bytes(), SEPARATOR] {
            hash.update(part);
        }
    }
    hash.digest()
}

#[cfg(test)]
mod tests;
