//! What a store should hold: a map.

use std::collections::BTreeMap;

use regain_storage::{Value, Verdict};

/// The samples of all series, by the series' number and by time.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected(pub(super) BTreeMap<usize, BTreeMap<i64, Value>>);

/// Samples of one batch: series, time, value.
pub(super) type Samples = Vec<(usize, i64, Value)>;

/// What changed after what is known to be durable.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Batch(Samples),
    /// Samples of a series in a closed span went.
    Delete(usize, i64, i64),
}

impl Expected {
    /// The newest sample of a series.
    pub(super) fn newest(&self, series: usize) -> Option<(i64, &Value)> {
        let (&time, value) = self.0.get(&series)?.last_key_value()?;
        Some((time, value))
    }

    /// The answer to a sample, and whether it is added: what repeats one is accepted and is not. Late ones may be as old
    /// as `oldest`, where there may be any.
    pub(super) fn stage(
        &mut self,
        (series, time, value): (usize, i64, &Value),
        oldest: Option<i64>,
    ) -> (Verdict, bool) {
        let is_late = self.newest(series).is_some_and(|(newest, _)| newest > time);
        match oldest {
            None if is_late => return (Verdict::OutOfOrder, false),
            Some(oldest) if is_late && time < oldest => return (Verdict::TooOld, false),
            _ => {}
        }
        let held = self.0.entry(series).or_default();
        match held.get(&time) {
            Some(held) if held.is(value) => (Verdict::Accepted, false),
            Some(_) => (Verdict::Duplicate, false),
            None => {
                held.insert(time, value.clone());
                (Verdict::Accepted, true)
            }
        }
    }

    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Batch(samples) => {
                for (series, time, value) in samples {
                    self.0.entry(*series).or_default().insert(*time, value.clone());
                }
            }
            &Change::Delete(series, min, max) => {
                if let Some(samples) = self.0.get_mut(&series) {
                    samples.retain(|&time, _| time < min || max < time);
                }
            }
        }
    }

    pub(super) fn samples(&self) -> impl Iterator<Item = (usize, i64, &Value)> {
        self.0.iter().flat_map(|(&series, samples)| {
            samples.iter().map(move |(&time, value)| (series, time, value))
        })
    }

    /// The first way in which `found` is another: a sample that it has in place of nothing or of
    /// another value, or one that it lacks and that retention, up to `retained`, does not explain.
    pub(super) fn difference(&self, found: &Self, retained: i64) -> Option<String> {
        for (series, time, value) in found.samples() {
            let known = self.0.get(&series).and_then(|samples| samples.get(&time));
            if !known.is_some_and(|known| known.is(value)) {
                return Some(format!("series {series} at {time} is {value:?} and not {known:?}"));
            }
        }
        let mut lacking = self.samples().filter(|&(series, time, _)| {
            let is_there = found.0.get(&series).is_some_and(|held| held.contains_key(&time));
            !is_there && time > retained
        });
        lacking.next().map(|(series, time, _)| format!("series {series} lacks {time}"))
    }
}
