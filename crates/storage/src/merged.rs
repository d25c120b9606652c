//! Several stores that answer as one: the local store and the blocks beside it.
//!
//! The stores stand in the order of precedence. Where a series has samples at the same time in several of them, one
//! counts, which is the first store's unless upstream's rule has it otherwise (`runs.rs`). A view is taken of one after the other, in that order, so that samples which
//! move from an earlier store to a later one are in one of the views at least. Where only one of them has samples of the
//! time that is asked for, its answer is the answer, at no more cost.

mod keyed;
mod marks;
mod part;
mod parts;
mod runs;
mod view;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use regain_model::{Matcher, Span};

use crate::ctx::Ctx;
use crate::error::Result;
use crate::exemplars::SeriesExemplars;
use crate::select::{Queryable, Snapshot};
use marks::JointMarks;
use view::MergedSnapshot;

/// Stores with one order of series and one seed of keys, asked as one. Clones are the same.
#[derive(Clone)]
pub struct Merged(Arc<Inner>);

struct Inner {
    first: Arc<dyn Queryable>,
    others: Vec<Arc<dyn Queryable>>,
    marks: Mutex<JointMarks>,
}

impl Merged {
    /// What `first` has, and what `others` have beside it, in the order of precedence.
    pub fn new(first: Arc<dyn Queryable>, others: Vec<Arc<dyn Queryable>>) -> Self {
        Self(Arc::new(Inner { first, others, marks: Mutex::default() }))
    }
}

impl Inner {
    fn marks(&self) -> MutexGuard<'_, JointMarks> {
        self.marks.lock().expect("no holder of this lock panics")
    }

    fn all(&self) -> impl Iterator<Item = &Arc<dyn Queryable>> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl Queryable for Merged {
    fn snapshot(&self, span: Span, ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
        // Views that are taken one at a time have marks that ascend in all stores.
        let mut marks = self.0.marks();
        let first = self.0.first.snapshot(span, ctx)?;
        let others = self.0.others.iter().map(|store| store.snapshot(span, ctx));
        let others = others.collect::<Result<Vec<_>>>()?;
        let mark_of = |view: &Arc<dyn Snapshot>| view.changed_since(0).0;
        let mark = marks.join(mark_of(&first), others.iter().map(mark_of).collect());
        drop(marks);
        Ok(Arc::new(MergedSnapshot::new(Arc::clone(&self.0), (first, others), mark)))
    }

    fn series_max(&self, matchers: &[Matcher], span: Span) -> usize {
        self.0.all().map(|store| store.series_max(matchers, span)).fold(0, usize::saturating_add)
    }

    fn texts_max(&self, name: Option<&str>, span: Span) -> usize {
        self.0.all().map(|store| store.texts_max(name, span)).fold(0, usize::saturating_add)
    }

    fn exemplars(&self, span: Span, selectors: &[Vec<Matcher>]) -> Result<Vec<SeriesExemplars>> {
        self.0.first.exemplars(span, selectors)
    }
}

impl fmt::Debug for Merged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merged").field("others", &self.0.others.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
