//! Cutting: what is old enough moves to blocks of another format, and leaves the store.
//!
//! The order is what makes it safe: everything is sealed; every window of the old samples is a block, durable and seen by
//! queries; segments that hold newer samples, too, are written anew without the old ones; and then one change of
//! the manifest drops all segments that were cut. Whatever stops it in between leaves the same samples in the store and
//! in blocks, where queries take them for one, and the next cut finds its blocks by what they are made of.
//!
//! Samples that come late for a block stay here until the next cut, which writes them to a block of the same time.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hashbrown::HashMap;
use regain_model::{Span, Timestamp};
use regain_storage::{
    Batch, BlockFormat, Ctx, Error, Queryable, Result, Selection, Snapshot, Written,
};

use super::evict::numbers;
use super::merge::GoOn;
use super::snapshot::StoreSnapshot;
use super::unnoted::UnnotedSnapshot;
use super::{Db, Inner};
use crate::segment::Segment;
use crate::segment::lanes::SealedLane;
use crate::view::View;

/// Times of more windows than these are looked through before they are cut: there may be next to nothing in them.
const WINDOWS_MAX: i64 = 32;

/// The segments of a cut, each with what takes its place.
type Replaced = Vec<(Arc<Segment>, Option<Arc<Segment>>)>;

impl Db {
    /// Moves the samples of windows that are over to `blocks`, if there are some and it was not done yet. A window is a
    /// period, and is over when half of the next one is. It takes its time; appends, queries and ticks go on. `go_on` is
    /// asked now and then; what is not finished when it says no is done by the next cut.
    pub fn cut(&self, blocks: &dyn BlockFormat, go_on: &dyn Fn() -> bool) -> Result<Written> {
        let inner = &*self.0;
        inner.check_open()?;
        let end = inner.cut_end();
        if inner.files().cut_end.is_some_and(|before| before >= end) {
            return Ok(Written::default());
        }
        let go_on = || if go_on() { inner.check_open() } else { Err(Error::Closed) };
        match self.cut_before(end, blocks, &go_on) {
            Err(Error::Closed) => Ok(Written::default()),
            done => done,
        }
    }

    /// Says up to where blocks beside the store have samples when it is opened. The store does not know them: what is no
    /// newer is too old for it, or late.
    pub fn set_blocks_end(&self, end: Timestamp) {
        // Ordering: limits of their own.
        self.0.blocks_end.store(end.0, Ordering::Relaxed);
        self.0.newest.fetch_max(end.0, Ordering::Relaxed);
    }

    /// Ends the store as [`close`](Self::close) does, and leaves nothing in it that is not in `blocks`.
    pub fn close_into(&self, blocks: &dyn BlockFormat) -> Result<Written> {
        // Ordering: as in `close`.
        if self.0.closed.swap(true, Ordering::SeqCst) || !self.0.is_whole() {
            return Ok(Written::default());
        }
        let written = self.cut_before(i64::MAX, blocks, &|| Ok(()));
        self.finish().and(written)
    }

    /// Moves all samples before `end`.
    fn cut_before(&self, end: i64, blocks: &dyn BlockFormat, go_on: GoOn<'_>) -> Result<Written> {
        let inner = &*self.0;
        let _merging = inner.merging.lock().expect("no holder of this lock panics");
        let _deleting = inner.deleting.lock().expect("no holder of this lock panics");
        inner.seal()?;
        let mut written = Written::default();
        loop {
            inner.mend_all(go_on)?;
            let view = inner.view();
            let old = |segment: &&Arc<Segment>| segment.summary.min_time < end;
            let old: Vec<Arc<Segment>> = view.segments.iter().filter(old).map(Arc::clone).collect();
            let span = old.iter().map(|one| (one.summary.min_time, one.summary.max_time));
            let Some((min, max)) = span.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else { break };
            // At the end of the store nobody writes, and the samples must be where others find them.
            if end < i64::MAX && inner.is_log_ahead(&view, end) {
                return Ok(written);
            }
            let span = Span::new(Timestamp(min), Timestamp(max.min(end.saturating_sub(1))));
            let seen = (0, Arc::clone(&view));
            let snapshot = StoreSnapshot::new(Arc::clone(&self.0), seen, span, &Arc::default());
            let seen = Seen(Arc::new(UnnotedSnapshot(snapshot)));
            let cut = Cut { inner, old: &old, seen, blocks, go_on };
            cut.write(span, &mut written)?;
            // A damaged file is set aside before it goes, also if the damage was met only now.
            if inner.first_damaged(&view).is_none() && inner.first_damaged_archive(&view).is_none()
            {
                inner.drop_cut(&view, old, end, go_on)?;
                break;
            }
        }
        inner.files().cut_end = Some(end);
        Ok(written)
    }
}

