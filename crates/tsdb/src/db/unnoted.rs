//! The store for whoever reads it and is no query, as one who copies it: what is selected here was selected by nobody.

use std::sync::Arc;

use regain_model::{Matcher, Span, Timestamp};
use regain_storage::{Ctx, Parts, Queryable, Result, Selection, SeriesExemplars, Snapshot};

use super::Db;
use super::snapshot::StoreSnapshot;

/// A store that does not note what is selected.
#[derive(Clone, Debug)]
pub struct Unnoted(Db);

impl Db {
    /// The same store, which does not note what is selected ([`Cardinality`](super::Cardinality)).
    pub fn unnoted(&self) -> Unnoted {
        Unnoted(self.clone())
    }
}

impl Queryable for Unnoted {
    fn snapshot(&self, span: Span, ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
        Ok(Arc::new(UnnotedSnapshot(self.0.view_of(span, ctx))))
    }

    fn series_max(&self, matchers: &[Matcher], span: Span) -> usize {
        self.0.series_max(matchers, span)
    }

    fn texts_max(&self, name: Option<&str>, span: Span) -> usize {
        self.0.texts_max(name, span)
    }

    fn exemplars(&self, span: Span, selectors: &[Vec<Matcher>]) -> Result<Vec<SeriesExemplars>> {
        self.0.exemplars(span, selectors)
    }
}

/// A view of the store that does not note what is selected.
#[derive(Debug)]
pub(super) struct UnnotedSnapshot(pub(super) StoreSnapshot);

impl Snapshot for UnnotedSnapshot {
    fn select(&self, selection: &Selection<'_>, ctx: &Arc<Ctx>) -> Result<Box<dyn Parts>> {
        self.0.read_and_warn(selection, ctx)
    }

    fn label_names(&self, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        self.0.label_names(matchers, limit)
    }

    fn label_values(&self, name: &str, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        self.0.label_values(name, matchers, limit)
    }

    fn span(&self) -> Option<Span> {
        self.0.span()
    }

    fn changed_since(&self, mark: u64) -> (u64, Option<Timestamp>) {
        self.0.changed_since(mark)
    }
}
