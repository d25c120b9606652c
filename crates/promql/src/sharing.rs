//! Equal parts of a query are evaluated once, and what they came to is lent to all who ask for it.
//!
//! Parts are equal if they compute the same at the same times; where they stand in the text is nothing to their
//! values, but much to what is said about them. So what was noticed when a part was evaluated is said again
//! wherever else it stands, of the bytes there, and the samples that it looked at count for each of its places.
//!
//! What is shared is always a whole vector. A chain from a selector into an aggregation never is one, so it is
//! shared only together with its aggregation: the rows of all its series at all steps would have to be kept, which
//! may be far more than all that the query holds. Where some place needs the rows in any case, the others take
//! theirs from there; and at a single step, where a chain goes into a vector, its rows are no more than that vector,
//! so that `x > 1 and x < 5` reads `x` once.
//!
//! Whatever is lent must not make a query fail that would do without: one that has no more memory while something is
//! kept for later begins again and shares nothing. Samples are counted as if nothing were shared.

mod census;
mod round;

use std::rc::Rc;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::annotations::Annotations;
use crate::grid::{Grid, Matrix};
use crate::plan::{Node, NodeId, Position};

pub(crate) use census::census;
pub use round::{Round, Turn};

/// What equal nodes have in common: their number, and the times at which they are evaluated.
pub(crate) type Key = (u32, Grid);

/// How far a query shares what its parts come to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sharing<'q> {
    /// Each part is evaluated by itself.
    None,
    /// Equal parts are evaluated once.
    Within,
    /// So are parts that are equal to those of other queries.
    Around(&'q Round),
}

/// The nodes of a query that are evaluated once for several places.
#[derive(Debug, Default)]
pub(crate) struct Shares<'q> {
    numbers: HashMap<NodeId, u32>,
    shelves: HashMap<Key, Shelf>,
    /// The query's round, if it has one.
    pub(crate) round: Option<&'q Round>,
}

/// The place of one shared vector.
#[derive(Debug)]
struct Shelf {
    /// How often it is still expected to be asked for.
    turns: u32,
    kept: Option<Kept>,
}

/// What a node came to.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) matrix: Rc<Matrix>,
    pub(crate) said: Arc<Said>,
}

/// What an evaluation came to beside its values.
#[derive(Debug)]
pub(crate) struct Said {
    /// The node that was evaluated.
    pub(crate) node: NodeId,
    /// Where the node and those below it stand.
    pub(crate) places: Vec<Position>,
    /// What was noticed.
    pub(crate) noticed: Annotations,
    /// The samples that were looked at.
    pub(crate) samples_total: u64,
}

impl Shares<'_> {
    /// What `node` at the times of `grid` is known by, if it is shared.
    pub(crate) fn key(&self, node: &Node, grid: &Grid) -> Option<Key> {
        if self.numbers.is_empty() {
            return None;
        }
        let key = (*self.numbers.get(&NodeId::of(node))?, *grid);
        self.shelves.contains_key(&key).then_some(key)
    }

    /// What is kept under `key`, for one of those who ask for it. After the last it is gone.
    pub(crate) fn turn(&mut self, key: &Key) -> Option<Kept> {
        let shelf = self.shelves.get_mut(key)?;
        shelf.turns = shelf.turns.saturating_sub(1);
        if shelf.turns == 0 { shelf.kept.take() } else { shelf.kept.clone() }
    }

    /// Keeps something if anybody is still expected to ask for it.
    pub(crate) fn keep(&mut self, key: &Key, kept: impl FnOnce() -> Kept) {
        if let Some(shelf) = self.shelves.get_mut(key)
            && shelf.turns > 0
        {
            shelf.kept = Some(kept());
        }
    }

    /// Whether anything is kept.
    pub(crate) fn hold_any(&self) -> bool {
        self.shelves.values().any(|shelf| shelf.kept.is_some())
    }
}

impl Said {
    /// Where a remark about the bytes `at` belongs, if the same is said of equal nodes at `places`; `None` where one
    /// place stands for several.
    pub(crate) fn moved(&self, at: &Position, places: &[Position]) -> Option<Position> {
        let mut moved = self.places.iter().zip(places).filter(|(before, _)| *before == at);
        let Some((_, first)) = moved.next() else {
            // What is about no part of the text is so everywhere.
            return Some(at.clone());
        };
        moved.all(|(_, other)| other == first).then(|| first.clone())
    }
}

#[cfg(test)]
mod tests;