impl Inner {
    /// The time before which windows are over.
    fn cut_end(&self) -> i64 {
        let window = self.options.period_ms.max(1);
        // Ordering: a time that moves slowly.
        let newest = self.newest.load(Ordering::Relaxed);
        newest.saturating_sub(window / 2).div_euclid(window).saturating_mul(window)
    }

    /// Keeps what cannot be read of damaged segments, so that what can be read of them may leave, and finds the series of
    /// damaged archives.
    fn mend_all(&self, go_on: GoOn<'_>) -> Result<()> {
        self.mend_archives_with(go_on)?;
        loop {
            let view = self.view();
            let Some(damaged) = self.first_damaged(&view) else { return Ok(()) };
            self.mend(&view, damaged, go_on)?;
        }
    }

    /// Whether the log may still have batches of which nobody would know that they were sealed if all segments before
    /// `end` went. It has none once the lanes that keep it have sealed, too.
    fn is_log_ahead(&self, view: &View, end: i64) -> bool {
        if self.files().wal_closed.is_empty() {
            return false;
        }
        let mut ahead: HashMap<u32, u64> = HashMap::new();
        let is_gone = |segment: &Arc<Segment>| segment.summary.max_time < end;
        for lane in view.segments.iter().filter(|s| is_gone(s)).flat_map(|s| &s.lanes) {
            let last = ahead.entry(lane.id).or_default();
            *last = lane.sequence.max(*last);
        }
        for lane in view.segments.iter().filter(|s| !is_gone(s)).flat_map(|s| &s.lanes) {
            if ahead.get(&lane.id).is_some_and(|last| *last <= lane.sequence) {
                ahead.remove(&lane.id);
            }
        }
        ahead.remove(&SealedLane::NO_LANE);
        !ahead.is_empty()
    }

    /// Takes the samples before `end` out of segments whose samples are in blocks by now.
    fn drop_cut(
        &self,
        view: &View,
        old: Vec<Arc<Segment>>,
        end: i64,
        go_on: GoOn<'_>,
    ) -> Result<()> {
        let newer = view.deleted.and_before(end);
        let mut replaced = Replaced::with_capacity(old.len());
        for segment in old {
            let rest = if segment.summary.max_time < end {
                None
            } else {
                let (number, input) = (self.next_segment(), std::slice::from_ref(&segment));
                let rest = self.write_merged(number, input, (&newer, go_on), None);
                Some(rest.inspect_err(|error| self.note_damage(error))?)
            };
            replaced.push((segment, rest));
        }
        let gone = self.show_cut(&replaced)?;
        gone.iter().try_for_each(|path| self.remove_file(path))
    }

