//! Vectors that several parts of a query ask for.

use std::rc::Rc;
use std::sync::Arc;

use super::Evaluator;
use crate::eval_error::Result;
use crate::grid::{Grid, Held, Matrix};
use crate::plan::{Node, NodeId};
use crate::sharing::{Kept, Key, Said};

impl Evaluator<'_> {
    /// The vector that `node` becomes, to be looked at.
    pub(crate) fn lent(&mut self, node: &Node, grid: &Grid) -> Result<Rc<Matrix>> {
        match self.shares.key(node, grid) {
            Some(key) => self.shared(&key, node, grid),
            None => self.unshared_vector(node, grid).map(Rc::new),
        }
    }

    /// The vector that `node` becomes, to be changed.
    pub(crate) fn vector(&mut self, node: &Node, grid: &Grid) -> Result<Matrix> {
        match self.shares.key(node, grid) {
            Some(key) => {
                let lent = self.shared(&key, node, grid)?;
                self.taken(lent)
            }
            None => self.unshared_vector(node, grid),
        }
    }

    /// The vector of a node that is shared under `key`.
    fn shared(&mut self, key: &Key, node: &Node, grid: &Grid) -> Result<Rc<Matrix>> {
        if let Some(kept) = self.shares.turn(key)
            && self.say_again(&kept.said, node)
        {
            self.unheld_max = self.unheld_max.saturating_add(kept.matrix.cost());
            self.add_operand(&kept.matrix);
            return Ok(kept.matrix);
        }
        let round = self.shares.round;
        if let Some(settled) = round.and_then(|round| round.turn(key, self.snapshot))
            && self.say_again(settled.said(), node)
        {
            let matrix = Rc::new(settled.matrix(self.ctx)?);
            self.keep(key, &matrix, settled.said());
            return Ok(matrix);
        }
        let (before, outside) = (self.stats, std::mem::take(&mut self.annotations));
        let vector = self.unshared_vector(node, grid);
        let noticed = std::mem::replace(&mut self.annotations, outside);
        self.annotations.extend(&noticed, Clone::clone);
        let matrix = Rc::new(vector?);
        let samples_total = self.stats.samples_total.saturating_sub(before.samples_total);
        let (id, places) = (NodeId::of(node), node.places());
        let said = Arc::new(Said { node: id, places, noticed, samples_total });
        self.keep(key, &matrix, &said);
        if let Some(round) = round {
            round.keep(key, node, self.snapshot, (&matrix, &said, self.ctx));
        }
        Ok(matrix)
    }

    fn keep(&mut self, key: &Key, matrix: &Rc<Matrix>, said: &Arc<Said>) {
        self.shares.keep(key, || Kept { matrix: Rc::clone(matrix), said: Arc::clone(said) });
    }

    /// Says of `node` what was noticed about its equal; `false` if that is not known.
    fn say_again(&mut self, kept: &Said, node: &Node) -> bool {
        if !kept.noticed.is_empty() {
            let places = node.places();
            let is_known = |at: &_| kept.moved(at, &places).is_some();
            if !kept.noticed.places().all(is_known) {
                return false;
            }
            let moved = |at: &_| kept.moved(at, &places).unwrap_or_default();
            self.annotations.extend(&kept.noticed, moved);
        }
        self.stats.samples_total += kept.samples_total;
        if let Some(profile) = &mut self.profile {
            profile.shared(node, kept.node, kept.samples_total);
        }
        true
    }

    /// A vector of one's own: the lent one if nobody else looks at it any more, or a copy.
    pub(super) fn taken(&self, lent: Rc<Matrix>) -> Result<Matrix> {
        let lent = match Rc::try_unwrap(lent) {
            Ok(matrix) => return Ok(matrix),
            Err(lent) => lent,
        };
        let mut held = Held::new(self.ctx, lent.cost())?;
        held.add_bytes(lent.size_bytes())?;
        let mut copy = lent.copied();
        copy.adopt(held);
        Ok(copy)
    }
}
