//! Some selected series of several stores.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

use regain_model::SeriesKey;

use super::parts::join;
use super::runs::append;
use crate::batch::{Batch, Run};
use crate::error::Result;
use crate::select::{Part, SeriesMeta};

/// A part of a store, which the next merged part may need, too.
pub(super) type Shared = Arc<Mutex<SharedPart>>;

/// A part, and whether it is prepared.
pub(super) struct SharedPart {
    pub(super) part: Box<dyn Part>,
    pub(super) is_prepared: bool,
}

impl SharedPart {
    /// The series with keys from `first` to `last`, and the place of the first of them.
    fn between(&mut self, first: SeriesKey, last: SeriesKey) -> Result<(usize, &[SeriesMeta])> {
        if !self.is_prepared {
            self.part.prepare()?;
            self.is_prepared = true;
        }
        let all = self.part.series();
        let start = all.partition_point(|series| series.key < first);
        let end = all.partition_point(|series| series.key <= last);
        Ok((start, &all[start..end]))
    }
}

/// That a series has samples in a store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// The series, in the merged part.
    pub(super) of: usize,
    /// The store.
    pub(super) source: usize,
    /// The series, in the store's part.
    pub(super) at: usize,
}

/// Series with the parts that hold their samples, which may be of several stores.
pub(super) struct MergedPart {
    series: Vec<SeriesMeta>,
    /// By series, and of one series by precedence.
    members: Vec<Member>,
    /// The part of each store, and what was decoded of it last.
    sources: Vec<Option<(Shared, Batch)>>,
    /// Of a part that is not prepared: the keys between which its series lie.
    keys: Option<(SeriesKey, SeriesKey)>,
}

impl MergedPart {
    pub(super) fn new(
        series: Vec<SeriesMeta>,
        members: Vec<Member>,
        parts: Vec<Option<Shared>>,
    ) -> Self {
        let sources = parts.into_iter().map(|part| part.map(|part| (part, Batch::default())));
        Self { series, members, sources: sources.collect(), keys: None }
    }

    /// The series with keys from `first` to `last`, which are looked at when the part is prepared.
    pub(super) fn between(first: SeriesKey, last: SeriesKey, parts: Vec<Option<Shared>>) -> Self {
        Self { keys: Some((first, last)), ..Self::new(Vec::new(), Vec::new(), parts) }
    }

    fn members_of(&self, which: &Range<usize>) -> Range<usize> {
        let upto = |end: usize| self.members.partition_point(|member| member.of < end);
        upto(which.start)..upto(which.end)
    }
}

fn decode(part: &Shared, which: Range<usize>, out: &mut Batch) -> Result<()> {
    lock(part).part.decode(which, out)
}

fn lock(part: &Shared) -> MutexGuard<'_, SharedPart> {
    part.lock().expect("a part that has panicked ends its query")
}

impl Part for MergedPart {
    fn prepare(&mut self) -> Result<()> {
        let Some((first, last)) = self.keys.take() else { return Ok(()) };
        let mut found: Vec<(SeriesMeta, Member)> = Vec::new();
        for (source, part) in self.sources.iter().enumerate() {
            let Some((part, _)) = part else { continue };
            let mut part = lock(part);
            let (start, series) = part.between(first, last)?;
            let member = |at| Member { of: 0, source, at };
            found.extend(series.iter().cloned().zip((start..).map(member)));
        }
        found.sort_by_key(|(series, member)| (series.key, member.source));
        for (series, member) in found {
            match self.series.last_mut() {
                Some(before) if before.key == series.key => *before = join(before, &series),
                _ => self.series.push(series),
            }
            self.members.push(Member { of: self.series.len() - 1, ..member });
        }
        Ok(())
    }

    fn series(&self) -> &[SeriesMeta] {
        &self.series
    }

    fn decode(&mut self, which: Range<usize>, out: &mut Batch) -> Result<()> {
        out.clear();
        let members = self.members_of(&which);
        let members = &self.members[members];
        let Some(first) = members.first() else { return Ok(()) };
        if members.iter().all(|member| member.source == first.source) {
            return self.decode_alone(first.source, members, out);
        }
        for (at, source) in self.sources.iter_mut().enumerate() {
            let mut here = members.iter().filter(|member| member.source == at);
            let Some((part, batch)) = source else { continue };
            // All that lies between the first and the last one is selected, too.
            let range = here.next().map(|first| first.at..here.next_back().unwrap_or(first).at + 1);
            batch.clear();
            range.map_or(Ok(()), |range| decode(part, range, batch))?;
        }
        let mut next = vec![0; self.sources.len()];
        let mut runs: Vec<(&Batch, &Run)> = Vec::with_capacity(self.sources.len());
        for of_series in members.chunk_by(|a, b| a.of == b.of) {
            runs.clear();
            for member in of_series {
                let Some((_, batch)) = &self.sources[member.source] else { continue };
                let run = batch.runs.get(next[member.source]);
                if let Some(run) = run.filter(|run| run.series as usize == member.at) {
                    next[member.source] += 1;
                    runs.push((batch, run));
                }
            }
            append(&runs, of_series[0].of, out);
        }
        Ok(())
    }
}

impl MergedPart {
    /// Decodes series that only one store has.
    fn decode_alone(&self, source: usize, members: &[Member], out: &mut Batch) -> Result<()> {
        let Some((part, _)) = &self.sources[source] else { return Ok(()) };
        let first = members[0].at;
        decode(part, first..first + members.len(), out)?;
        for run in &mut out.runs {
            let of = members[run.series as usize - first].of;
            run.series = u32::try_from(of).expect("a part has few series");
        }
        Ok(())
    }
}
