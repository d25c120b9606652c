//! What an open server answers from.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use regain_model::{Labels, Span};
use regain_prometheus_tsdb::Blocks;
use regain_rules::RuleManager;
use regain_rules::notifier::NotifierManager;
use regain_storage::{Merged, Queryable};
use regain_tsdb::Db;

use crate::query_service::QueryService;
use crate::targets::TargetListing;
use crate::write::service::WriteService;

/// Everything that is there once the store is open. A reload makes another one, which shares what the
/// configuration does not change.
#[derive(Clone)]
pub struct Serving {
    /// Answers questions.
    pub queries: Arc<QueryService>,
    /// Takes samples that are pushed; `None` unless `--web.enable-remote-write-receiver` is set.
    pub writes: Option<Arc<WriteService>>,
    /// Knows what is scraped.
    pub targets: Arc<dyn TargetListing>,
    /// Evaluates rules.
    pub rules: Arc<RuleManager>,
    /// Sends alerts on.
    pub notifier: Arc<NotifierManager>,
    /// The store whose state is shown.
    pub store: StoreFacts,
    /// What the configuration in force says.
    pub config: ConfigFacts,
}

/// The store, as the status pages show it.
#[derive(Clone, Debug)]
pub struct StoreFacts {
    /// The store.
    pub db: Db,
    /// The blocks beside it, where old samples move to.
    pub blocks: Option<Blocks>,
    /// How many damaged places were found when it was opened: 0 until it has read its log.
    pub corruptions: Arc<AtomicU64>,
}

impl StoreFacts {
    /// What queries see: the store, and the blocks beside it. Marks of one of these hold for that one only.
    pub fn source(&self) -> Arc<dyn Queryable> {
        self.with_blocks(Arc::new(self.db.clone()))
    }

    /// The same for whoever copies it: what is selected here counts as selected by nobody.
    pub(crate) fn unnoted_source(&self) -> Arc<dyn Queryable> {
        self.with_blocks(Arc::new(self.db.unnoted()))
    }

    fn with_blocks(&self, db: Arc<dyn Queryable>) -> Arc<dyn Queryable> {
        match &self.blocks {
            Some(blocks) => Arc::new(Merged::new(db, vec![Arc::new(blocks.clone())])),
            None => db,
        }
    }

    /// From the first sample to the last one.
    pub(crate) fn span(&self) -> Option<Span> {
        let blocks = self.blocks.as_ref().and_then(Blocks::span);
        let spans = self.db.span().into_iter().chain(blocks);
        spans.reduce(|a, b| Span::new(a.min.min(b.min), a.max.max(b.max)))
    }

    /// How many damaged places were found when the store was opened.
    pub(crate) fn corruptions(&self) -> u64 {
        // Ordering: a number that guards no other memory.
        self.corruptions.load(Ordering::Relaxed)
    }
}

/// What handlers need to know of the configuration in force.
#[derive(Clone, Debug)]
pub struct ConfigFacts {
    /// The whole configuration with its defaults and without its secrets.
    pub yaml: String,
    /// Labels for what leaves this server.
    pub external_labels: Labels,
    /// How long samples are kept, in words: `15d`, `15d or 10GiB`.
    pub retention: String,
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving")
            .field("queries", &self.queries)
            .field("store", &self.store)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
