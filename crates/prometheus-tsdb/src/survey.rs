//! What a data directory holds, counted without decoding.

use std::sync::Arc;

use regain_model::{Labels, Span, Timestamp};
use regain_storage::{Ctx, Result};

use crate::chunk::{Encoding, decode, sample_count};
use crate::dir::PrometheusDir;
use crate::fault::Fault;
use crate::merge::Piece;
use crate::sample::Samples;
use crate::windows::windows;

/// So many series have their chunks read together.
const SERIES_PER_READ: usize = 128;

/// How much of each kind a data directory holds. What lies in two chunks, or is deleted in part of a
/// chunk, counts nevertheless.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Samples that are floats.
    pub floats: u64,
    /// Samples that are native histograms.
    pub histograms: u64,
    /// Floats that say when what they count has started.
    pub starts: u64,
}

impl PrometheusDir {
    /// The times between which there may be samples, if there are any.
    pub fn span(&self) -> Option<Span> {
        self.content.span(Span::ALL)
    }

    /// Counts what there is. `each` gets, window by window, the series with the numbers of
    /// their samples in the chunks that begin there.
    pub fn survey(
        &self,
        ctx: &Arc<Ctx>,
        each: &mut dyn FnMut(Span, &Labels, u64),
    ) -> Result<Holdings> {
        let mut all = Holdings::default();
        let mut scratch = Samples::default();
        for window in self.span().into_iter().flat_map(windows) {
            ctx.cancel.check()?;
            let mut found = self.content.find(&[], window, None, ctx)?;
            for some in found.chunks_mut(SERIES_PER_READ) {
                let pieces = self.content.read(some, window, ctx);
                for (series, pieces) in some.iter().zip(&pieces) {
                    let before = all.samples();
                    // A chunk that reaches into several windows counts where it begins.
                    let begins = |piece: &&Piece| window.contains(Timestamp(piece.min));
                    for piece in pieces.iter().filter(begins) {
                        if let Err(fault) = all.add(piece, &mut scratch) {
                            self.content.chunk_fault(piece, fault, ctx);
                        }
                    }
                    each(window, series.labels(), all.samples() - before);
                }
            }
        }
        Ok(all)
    }
}

impl Holdings {
    /// Floats and histograms.
    const fn samples(&self) -> u64 {
        self.floats + self.histograms
    }

    fn add(&mut self, piece: &Piece, scratch: &mut Samples) -> std::result::Result<(), Fault> {
        let (encoding, data) = (piece.bytes.encoding, &piece.bytes.data);
        let count = u64::from(sample_count(encoding, data)?);
        if encoding.is_histogram() {
            self.histograms += count;
            return Ok(());
        }
        self.floats += count;
        if encoding == Encoding::Xor2 {
            scratch.clear();
            decode(encoding, data, scratch)?;
            self.starts += scratch.starts.iter().filter(|&&start| start != 0).count() as u64;
        }
        Ok(())
    }
}
