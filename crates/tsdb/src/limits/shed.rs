//! Whose new series are refused while memory is short.
//!
//! Above the budget one job after another is refused new series, one every ten seconds: those of the lowest priority first, and
//! among these the one that most series have come from in this period, then the one with most series. A sixteenth above the
//! budget all are. A sixteenth below it the last one is let in again, and another one every half minute, so that memory does
//! not swing.

use std::cmp::Reverse;

use hashbrown::HashSet;

/// The time between two jobs that are refused.
const REFUSE_EVERY_MS: i64 = 10_000;
/// The time between two jobs that are let in again.
const ADMIT_EVERY_MS: i64 = 30_000;
/// This part of the budget lies between it and the marks above and below.
const MARGIN: u64 = 16;

/// A job that may be refused new series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) job: Box<str>,
    pub(crate) priority: i64,
    /// The series that have come from it in this period.
    pub(crate) come: u32,
    pub(crate) series: u32,
}

/// Who is refused new series.
#[derive(Debug, Default)]
pub(crate) struct Shed {
    /// In the order in which they were refused.
    jobs: Vec<Box<str>>,
    by_name: HashSet<Box<str>>,
    all: bool,
    last_step_ms: Option<i64>,
}

impl Shed {
    /// Whether new series of a job are refused.
    pub(crate) fn refuses(&self, job: &str) -> bool {
        self.all || self.by_name.contains(job)
    }

    pub(crate) const fn refuses_all(&self) -> bool {
        self.all
    }

    pub(crate) fn jobs(&self) -> impl Iterator<Item = &str> {
        self.jobs.iter().map(|job| &**job)
    }

    /// Looks at the memory in use and at the budget, in bytes, and takes a step if one is due. Says whether somebody is let
    /// in who was refused before.
    pub(crate) fn step(
        &mut self,
        now: i64,
        (used, budget): (u64, u64),
        candidates: Vec<Candidate>,
    ) -> bool {
        if budget == 0 {
            return self.admit_all();
        }
        let margin = budget / MARGIN;
        let since = self.last_step_ms.map(|last| now.saturating_sub(last));
        // A clock that jumps back must not hold up a step.
        let is_over = |time: i64| since.is_none_or(|since| since >= time || since < 0);
        if used > budget {
            if used > budget + margin {
                self.all = true;
            }
            if is_over(REFUSE_EVERY_MS) {
                self.refuse_one(candidates);
                self.last_step_ms = Some(now);
            }
            return false;
        }
        let is_idle = !self.all && self.jobs.is_empty();
        if used >= budget - margin || is_idle || !is_over(ADMIT_EVERY_MS) {
            return false;
        }
        self.last_step_ms = Some(now);
        if !std::mem::take(&mut self.all)
            && let Some(job) = self.jobs.pop()
        {
            self.by_name.remove(&job);
        }
        true
    }

    fn refuse_one(&mut self, candidates: Vec<Candidate>) {
        let order = |one: &Candidate| {
            (one.priority, Reverse(one.come), Reverse(one.series), one.job.clone())
        };
        let others = candidates.into_iter().filter(|one| !self.by_name.contains(&one.job));
        if let Some(Candidate { job, .. }) = others.min_by_key(order) {
            self.by_name.insert(job.clone());
            self.jobs.push(job);
        }
    }

    fn admit_all(&mut self) -> bool {
        let was_refusing = self.all || !self.jobs.is_empty();
        *self = Self::default();
        was_refusing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates() -> Vec<Candidate> {
        let one = |job: &str, priority, come, series| Candidate {
            job: job.into(),
            priority,
            come,
            series,
        };
        vec![one("a", 0, 5, 10), one("b", 0, 9, 1), one("c", -1, 0, 0), one("d", 7, 100, 100)]
    }

    fn refused(shed: &Shed) -> Vec<&str> {
        shed.jobs().collect()
    }

    #[test]
    fn jobs_are_refused_one_by_one_and_let_in_again_in_reverse() {
        let (mut shed, budget) = (Shed::default(), 1600);
        assert!(!shed.step(0, (1600, budget), candidates()));
        assert!(refused(&shed).is_empty());
        // The lowest priority first, then the one that grows, and no two steps within ten seconds.
        shed.step(1000, (1601, budget), candidates());
        shed.step(2000, (1601, budget), candidates());
        assert_eq!(refused(&shed), ["c"]);
        shed.step(11_000, (1601, budget), candidates());
        shed.step(21_000, (1601, budget), candidates());
        assert_eq!(refused(&shed), ["c", "b", "a"]);
        assert!(!shed.refuses("d") && !shed.refuses("new"));
        // Between the marks nothing changes.
        assert!(!shed.step(100_000, (1500, budget), candidates()));
        assert_eq!(refused(&shed), ["c", "b", "a"]);
        // Below them, one every half minute.
        assert!(shed.step(130_000, (1499, budget), vec![]));
        assert!(!shed.step(131_000, (1499, budget), vec![]));
        assert!(shed.step(160_000, (1499, budget), vec![]));
        assert_eq!(refused(&shed), ["c"]);
        assert!(shed.step(190_000, (1, budget), vec![]));
        assert!(!shed.step(220_000, (1, budget), vec![]));
        assert!(!shed.refuses("c"));
    }

    #[test]
    fn far_above_the_budget_all_are_refused_at_once() {
        let (mut shed, budget) = (Shed::default(), 1600);
        shed.step(0, (1701, budget), candidates());
        assert!(shed.refuses("d") && shed.refuses("new"));
        assert_eq!(refused(&shed), ["c"]);
        assert!(shed.step(30_000, (1000, budget), vec![]));
        assert!(!shed.refuses("d") && shed.refuses("c"));
        // Without a budget nobody is refused.
        assert!(shed.step(30_001, (1000, 0), vec![]));
        assert!(!shed.refuses("c"));
    }

    #[test]
    fn a_clock_that_jumps_back_holds_nothing_up() {
        let (mut shed, budget) = (Shed::default(), 1600);
        shed.step(1_000_000, (1650, budget), candidates());
        shed.step(5000, (1650, budget), candidates());
        assert_eq!(refused(&shed), ["c", "b"]);
    }
}
