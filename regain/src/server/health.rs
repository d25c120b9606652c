//! Tells the log what the store cannot do, once when it begins and once when it ends.

use std::sync::Mutex;

use regain_api::StoreFacts;
use regain_prometheus_tsdb::Blocks;
use regain_storage::Trouble;
use tokio::time::Instant;

use crate::logging;

/// What the log was told.
#[derive(Debug, Default)]
pub(super) struct HealthLog(Mutex<Told>);

#[derive(Debug, Default)]
struct Told {
    trouble: Option<(Trouble, Instant)>,
    set_aside: usize,
    damaged_blocks: usize,
}

impl HealthLog {
    /// Looks at the store, and tells what is new.
    pub(super) fn look_at(&self, store: &StoreFacts) {
        let health = store.db.health();
        let mut told = self.0.lock().expect("no holder of this lock panics");
        match (told.trouble, health.trouble) {
            (before, Some(trouble)) if before.is_none_or(|before| before.0 != trouble) => {
                let since = before.map_or_else(Instant::now, |before| before.1);
                told.trouble = Some((trouble, since));
                tracing::error!(
                    component = "tsdb",
                    reason = %trouble,
                    "The store is degraded: it cannot write, answers queries, and goes on by itself when it can"
                );
            }
            (Some((_, since)), None) => {
                told.trouble = None;
                tracing::info!(
                    component = "tsdb",
                    duration = logging::duration(since.elapsed()),
                    "The store has recovered"
                );
            }
            _ => {}
        }
        for set_aside in health.set_aside.iter().skip(told.set_aside) {
            tracing::error!(
                component = "tsdb",
                file = %set_aside.path.display(),
                min_time = set_aside.span.min.0,
                max_time = set_aside.span.max.0,
                "A damaged file was set aside; what could be read of it is served"
            );
        }
        told.set_aside = health.set_aside.len();
        let damages = store.blocks.as_ref().map(Blocks::damages).unwrap_or_default();
        for damage in damages.iter().skip(told.damaged_blocks) {
            tracing::error!(
                component = "tsdb",
                err = logging::with_sources(&**damage),
                "A block cannot be read and is left alone; the others are served"
            );
        }
        told.damaged_blocks = damages.len();
    }
}
