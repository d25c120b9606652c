//! Deleting samples: hidden from queries at once, gone from the files when a block is written anew.

use std::sync::Arc;

use hashbrown::HashSet;
use regain_model::{Labels, Matcher, Span, Timestamp};
use regain_storage::{Ctx, Error, Result};

use super::{Blocks, Inner};
use crate::block::Block;
use crate::chunks::each_or_all;
use crate::index::IndexedSeries;
use crate::matching::matching;
use crate::meta::META_FILE;
use crate::tombstones::TOMBSTONES_FILE;
use crate::writer::replace_file;

/// Into so many steps the time is divided for which a rule keeps samples.
const RULE_STEPS: i64 = 8;
/// So many series are looked at together.
const SERIES_PER_READ: usize = 1024;

impl Blocks {
    /// Deletes the samples in a closed span of the series that match, and says of how many series. It is
    /// durable when this returns. Samples that come later are not concerned.
    pub fn delete(&self, matchers: &[Matcher], span: Span) -> Result<u64> {
        self.0.delete(matchers, span)
    }
}

impl Inner {
    pub(super) fn delete(&self, matchers: &[Matcher], span: Span) -> Result<u64> {
        let changing = self.changing();
        let content = self.content();
        let mut concerned = HashSet::new();
        let mut blocks = content.blocks.clone();
        let mut lowest: Option<i64> = None;
        let mut result = Ok(());
        for block in blocks.iter_mut().filter(|block| block.span().overlaps(span)) {
            match self.delete_in(block, matchers, span, &mut concerned) {
                Ok(None) => {}
                Ok(Some(changed)) => {
                    let first = block.meta.min_time.max(span.min.0);
                    lowest = Some(lowest.map_or(first, |lowest| lowest.min(first)));
                    *block = Arc::new(changed);
                }
                // What is done in the others stays done.
                Err(error) => result = Err(error),
            }
        }
        if lowest.is_some() {
            self.show(blocks, lowest);
        }
        drop(changing);
        result.map(|()| concerned.len() as u64)
    }

    /// Deletes in one block, durably; `None` when nothing that is there was not deleted before.
    fn delete_in(
        &self,
        block: &Block,
        matchers: &[Matcher],
        span: Span,
        concerned: &mut HashSet<Labels>,
    ) -> Result<Option<Block>> {
        let mut tombstones = (*block.tombstones).clone();
        let mut is_changed = false;
        let references = matching(&*block.index, matchers, &Ctx::default())?;
        for some in references.chunks(SERIES_PER_READ) {
            for series in each_or_all(some, |some| block.index.series(some)) {
                let series = match series {
                    Ok(series) => series,
                    Err(error @ Error::Io { .. }) => return Err(error),
                    Err(error) => {
                        // Nobody sees what it has.
                        self.content().note_damage(block, error);
                        continue;
                    }
                };
                let Some(gone) = deleted_of(&series, span) else { continue };
                let reference = u64::from(series.reference);
                if !tombstones.of(reference).is_some_and(|before| before.cover(gone)) {
                    tombstones.add(reference, gone);
                    concerned.insert(series.labels);
                    is_changed = true;
                }
            }
        }
        if !is_changed {
            return Ok(None);
        }
        let mut meta = block.meta.clone();
        meta.stats.num_tombstones = tombstones.count() as u64;
        let (deleted, about) = (tombstones.encode(), meta.to_json());
        // It has happened with the second: what the first counts is counted again when the block is opened.
        replace_file(self.fs.as_ref(), &block.dir, META_FILE, &about)?;
        replace_file(self.fs.as_ref(), &block.dir, TOMBSTONES_FILE, &deleted)?;
        let small_bytes = (deleted.len() + about.len()) as u64;
        Ok(Some(block.with_tombstones(tombstones, meta, small_bytes)))
    }

    /// Deletes what rules keep for a shorter time than the rest. Nothing happens until an eighth of that time is
    /// over again, so that files are not written anew all the time.
    pub(super) fn apply_rules(&self) -> Result<()> {
        let newest = self.newest(&self.content());
        for (at, rule) in self.retention().rules.iter().enumerate() {
            let step = (rule.time_ms / RULE_STEPS).max(1);
            let cut = newest.saturating_sub(rule.time_ms).div_euclid(step).saturating_mul(step);
            if self.changing().rule_cuts.insert(at, cut).is_some_and(|before| before >= cut) {
                continue;
            }
            let span = Span::new(Timestamp(i64::MIN), Timestamp(cut.saturating_sub(1)));
            if let Err(error) = self.delete(&rule.matchers, span) {
                self.changing().rule_cuts.remove(&at);
                return Err(error);
            }
        }
        Ok(())
    }
}

/// What is deleted of a series when `span` is: no further than the samples reach that are there.
fn deleted_of(series: &IndexedSeries, span: Span) -> Option<Span> {
    let (first, last) = (series.chunks.first()?, series.chunks.last()?);
    let overlaps = series.chunks.iter().any(|chunk| chunk.span().overlaps(span));
    let (first, last) = (Timestamp(first.min), Timestamp(last.max));
    overlaps.then(|| Span::new(span.min.max(first), span.max.min(last)))
}
