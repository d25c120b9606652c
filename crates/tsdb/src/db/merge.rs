//! Merging: neighbouring segments become one, and what is deleted leaves the files.
//!
//! Segments of one window of time are merged when the window is over: windows of a period, of three, of
//! nine and so on up to a limit. Before, eight small ones in a row make one, and when no samples come for a
//! while, what lies within three periods. What is deleted is left out
//! on the way; where nothing is to be merged, the segments that may hold it are written anew one by one.
//!
//! The result is durable and named by the manifest before its inputs go. Nothing that others wait for is
//! held while it is written.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use hashbrown::HashMap;
use regain_model::SeriesKey;
use regain_storage::{Error, Result};

use super::delete::hides;
use super::health::Work;
use super::{Counters, Db, Files, Inner};
use crate::deleted::Deleted;
use crate::index::Sealed;
use crate::segment::merge::fill_merged;
use crate::segment::write::write;
use crate::segment::{Segment, Summary};
use crate::view::View;

/// Is asked now and then whether to go on; an error ends the work.
pub(super) type GoOn<'a> = &'a dyn Fn() -> Result<()>;

/// So many small segments in a row are merged.
const SMALL_RUN: usize = 8;

/// A segment is as small as another when their samples have the same number of octal digits.
const TIER_BITS: u32 = 3;

/// What is merged while no samples come has at least a quarter of its samples outside the largest input, so
/// that pauses do not write a large segment again and again.
const QUIET_SHARE: u64 = 4;

/// Inputs of one merge are no larger than this together: offsets in a segment have 32 bits.
const MERGE_BYTES_MAX: u64 = 2 << 30;

impl Db {
    /// Merges some segments, or writes one anew that holds deleted samples. Says whether there was
    /// something to do, so that there may be more. It takes its time; appends, queries and ticks go on.
    /// `go_on` is asked now and then; what has been written is dropped when it says no.
    pub fn merge(&self, go_on: &dyn Fn() -> bool) -> Result<bool> {
        let inner = &*self.0;
        inner.check_open()?;
        let _turn = inner.merging.lock().expect("no holder of this lock panics");
        let go_on = || if go_on() { inner.check_open() } else { Err(Error::Closed) };
        match inner.watch(Work::Merging, inner.merge_once(&go_on)) {
            Err(Error::Closed) => Ok(false),
            done => done,
        }
    }
}

impl Inner {
    /// Mends, merges or writes anew what wants it most.
    fn merge_once(&self, go_on: GoOn<'_>) -> Result<bool> {
        let view = self.view();
        // Before segments: these are written without the samples of series that nobody knows.
        if let Some(damaged) = self.first_damaged_archive(&view) {
            let mended = self.mend_archive(damaged, go_on);
            return mended.inspect_err(|error| self.pass_over(error, &view)).map(|()| true);
        }
        if let Some(damaged) = self.first_damaged(&view) {
            let mended = self.mend(&view, damaged, go_on);
            return mended.inspect_err(|error| self.pass_over(error, &view)).map(|()| true);
        }
        let done = self.merge_wanted_most(&view, go_on);
        match done {
            // It is mended next.
            Err(error) if self.damaged_by(&error).is_some() => {
                self.note_damage(&error);
                Ok(true)
            }
            done => done.inspect_err(|error| self.pass_over(error, &view)),
        }
    }

    /// Merges or writes anew what wants it most.
    fn merge_wanted_most(&self, view: &View, go_on: GoOn<'_>) -> Result<bool> {
        let Some(range) = self.merge_wanted(view)? else {
            self.forget_deleted(view, go_on)?;
            return Ok(self.merge_archives(view, go_on)? || self.apply_rules()?);
        };
        let inputs = &view.segments[range];
        let number = self.next_segment();
        let merged = self.write_merged(number, inputs, (&view.deleted, go_on), None);
        let merged = merged.inspect_err(|error| {
            // Whose samples these are is in a file that cannot be read.
            if unreadable_archive(error, view).is_some() {
                let numbers = inputs.iter().map(|segment| segment.number);
                self.files().unmergeable.extend(numbers);
            }
        })?;
        if self.replace(inputs, Some(&merged), &view.deleted)? {
            inputs.iter().try_for_each(|segment| self.remove_file(&segment.path))?;
        }
        Counters::add(&self.counters.merges, 1);
        Ok(true)
    }

