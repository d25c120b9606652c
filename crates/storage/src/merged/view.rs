//! A query's view of several stores.

use std::collections::BTreeSet;
use std::sync::Arc;

use regain_model::{Matcher, Span, Timestamp};

use super::Inner;
use super::keyed::KeyedParts;
use super::parts::MergedParts;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::select::{Hints, Order, Parts, Selection, Snapshot};

/// A view of each store, in the order of precedence.
pub(super) struct MergedSnapshot {
    stores: Arc<Inner>,
    first: Arc<dyn Snapshot>,
    others: Vec<Arc<dyn Snapshot>>,
    mark: u64,
}

impl MergedSnapshot {
    pub(super) fn new(
        stores: Arc<Inner>,
        (first, others): (Arc<dyn Snapshot>, Vec<Arc<dyn Snapshot>>),
        mark: u64,
    ) -> Self {
        Self { stores, first, others, mark }
    }

    /// The views that may have samples in `span`; the first one where none has.
    fn holding(&self, span: Span) -> Vec<&Arc<dyn Snapshot>> {
        let holds = |view: &&Arc<dyn Snapshot>| view.span().is_some_and(|held| held.overlaps(span));
        let mut holding: Vec<_> = self.others.iter().filter(holds).collect();
        // What is asked for most is new, and then nobody else has any of it.
        if holding.is_empty() || holds(&&self.first) {
            holding.insert(0, &self.first);
        }
        holding
    }

    /// What the views list, merged.
    fn listed(
        &self,
        limit: usize,
        list: impl Fn(&dyn Snapshot) -> Result<Vec<String>>,
    ) -> Result<Vec<String>> {
        let holding = self.holding(Span::ALL);
        if let [only] = holding[..] {
            return list(&**only);
        }
        let lists = holding.into_iter().map(|view| list(&**view)).collect::<Result<Vec<_>>>()?;
        let all: BTreeSet<String> = lists.into_iter().flatten().collect();
        Ok(all.into_iter().take(if limit == 0 { usize::MAX } else { limit }).collect())
    }
}

impl Snapshot for MergedSnapshot {
    fn select(&self, selection: &Selection<'_>, ctx: &Arc<Ctx>) -> Result<Box<dyn Parts>> {
        let holding = self.holding(selection.span);
        if !holding.iter().any(|view| Arc::ptr_eq(view, &self.first)) {
            self.note_selected(selection.matchers);
        }
        if let [only] = holding[..] {
            return only.select(selection, ctx);
        }
        // Series can be brought into the order of their labels by nothing less than all of these.
        let projected = selection.hints.projected && selection.order == Order::Key;
        let hints = Hints { projected, ..selection.hints };
        let selection = Selection { hints, loose_max: 0, ..*selection };
        let parts = holding.into_iter().map(|view| view.select(&selection, ctx));
        let parts = parts.collect::<Result<Vec<_>>>()?;
        if selection.order == Order::Key && selection.limit == 0 {
            return Ok(Box::new(KeyedParts::new(parts)));
        }
        Ok(Box::new(MergedParts::new(parts, (selection.order, selection.limit), Arc::clone(ctx))))
    }

    fn label_names(&self, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        self.listed(limit, |view| view.label_names(matchers, limit))
    }

    fn label_values(&self, name: &str, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        self.listed(limit, |view| view.label_values(name, matchers, limit))
    }

    fn note_selected(&self, matchers: &[Matcher]) {
        self.first.note_selected(matchers);
    }

    fn span(&self) -> Option<Span> {
        let spans = std::iter::once(&self.first).chain(&self.others).filter_map(|view| view.span());
        spans.reduce(|all, span| Span::new(all.min.min(span.min), all.max.max(span.max)))
    }

    fn changed_since(&self, mark: u64) -> (u64, Option<Timestamp>) {
        let split = self.stores.marks().split(mark);
        let Some((first, others)) = split else { return (self.mark, Some(Timestamp::MIN)) };
        let others = self.others.iter().zip(others).map(|(view, mark)| view.changed_since(mark).1);
        let lows = std::iter::once(self.first.changed_since(first).1).chain(others);
        (self.mark, lows.flatten().min())
    }
}
