//! The samples of a series from all chunks that have some: in order, each time once.

use std::sync::Arc;

use regain_model::{ResetHint, Span, Timestamp};

use crate::chunk::decode;
use crate::fault::Fault;
use crate::sample::Samples;
use crate::segments::ChunkBytes;
use crate::tombstones::Intervals;

/// A chunk of a series.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) bytes: ChunkBytes,
    pub(crate) min: i64,
    pub(crate) max: i64,
    /// What of it is deleted.
    pub(crate) deleted: Option<Arc<Intervals>>,
    /// Which of the sources it comes from: 0 for the head, then the blocks.
    pub(crate) source: usize,
}

/// Decodes the samples of a series, and keeps its memory from one series to the next.
#[derive(Debug, Default)]
pub(crate) struct Merger {
    /// The chunks that overlap, one behind the other.
    scratch: Samples,
    /// Whether a sample of `scratch` is the next one in its chunk after the one before.
    follows: Vec<bool>,
    order: Vec<usize>,
}

impl Merger {
    /// Puts the samples of `pieces` within `span` into `out`. A piece that is damaged is handed to
    /// `on_fault` with what is wrong; the others are there.
    pub(crate) fn merge(
        &mut self,
        pieces: &mut [Piece],
        span: Span,
        out: &mut Samples,
        mut on_fault: impl FnMut(&Piece, Fault),
    ) {
        out.clear();
        pieces.sort_by_key(|piece| (piece.min, piece.source));
        let mut rest = &*pieces;
        while !rest.is_empty() {
            let (together, behind) = rest.split_at(overlapping(rest));
            if let [piece] = together {
                if let Err(fault) = append(piece, span, out) {
                    on_fault(piece, fault);
                }
            } else {
                let ends = self.decode_all(together, span, &mut on_fault);
                self.interleave(together, &ends, out);
            }
            rest = behind;
        }
        if !out.times.is_sorted_by(|a, b| a < b) {
            // Chunks that are not what their entries say overlap all the same, or run backwards.
            out.clear();
            let ends = self.decode_all(pieces, span, |_, _| {});
            self.interleave(pieces, &ends, out);
        }
    }

    /// Puts what remains of pieces into the scratch, and says where each ends there.
    fn decode_all(
        &mut self,
        pieces: &[Piece],
        span: Span,
        mut on_fault: impl FnMut(&Piece, Fault),
    ) -> Vec<usize> {
        self.scratch.clear();
        self.follows.clear();
        let decode = |piece: &Piece| {
            if let Err(fault) = self.decode(piece, span) {
                on_fault(piece, fault);
            }
            self.scratch.len()
        };
        pieces.iter().map(decode).collect()
    }

    /// Appends what remains of a piece to the scratch. A piece with a fault adds nothing.
    fn decode(&mut self, piece: &Piece, span: Span) -> Result<(), Fault> {
        let before = self.scratch.len();
        let histograms = self.scratch.histograms.len();
        if let Err(fault) = decode(piece.bytes.encoding, &piece.bytes.data, &mut self.scratch) {
            self.scratch.truncate(before, histograms);
            return Err(fault);
        }
        let deleted = piece.deleted.as_deref();
        let (mut kept, mut follows) = (before, false);
        for at in before..self.scratch.len() {
            let time = self.scratch.times[at];
            if !span.contains(Timestamp(time)) || deleted.is_some_and(|gone| gone.contains(time)) {
                follows = false;
                continue;
            }
            self.scratch.move_row(at, kept);
            self.follows.push(follows);
            (kept, follows) = (kept + 1, true);
        }
        self.scratch.truncate(kept, self.scratch.histograms.len());
        Ok(())
    }

    /// Appends the samples of pieces that overlap, by time. Of samples with one time, one stays: not
    /// that of the stream which was read last, as it is upstream (`storage/merge.go`, 3.14), so that
    /// a late sample with another value is answered as Prometheus answers it.
    fn interleave(&mut self, pieces: &[Piece], ends: &[usize], out: &mut Samples) {
        let piece = |at: usize| ends.partition_point(|&end| end <= at);
        let stream = |at: usize| pieces[piece(at)].stream(piece(at));
        self.order.clear();
        self.order.extend(0..self.scratch.len());
        self.order.sort_by_key(|&at| (self.scratch.times[at], stream(at)));
        let mut before: Option<usize> = None;
        let mut current = self.order.first().map(|&at| stream(at));
        for tied in self.order.chunk_by(|&a, &b| self.scratch.times[a] == self.scratch.times[b]) {
            let other = tied.iter().copied().find(|&at| Some(stream(at)) != current);
            let at = other.unwrap_or(tied[0]);
            out.push_from(&self.scratch, at);
            if before.is_none_or(|before| before + 1 != at) || !self.follows[at] {
                forget_hint(out, out.len() - 1);
            }
            before = Some(at);
            // Those that were passed over are read on first.
            let passed = tied.iter().copied().rfind(|&passed| passed != at);
            current = Some(stream(passed.unwrap_or(at)));
        }
    }
}

/// Appends what remains of a piece that nothing overlaps. A piece with a fault adds nothing.
fn append(piece: &Piece, span: Span, out: &mut Samples) -> Result<(), Fault> {
    let (before, histograms) = (out.len(), out.histograms.len());
    if let Err(fault) = decode(piece.bytes.encoding, &piece.bytes.data, out) {
        out.truncate(before, histograms);
        return Err(fault);
    }
    let deleted = piece.deleted.as_deref().filter(|_| piece.loses_some());
    let is_whole = out.times[before..].iter().all(|&time| span.contains(Timestamp(time)));
    if deleted.is_none() && is_whole {
        return Ok(());
    }
    let (mut kept, mut follows) = (before, true);
    for at in before..out.len() {
        let time = out.times[at];
        if !span.contains(Timestamp(time)) || deleted.is_some_and(|gone| gone.contains(time)) {
            follows = false;
            continue;
        }
        out.move_row(at, kept);
        if !follows {
            forget_hint(out, kept);
        }
        (kept, follows) = (kept + 1, true);
    }
    out.truncate(kept, out.histograms.len());
    Ok(())
}

impl Piece {
    /// Whether something of it is deleted.
    pub(crate) fn loses_some(&self) -> bool {
        let span = Span::new(Timestamp(self.min), Timestamp(self.max));
        self.deleted.as_ref().is_some_and(|deleted| deleted.touch(span))
    }

    /// The stream that the piece, the `number`th of those that overlap, is read as: each chunk of the
    /// head is one, and each block.
    const fn stream(&self, number: usize) -> (usize, usize) {
        (self.source, if self.source == 0 { number } else { 0 })
    }
}

/// A counter's histogram that does not follow the one before it may come after a reset.
fn forget_hint(out: &mut Samples, at: usize) {
    if let Some(histogram) = out.histogram_mut(at)
        && histogram.hint() != ResetHint::Gauge
    {
        histogram.set_hint(ResetHint::Unknown);
    }
}

/// How many of the first pieces, which are in the order of their starts, overlap.
pub(crate) fn overlapping(pieces: &[Piece]) -> usize {
    let mut end = pieces[0].max;
    let apart = pieces[1..].iter().position(|piece| {
        let is_apart = piece.min > end;
        end = end.max(piece.max);
        is_apart
    });
    apart.map_or(pieces.len(), |apart| 1 + apart)
}
