//! Staging exemplars, and their record beside that of the batch.

use regain_model::Exemplar;
use regain_storage::{ExemplarVerdict, SeriesRef, record};

use super::LaneAppender;
use crate::exemplars::{Logged, LoggedSeries, Staged, put};

impl LaneAppender {
    /// Judges an exemplar of a slot's series, and stages it if it may be kept.
    pub(super) fn add_exemplar(
        &mut self,
        reference: SeriesRef,
        exemplar: Exemplar,
    ) -> ExemplarVerdict {
        let writer = self.writer();
        let series = writer.slot_of(reference).map(|slot| writer.slots[slot].series);
        let known = series.and_then(|series| {
            let key = self.db.index().series.get(series)?.key();
            Some((series, key))
        });
        let Some((series, key)) = known else { return ExemplarVerdict::UnknownSeries };
        let verdict = self.db.exemplars.judge(key, &exemplar);
        if verdict == ExemplarVerdict::Accepted {
            self.exemplars.push(Staged { series, key, exemplar });
        }
        verdict
    }
}

/// Appends the record of a batch's exemplars, numbered from `first` on, if it has any.
pub(super) fn put_staged(out: &mut Vec<u8>, staged: &[Staged], first: u64) {
    if staged.is_empty() {
        return;
    }
    let logged = (first..).zip(staged).map(|(number, staged)| {
        let series = LoggedSeries::Id(staged.series);
        Logged { number, series, exemplar: &staged.exemplar }
    });
    record::put(out, |out| put(out, logged));
}