    /// Leaves a segment or an archive that cannot be read out of merges until the next start: it must not keep others from
    /// being merged.
    fn pass_over(&self, error: &Error, view: &View) {
        let Error::Io { operation: "read", path, .. } = error else { return };
        let segment = view.segments.iter().find(|segment| segment.path == *path);
        let number = segment.map(|segment| segment.number);
        if let Some(number) = number.or_else(|| unreadable_archive(error, view)) {
            self.forget_damaged(number);
            self.files().unmergeable.insert(number);
        }
    }

    /// A number for a new segment.
    pub(super) fn next_segment(&self) -> u64 {
        let mut files = self.files();
        files.manifest.next_segment += 1;
        files.manifest.next_segment - 1
    }

    /// The segments that should be merged, or the one that should be written anew because it does hold
    /// deleted samples.
    fn merge_wanted(&self, view: &View) -> Result<Option<Range<usize>>> {
        loop {
            let due = self.merge_due(view, &self.files());
            let alone = due.as_ref().filter(|due| due.len() == 1);
            let Some(segment) = alone.map(|due| &view.segments[due.start]) else { return Ok(due) };
            let mut holds_deleted = false;
            segment.scan(|id, first, last| {
                let deleted = view.deleted.of(id);
                holds_deleted |= deleted.is_some_and(|spans| hides(spans, (first, last)));
            })?;
            if holds_deleted {
                return Ok(due);
            }
            self.files().without_deleted.insert(segment.number);
        }
    }

    /// The segments that should be merged, or one that may have to be written anew.
    fn merge_due(&self, view: &View, files: &Files) -> Option<Range<usize>> {
        let is_whole = |segment: &Arc<Segment>| !files.unmergeable.contains(&segment.number);
        let mut start = 0;
        for run in view.segments.split_inclusive(|segment| !is_whole(segment)) {
            let end = start + run.len();
            let whole = run.iter().take_while(|segment| is_whole(segment)).count();
            let summaries: Vec<Summary> = run[..whole].iter().map(|s| s.summary).collect();
            let period = self.options.period_ms.max(1);
            let newest = view.segments.iter().map(|segment| segment.summary.max_time).max()?;
            let is_last = end == view.segments.len();
            let windows = (period, self.options.merge_span_max_ms);
            let mut due = window_due(&summaries, windows, newest);
            if is_last {
                due = due.or_else(|| run_due(&summaries));
                if files.is_quiet {
                    due = due.or_else(|| quiet_due(&summaries, period.saturating_mul(3)));
                }
            }
            if let Some(due) = due {
                return Some(start + due.start..start + due.end);
            }
            start = end;
        }
        let at = view.segments.iter().position(|segment| {
            is_whole(segment) && files.may_hold_deleted(segment, &view.deleted)
        })?;
        Some(at..at + 1)
    }

