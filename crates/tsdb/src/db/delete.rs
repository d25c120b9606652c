//! Deleting samples: hidden from queries at once, gone from the files when merging has come by.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use regain_model::{Matcher, Span, Timestamp};
use regain_storage::Result;

use super::archived::leave_out_living;
use super::read::newest_sealed;
use super::{Db, Files, Inner};
use crate::column::Column;
use crate::deleted::{Deleted, Times};
use crate::index::Sealed;
use crate::layout::Kind;
use crate::view::View;

/// Into so many steps the time is divided for which a rule keeps samples.
const RULE_STEPS: i64 = 8;

impl Db {
    /// Deletes the samples in a closed span of the series that match, and says of how many series. It is
    /// durable when this returns. Samples that come later are not concerned.
    pub fn delete(&self, matchers: &[Matcher], span: Span) -> Result<u64> {
        self.0.check_open()?;
        loop {
            // What is on its way into blocks is in neither place alone.
            let turn = self.0.deleting.lock().expect("no holder of this lock panics");
            let deleted = self.0.delete(matchers, span, |_| true);
            drop(turn);
            match deleted {
                // Series that a damaged file has lost may be found again, and then with all their samples.
                Err(error) if self.0.damaged_by(&error).is_some() => self.0.mend_archives()?,
                deleted => return deleted,
            }
        }
    }
}

impl Inner {
    /// Deletes the samples in a span of the series that match and are `wanted`. A damaged sheet of series is an error.
    fn delete(
        &self,
        matchers: &[Matcher],
        span: Span,
        wanted: impl Fn(Sealed) -> bool,
    ) -> Result<u64> {
        // Held to the end, so that no series leaves the index that is in no archive of this view.
        let view = self.view();
        let (mut archived, lost) = self.archived(&view, matchers, (span.min.0, i64::MAX))?;
        lost.refuse()?;
        let ids: Vec<u32> = {
            let index = self.index();
            leave_out_living(&mut archived, &index);
            let is_wanted = |id: u32| index.series.get(id).is_some_and(|s| wanted(s.sealed));
            index.matching(matchers).iter().filter(|&id| is_wanted(id)).collect()
        };
        let mut found: Vec<(u32, Times)> = Vec::new();
        for id in ids {
            if let Some((newest, _)) = self.newest_of(id, span.min.0) {
                found.push((id, (span.min.0, span.max.0.min(newest))));
            }
        }
        for series in archived.iter().filter(|series| wanted(series.sealed())) {
            let (id, key) = (series.id(), series.key());
            if let Some((newest, _)) = newest_sealed(&view, (id, key), span.min.0, None) {
                found.push((id, (span.min.0, span.max.0.min(newest))));
            }
        }
        if found.is_empty() {
            return Ok(0);
        }
        // Segments refer to series by id: their definitions must outlive a crash.
        self.sync_series()?;
        let earliest = self.earliest();
        let mut files = self.files();
        let mut deleted = (*self.view().deleted).clone();
        for &(id, span) in &found {
            deleted.add(id, span);
        }
        self.set_deleted(&mut files, deleted)?;
        drop(files);
        self.note_change(span.min.0.max(earliest));
        Ok(found.len() as u64)
    }

    /// No sample is earlier.
    fn earliest(&self) -> i64 {
        let lanes = self.all_lanes().into_iter().map(|lane| lane.view());
        let unsealed = lanes.filter(|data| !data.is_empty()).map(|data| data.min_time).min();
        let view = self.view();
        let sealed = view.segments.iter().map(|segment| segment.summary.min_time).min();
        let pending = self.files().pending.is_some();
        if pending {
            i64::MIN
        } else {
            unsealed.into_iter().chain(sealed).min().unwrap_or(i64::MIN)
        }
    }

    /// Deletes what rules keep for a shorter time than the rest, and says whether there was any. Nothing
    /// happens until an eighth of that time is over again, so that files are not written anew all the
    /// time.
    pub(super) fn apply_rules(&self) -> Result<bool> {
        // Ordering: a time that moves slowly.
        let newest = self.newest.load(Ordering::Relaxed);
        let mut count = 0;
        for (at, rule) in self.retention().rules.iter().enumerate() {
            let step = (rule.time_ms / RULE_STEPS).max(1);
            let cut = newest.saturating_sub(rule.time_ms).div_euclid(step).saturating_mul(step);
            if self.files().rule_cuts.insert(at, cut).is_some_and(|before| before >= cut) {
                continue;
            }
            let span = Span::new(Timestamp(i64::MIN), Timestamp(cut.saturating_sub(1)));
            let is_old = |sealed: Sealed| sealed.is_some() && sealed.min_ms() < cut;
            count += self.delete(&rule.matchers, span, is_old).inspect_err(|_| {
                self.files().rule_cuts.remove(&at);
            })?;
        }
        Ok(count > 0)
    }

    /// Makes this what is deleted: in a file, in the manifest, for queries.
    pub(super) fn set_deleted(&self, files: &mut Files, deleted: Deleted) -> Result<()> {
        let before = files.manifest.deletes;
        let mut manifest = files.manifest.clone();
        manifest.deletes = 0;
        if !deleted.is_empty() {
            manifest.deletes = before + 1;
            deleted.write(&*self.fs, &self.layout, manifest.deletes)?;
        }
        self.write_manifest(files, manifest)?;
        files.without_deleted.clear();
        let view = self.view();
        deleted.note(&view.deleted, &mut self.index_mut());
        self.show(files, View { deleted: Arc::new(deleted), ..view.successor() });
        if before == 0 {
            return Ok(());
        }
        self.remove_file(&self.layout.file(Kind::Deletes, before))
    }

    /// How many segments may hold deleted samples.
    pub(super) fn segments_to_rewrite(&self, view: &View) -> u64 {
        if view.deleted.is_empty() {
            return 0;
        }
        let files = self.files();
        let held = view.segments.iter().filter(|s| files.may_hold_deleted(s, &view.deleted));
        held.count() as u64
    }
}

/// Whether some spans hide something of `span`.
pub(super) fn hides(deleted: &[Times], (min, max): Times) -> bool {
    deleted.iter().any(|&(first, last)| first <= max && min <= last)
}

/// Removes the samples in `deleted`.
pub(super) fn hide(deleted: &[Times], column: &mut Column) {
    let is_kept = |&time: &i64| !deleted.iter().any(|&(min, max)| min <= time && time <= max);
    let kept: Vec<bool> = column.times.iter().map(is_kept).collect();
    if kept.contains(&false) {
        column.keep(&kept);
    }
}