    /// Puts the rests of segments in their places, in one change of the manifest, and returns the files that nobody
    /// needs: retention may have taken a segment that there is a rest of.
    fn show_cut(&self, replaced: &Replaced) -> Result<Vec<PathBuf>> {
        let mut files = self.files();
        let view = self.view();
        let mut unused: Vec<Arc<Segment>> =
            replaced.iter().filter_map(|(_, rest)| rest.clone()).collect();
        let (mut segments, mut dropped) = (Vec::new(), Vec::new());
        for segment in &view.segments {
            let cut = replaced.iter().find(|(cut, _)| cut.number == segment.number);
            let Some((_, rest)) = cut else {
                segments.push(Arc::clone(segment));
                continue;
            };
            dropped.push(Arc::clone(segment));
            if let Some(rest) = rest.as_ref().filter(|rest| rest.summary.samples > 0) {
                unused.retain(|other| other.number != rest.number);
                segments.push(Arc::clone(rest));
            }
        }
        let mut next = View { segments, ..view.successor() };
        let empty = self.take_empty_archives(&mut next);
        let mut manifest = files.manifest.clone();
        manifest.segments = next.segments.iter().map(|segment| segment.number).collect();
        manifest.archives = numbers(&next.archives);
        self.write_manifest(&mut files, manifest)?;
        // What is seen of the store and the blocks together stays the same: no change to be noted.
        self.show(&mut files, next);
        let segments = dropped.iter().chain(&unused).map(|segment| segment.path.clone());
        Ok(segments.chain(empty.iter().map(|archive| archive.path.clone())).collect())
    }
}

/// A cut under way.
struct Cut<'a> {
    inner: &'a Inner,
    old: &'a [Arc<Segment>],
    seen: Seen,
    blocks: &'a dyn BlockFormat,
    go_on: GoOn<'a>,
}

impl Cut<'_> {
    /// Writes the windows of `span`; where there are very many, those in which something is.
    fn write(&self, span: Span, written: &mut Written) -> Result<()> {
        let window = self.inner.options.period_ms.max(1);
        let (first, last) = (span.min.0.div_euclid(window), span.max.0.div_euclid(window));
        if last - first > WINDOWS_MAX {
            if !self.has_samples(span)? {
                return Ok(());
            }
            let middle = (first + (last - first) / 2).saturating_mul(window);
            self.write(Span::new(span.min, Timestamp(middle.saturating_sub(1))), written)?;
            return self.write(Span::new(Timestamp(middle), span.max), written);
        }
        for number in first..=last {
            (self.go_on)()?;
            let start = number.saturating_mul(window);
            let end = start.saturating_add(window - 1);
            let end = Timestamp(end.min(span.max.0));
            let part = Span::new(Timestamp(start.max(span.min.0)), end);
            let made_of = self.old.iter().filter(|segment| {
                segment.summary.min_time <= part.max.0 && part.min.0 <= segment.summary.max_time
            });
            let numbers: Vec<u64> = made_of.map(|segment| segment.number).collect();
            if !numbers.is_empty() {
                let id = id_of(self.inner.seed.0, part, &numbers);
                *written += self.blocks.write(&self.seen, part, id)?;
            }
        }
        Ok(())
    }

    fn has_samples(&self, span: Span) -> Result<bool> {
        let ctx = Arc::new(Ctx::default());
        let mut parts = self.seen.0.select(&Selection::new(&[], span), &ctx)?;
        let mut batch = Batch::default();
        while let Some(mut part) = parts.next()? {
            (self.go_on)()?;
            part.decode(0..part.series().len(), &mut batch)?;
            if !batch.runs.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Tells what a block is made of from all else: the store, the time, the segments (FNV-1a).
fn id_of(seed: u64, span: Span, segments: &[u64]) -> u64 {
    let times = [span.min.0.cast_unsigned(), span.max.0.cast_unsigned()];
    let numbers = [seed].into_iter().chain(times).chain(segments.iter().copied());
    let bytes = numbers.flat_map(u64::to_le_bytes);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What the cut sees of the store, for as long as it lasts. Nobody has asked for it as a query does.
struct Seen(Arc<UnnotedSnapshot>);

impl Queryable for Seen {
    fn snapshot(&self, _span: Span, _ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
        Ok(Arc::clone(&self.0) as Arc<dyn Snapshot>)
    }
}