    /// Writes what segments hold into one; what is damaged is left out and told where there is a place for it,
    /// and an error where there is none.
    pub(super) fn write_merged(
        &self,
        number: u64,
        inputs: &[Arc<Segment>],
        (deleted, go_on): (&Deleted, GoOn<'_>),
        left_out: Option<&mut Vec<Range<u64>>>,
    ) -> Result<Arc<Segment>> {
        // Held to the end, so that no series leaves the index that is in no archive of this view.
        let view = self.view();
        let summaries = inputs.iter().map(|segment| segment.summary);
        let times = summaries.map(|summary| (summary.min_time, summary.max_time));
        let span = times.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((0, 0));
        let keys = |high: &RangeInclusive<u64>, ids: &[u32]| -> Result<Vec<Option<SeriesKey>>> {
            self.keys_of_ids(&view, (high, span), ids)
        };
        write((&*self.fs, &self.layout), number, |writer| {
            fill_merged(writer, inputs, (&keys, deleted), go_on, left_out)
        })?;
        Segment::open(&*self.fs, &self.layout, number).map(Arc::new)
    }

    /// Puts a merged segment, if there is one, in the place of its inputs, and says whether it could:
    /// retention may have taken one of them.
    pub(super) fn replace(
        &self,
        inputs: &[Arc<Segment>],
        merged: Option<&Arc<Segment>>,
        deleted: &Arc<Deleted>,
    ) -> Result<bool> {
        let mut files = self.files();
        let view = self.view();
        let numbers = |segments: &[Arc<Segment>]| -> Vec<u64> {
            segments.iter().map(|segment| segment.number).collect()
        };
        let wanted = numbers(inputs);
        let Some(at) = view.segments.windows(inputs.len()).position(|all| numbers(all) == wanted)
        else {
            drop(files);
            merged.map_or(Ok(()), |merged| self.remove_file(&merged.path))?;
            return Ok(false);
        };
        let mut segments = view.segments.clone();
        segments.splice(at..at + inputs.len(), merged.map(Arc::clone));
        let mut manifest = files.manifest.clone();
        manifest.segments = numbers(&segments);
        self.write_manifest(&mut files, manifest)?;
        if let Some(merged) = merged
            && Arc::ptr_eq(deleted, &view.deleted)
        {
            files.without_deleted.insert(merged.number);
        }
        self.show(&mut files, View { segments, ..view.successor() });
        // The files go next. A query that has one open reads on.
        Ok(true)
    }

    /// Forgets what was deleted once no file and no lane holds it any more. Series of which nothing is left leave the
    /// archives before.
    fn forget_deleted(&self, seen: &View, go_on: GoOn<'_>) -> Result<()> {
        if !self.is_deleted_gone(&self.files(), seen) {
            return Ok(());
        }
        let sealed = sealed_of_deleted(seen)?;
        let gone = seen.deleted.ids().filter(|id| !sealed.contains_key(id)).collect();
        let is_unreadable = |files: &Files| {
            seen.archives.iter().any(|archive| files.unmergeable.contains(&archive.number))
        };
        if is_unreadable(&self.files()) {
            return Ok(());
        }
        self.purge_archives(seen, &gone, go_on)?;
        let mut files = self.files();
        let view = self.view();
        let numbers = |view: &View| -> Vec<u64> {
            view.segments.iter().map(|segment| segment.number).collect()
        };
        // A seal may have come between, or another delete: then all of this is done again.
        let is_same = Arc::ptr_eq(&view.deleted, &seen.deleted) && numbers(&view) == numbers(seen);
        if !is_same || !self.is_deleted_gone(&files, &view) {
            return Ok(());
        }
        self.set_deleted(&mut files, Deleted::default())?;
        let mut index = self.index_mut();
        for id in seen.deleted.ids() {
            if let Some(series) = index.series.get_mut(id) {
                series.sealed = sealed.get(&id).copied().unwrap_or(Sealed::NONE);
                series.pruned = false;
            }
        }
        Ok(())
    }

    /// Whether something is deleted, and neither a file nor a lane holds any of it.
    fn is_deleted_gone(&self, files: &Files, view: &View) -> bool {
        let Some((_, last)) = view.deleted.span() else { return false };
        let is_in_files =
            view.segments.iter().any(|segment| files.may_hold_deleted(segment, &view.deleted));
        let is_unsealed = files.pending.is_some()
            || self.all_lanes().iter().any(|lane| {
                let data = lane.view();
                !data.is_empty() && data.min_time <= last
            });
        !is_in_files && !is_unsealed
    }
}

/// The archive that an error says cannot be read.
fn unreadable_archive(error: &Error, view: &View) -> Option<u64> {
    let Error::Io { operation: "read", path, .. } = error else { return None };
    let archive = view.archives.iter().find(|archive| archive.path == *path);
    archive.map(|archive| archive.number)
}

/// What segments hold of the series of which something is deleted.
fn sealed_of_deleted(view: &View) -> Result<HashMap<u32, Sealed>> {
    let mut found: HashMap<u32, Sealed> = HashMap::new();
    for segment in &view.segments {
        segment.scan(|id, first, last| {
            if view.deleted.of(id).is_some() {
                found.entry(id).or_insert(Sealed::NONE).add(first, last);
            }
        })?;
    }
    Ok(found)
}

impl Files {
    /// Whether a segment may hold deleted samples.
    pub(super) fn may_hold_deleted(&self, segment: &Segment, deleted: &Deleted) -> bool {
        let Summary { min_time, max_time, .. } = segment.summary;
        deleted.span().is_some_and(|(min, max)| min_time <= max && min <= max_time)
            && !self.without_deleted.contains(&segment.number)
    }
}

/// The first segments in a row that lie in one window which is over by `newest`. Windows are multiples of
/// a period, up to a limit.
fn window_due(
    segments: &[Summary],
    (period, limit): (i64, i64),
    newest: i64,
) -> Option<Range<usize>> {
    let mut window = period;
    while window <= limit.max(period) {
        let of = |segment: &Summary| segment.max_time.div_euclid(window);
        let mut start = 0;
        for run in segments.chunk_by(|a, b| of(a) == of(b)) {
            let end = (of(&run[0]).saturating_add(1)).saturating_mul(window);
            // Writers that are late may still seal samples of the window.
            let is_over = end.saturating_add(period / 2) <= newest;
            if run.len() > 1 && is_over && fits(run) {
                return Some(start..start + run.len());
            }
            start += run.len();
        }
        window = window.saturating_mul(3);
    }
    None
}

/// The last segments, if there are many of one size or a smaller one.
fn run_due(segments: &[Summary]) -> Option<Range<usize>> {
    let tier =
        |segment: &Summary| (u64::BITS - segment.samples.leading_zeros()).div_ceil(TIER_BITS);
    for limit in 0..=u64::BITS / TIER_BITS + 1 {
        let run = segments.iter().rev().take_while(|segment| tier(segment) <= limit).count();
        let start = segments.len() - run;
        if run >= SMALL_RUN && fits(&segments[start..]) {
            return Some(start..segments.len());
        }
    }
    None
}

/// The last segments that lie within a span of time, if merging them is worth it.
fn quiet_due(segments: &[Summary], span_ms: i64) -> Option<Range<usize>> {
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    let near = segments.iter().rev().take_while(|segment| {
        (first, last) = (first.min(segment.min_time), last.max(segment.max_time));
        last.saturating_sub(first) <= span_ms
    });
    let earliest = segments.len() - near.count();
    (earliest..segments.len().saturating_sub(1)).find_map(|start| {
        let run = &segments[start..];
        let all: u64 = run.iter().map(|segment| segment.samples).sum();
        let most = run.iter().map(|segment| segment.samples).max()?;
        let is_worth_it = most <= all - all / QUIET_SHARE && fits(run);
        is_worth_it.then_some(start..segments.len())
    })
}

fn fits(segments: &[Summary]) -> bool {
    segments.iter().map(|segment| segment.size_bytes).sum::<u64>() <= MERGE_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(max_time: i64, samples: u64) -> Summary {
        Summary { samples, series: 1, min_time: max_time - 10, max_time, size_bytes: samples }
    }

    #[test]
    fn segments_of_a_window_are_merged_when_it_is_over() {
        let at = |times: &[i64]| -> Vec<Summary> {
            times.iter().map(|&time| segment(time, 1000)).collect()
        };
        let due = |times: &[i64], newest| window_due(&at(times), (100, 900), newest);
        assert_eq!(due(&[10, 60, 99], 149), None);
        assert_eq!(due(&[10, 60, 99], 150), Some(0..3));
        assert_eq!(due(&[10, 60, 120], 150), Some(0..2));
        // What is merged for one window waits for the next one.
        assert_eq!(due(&[99, 199, 299], 349), None);
        assert_eq!(due(&[99, 199, 299], 350), Some(0..3));
        assert_eq!(due(&[299, 599, 899, 950], 1000), Some(0..3));
        // No window is larger than the limit.
        assert_eq!(due(&[899, 1799, 2699], 9000), None);
        let large = [segment(10, MERGE_BYTES_MAX), segment(20, 1)];
        assert_eq!(window_due(&large, (100, 900), 1000), None);
    }

    #[test]
    fn segments_of_the_last_periods_are_merged_in_a_pause_where_it_is_worth_it() {
        let due = |segments: &[(i64, u64)]| {
            let all: Vec<Summary> =
                segments.iter().map(|&(time, samples)| segment(time, samples)).collect();
            quiet_due(&all, 300)
        };
        assert_eq!(due(&[]), None);
        assert_eq!(due(&[(10, 500)]), None);
        assert_eq!(due(&[(10, 500), (20, 300), (30, 200)]), Some(0..3));
        // The largest one would be nearly all of it.
        assert_eq!(due(&[(10, 800), (20, 100)]), None);
        assert_eq!(due(&[(10, 8000), (20, 200), (30, 200)]), Some(1..3));
        // What is longer ago waits for its window.
        assert_eq!(due(&[(10, 500), (20, 300), (302, 300)]), Some(1..3));
        assert_eq!(due(&[(10, 500), (400, 300)]), None);
    }

    #[test]
    fn eight_small_segments_in_a_row_are_merged() {
        let of = |samples: &[u64]| -> Vec<Summary> {
            samples.iter().map(|&samples| segment(1, samples)).collect()
        };
        assert_eq!(run_due(&of(&[500; 7])), None);
        assert_eq!(run_due(&of(&[500; 8])), Some(0..8));
        assert_eq!(run_due(&of(&[9000, 500, 500, 500, 500, 500, 500, 500])), Some(0..8));
        let mut some = vec![100_000];
        some.extend([500; 8]);
        assert_eq!(run_due(&of(&some)), Some(1..9));
    }
}
