//! `topk`, `bottomk` and `limitk`: some series of each group.
//!
//! Each group and step keeps its best series in a heap whose top is the worst of them, moved
//! exactly as Go's `container/heap` moves it, because ties show which one was first.

use std::sync::Arc;

use regain_storage::{ArenaReader, Ctx, is_histogram};

use super::groups::{Grouping, Groups};
use super::{Aggregation, Noticed, Sink};
use crate::annotations::Remark;
use crate::eval_error::Result;
use crate::grid::{Held, Matrix, RowLabels, is_absent};
use crate::label_sets::drop_metadata;
use crate::native::has_histograms;

/// Up to this many elements Go sorts by insertion, which keeps ties in order.
const INSERTION_SORT_MAX: usize = 12;

/// Which series are best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rank {
    /// Those with the largest values.
    Top,
    /// Those with the smallest values.
    Bottom,
    /// The first that come.
    First,
}

impl Rank {
    /// Whether `a` is worse than `b`; NaN is worse than anything.
    fn worse(self, a: f64, b: f64) -> bool {
        match self {
            _ if a.is_nan() => true,
            Self::Bottom => a > b,
            _ => a < b,
        }
    }

    /// Whether `value` takes the place of the `worst` so far.
    fn replaces(self, worst: f64, value: f64) -> bool {
        let better = match self {
            Self::Top => worst < value,
            Self::Bottom => worst > value,
            Self::First => return false,
        };
        better || (worst.is_nan() && !value.is_nan())
    }
}

type Entry = (f64, u32);

/// The best series of each group and step.
pub(crate) struct Ranked {
    rank: Rank,
    counts: Vec<usize>,
    groups: Groups,
    heaps: Vec<Vec<Entry>>,
    rows: Vec<RowLabels>,
    strip: bool,
    ctx: Arc<Ctx>,
    ignored: bool,
}

impl Ranked {
    pub(crate) fn new(
        rank: Rank,
        counts: Vec<usize>,
        grouping: Grouping<'_>,
        ctx: &Arc<Ctx>,
    ) -> Result<Self> {
        let held = Held::new(ctx, 0)?;
        let groups = Groups::new(grouping.filter(), held, counts.len(), size_of::<Vec<Entry>>());
        let strip = grouping.strip;
        let (ctx, heaps, rows) = (Arc::clone(ctx), Vec::new(), Vec::new());
        Ok(Self { rank, counts, groups, heaps, rows, strip, ctx, ignored: false })
    }
}

impl Sink for Ranked {
    fn begin(&mut self, arena: &ArenaReader<'_>) {
        self.groups.begin(arena);
    }

    fn row(&mut self, arena: &ArenaReader<'_>, labels: RowLabels, row: &[f64]) -> Result<()> {
        let (group, new) = self.groups.number(arena, labels)?;
        let steps = self.counts.len();
        if new {
            self.heaps.resize_with(self.heaps.len() + steps, Vec::new);
        }
        let id = u32::try_from(self.rows.len()).expect("a query's series have 32-bit ids");
        let without_histograms = self.rank != Rank::First && has_histograms(&self.ctx, row);
        let heaps = &mut self.heaps[group * steps..(group + 1) * steps];
        let mut pushed = 0;
        for ((&value, heap), &count) in row.iter().zip(heaps).zip(&self.counts) {
            if is_absent(value) || count == 0 {
                continue;
            }
            if without_histograms && is_histogram(value) {
                self.ignored = true;
                continue;
            }
            if heap.len() < count {
                heap.push((value, id));
                pushed += 1;
                if self.rank != Rank::First {
                    sift_up(heap, self.rank);
                }
            } else if self.rank.replaces(heap[0].0, value) {
                heap[0] = (value, id);
                sift_down(heap, self.rank);
            }
        }
        // Heaps grow by doubling.
        self.groups.held.add_bytes(2 * pushed * size_of::<Entry>())?;
        self.groups.held.make_room(&mut self.rows, 1)?;
        self.rows.push(labels);
        Ok(())
    }
}

impl Aggregation for Ranked {
    fn finish(mut self: Box<Self>, ctx: &Ctx) -> Result<(Matrix, Vec<Noticed>)> {
        let steps = self.counts.len();
        let mut matrix = Matrix::new(steps);
        let mut row_of: Vec<Option<usize>> = vec![None; self.rows.len()];
        for (cell, heap) in self.heaps.iter_mut().enumerate() {
            if self.rank != Rank::First {
                sort_best_first(heap, self.rank);
            }
            for &(value, id) in heap.iter() {
                let row = if let Some(row) = row_of[id as usize] {
                    row
                } else {
                    self.groups.held.make_room(&mut matrix.values, steps)?;
                    let row = matrix.push_absent(self.rows[id as usize]);
                    row_of[id as usize] = Some(row);
                    row
                };
                matrix.row_mut(row)[cell % steps] = value;
            }
        }
        if self.strip {
            drop_metadata(&ctx.labels, &mut matrix.labels);
        }
        let name = if self.rank == Rank::Top { "topk" } else { "bottomk" };
        let noticed = self.ignored.then_some((Remark::IgnoredInAggregation(name), None));
        Ok((matrix, noticed.into_iter().collect()))
    }
}

fn sift_up(heap: &mut [Entry], rank: Rank) {
    let mut at = heap.len() - 1;
    while at > 0 {
        let parent = (at - 1) / 2;
        if !rank.worse(heap[at].0, heap[parent].0) {
            break;
        }
        heap.swap(at, parent);
        at = parent;
    }
}

fn sift_down(heap: &mut [Entry], rank: Rank) {
    let mut at = 0;
    loop {
        let left = 2 * at + 1;
        if left >= heap.len() {
            break;
        }
        let right = left + 1;
        let child = if right < heap.len() && rank.worse(heap[right].0, heap[left].0) {
            right
        } else {
            left
        };
        if !rank.worse(heap[child].0, heap[at].0) {
            break;
        }
        heap.swap(at, child);
        at = child;
    }
}

fn sort_best_first(heap: &mut [Entry], rank: Rank) {
    if heap.len() > INSERTION_SORT_MAX {
        heap.sort_by(|a, b| {
            let order = a.0.partial_cmp(&b.0).unwrap_or_else(|| b.0.is_nan().cmp(&a.0.is_nan()));
            let nan = a.0.is_nan() || b.0.is_nan();
            if rank == Rank::Bottom && !nan { order } else { order.reverse() }
        });
        return;
    }
    for end in 1..heap.len() {
        let mut at = end;
        while at > 0 && rank.worse(heap[at - 1].0, heap[at].0) {
            heap.swap(at, at - 1);
            at -= 1;
        }
    }
}
