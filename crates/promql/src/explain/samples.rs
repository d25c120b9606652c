//! Why series that exist have no samples where a query looks for them.

use std::sync::Arc;

use regain_model::{Matcher, Span, Timestamp};
use regain_storage::{Batch, Ctx, Queryable, Selection, Snapshot};

use super::reason::EmptyReason;
use crate::eval_error::Result;
use crate::grid::is_absent;
use crate::window::{Reach, Windows};

/// How far before and behind the times of a query is looked, one after the other, in milliseconds.
const AROUND_MS: [i64; 3] = [3_600_000, 86_400_000, 15 * 86_400_000];
/// No more series are looked at: they are there to say what is typical.
const SERIES_MAX: usize = 16;

/// What is looked for around the times of a query.
pub(super) struct Look<'l> {
    pub(super) source: &'l dyn Queryable,
    pub(super) ctx: &'l Arc<Ctx>,
    pub(super) matchers: &'l [Matcher],
    pub(super) reach: Reach,
}

/// What a few series have around some times.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// The last sample up to the end.
    last: Option<i64>,
    /// The newest staleness marker up to the end, where no series goes on behind it.
    ended: Option<i64>,
    /// The first sample behind the end.
    next: Option<i64>,
    /// The smallest time between a series' two samples nearest to the end.
    interval: Option<i64>,
    /// The most samples in one window.
    in_window: usize,
}

impl Look<'_> {
    /// Why an instant selector sees nothing.
    pub(super) fn why_nothing_at(&self, lookback_ms: i64) -> Result<EmptyReason> {
        let (seen, searched_ms) = self.around()?;
        if let (Some(last), Some(interval_ms), None) = (seen.last, seen.interval, seen.ended)
            && interval_ms > lookback_ms
        {
            let last = Timestamp(last);
            return Ok(EmptyReason::LookbackTooShort { last, lookback_ms, interval_ms });
        }
        Ok(self.nothing(seen, searched_ms))
    }

    /// Why windows hold nothing at all, or too little for `function`.
    pub(super) fn why_nothing_over(&self, function: Option<&str>) -> Result<Option<EmptyReason>> {
        let (seen, searched_ms) = self.around()?;
        let (range_ms, interval_ms) = (self.reach.range, seen.interval);
        let too_short = interval_ms.is_some_and(|interval| interval >= range_ms);
        match function {
            Some(function) if seen.in_window == 1 || too_short => {
                let function = function.to_owned();
                Ok(Some(EmptyReason::RangeTooShort { function, range_ms, interval_ms }))
            }
            _ if seen.in_window == 0 => Ok(Some(self.nothing(seen, searched_ms))),
            _ => Ok(None),
        }
    }

    /// Whether any window holds a sample of any series in `snapshot`.
    pub(super) fn finds_any(&self, snapshot: &dyn Snapshot) -> Result<bool> {
        let (after, until) = self.reach.span();
        let span = Span::new(Timestamp(after.saturating_add(1)), Timestamp(until));
        let mut parts = snapshot.select(&Selection::new(self.matchers, span), self.ctx)?;
        let mut batch = Batch::default();
        while let Some(mut part) = parts.next()? {
            self.ctx.cancel.check()?;
            let all = 0..part.series().len();
            part.decode(all, &mut batch)?;
            if batch.floats.iter().any(|value| !is_absent(*value)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn nothing(&self, seen: Seen, searched_ms: i64) -> EmptyReason {
        let (after, until) = self.reach.span();
        let last = seen.last.map(Timestamp);
        if let Some(ended) = seen.ended {
            return EmptyReason::Stale { last, ended: Timestamp(ended) };
        }
        let (after, until, next) = (Timestamp(after), Timestamp(until), seen.next.map(Timestamp));
        EmptyReason::NothingInRange { after, until, last, next, searched_ms }
    }

    /// Looks further and further around, until there is a sample before the end.
    fn around(&self) -> Result<(Seen, i64)> {
        let (mut seen, mut searched) = (Seen::default(), 0);
        for around in AROUND_MS {
            (seen, searched) = (self.within(around)?, around);
            if seen.last.is_some() || seen.ended.is_some() {
                break;
            }
        }
        Ok((seen, searched))
    }

    fn within(&self, around: i64) -> Result<Seen> {
        let (after, until) = self.reach.span();
        let (min, max) = (after.saturating_sub(around), until.saturating_add(around));
        let span = Span::new(Timestamp(min), Timestamp(max));
        let snapshot = self.source.snapshot(span, self.ctx)?;
        let selection = Selection { limit: SERIES_MAX, ..Selection::new(self.matchers, span) };
        let mut parts = snapshot.select(&selection, self.ctx)?;
        let (mut seen, mut batch, mut windows) =
            (Seen::default(), Batch::default(), Windows::default());
        let mut goes_on = false;
        while let Some(mut part) = parts.next()? {
            self.ctx.cancel.check()?;
            let all = 0..part.series().len();
            part.decode(all, &mut batch)?;
            for run in &batch.runs {
                let times = batch.times_of(run).iter().copied();
                let cells: Vec<_> = times.zip(batch.floats_of(run).iter().copied()).collect();
                goes_on |= seen.add(&cells, until);
                let values = cells.iter().filter(|(_, value)| !is_absent(*value));
                let times: Vec<i64> = values.map(|(time, _)| *time).collect();
                windows.find(&times, &self.reach);
                let longest = windows.iter().map(|(low, high)| high - low).max();
                seen.in_window = seen.in_window.max(longest.unwrap_or_default());
            }
        }
        if goes_on {
            seen.ended = None;
        }
        Ok(seen)
    }
}

impl Seen {
    /// Adds what one series has, and says whether it had not ended at `until`.
    fn add(&mut self, cells: &[(i64, f64)], until: i64) -> bool {
        let values = || cells.iter().filter(|(_, value)| !is_absent(*value)).map(|(time, _)| *time);
        let behind = values().find(|time| *time > until);
        let before: Vec<i64> = values().filter(|time| *time <= until).collect();
        self.last = self.last.max(before.last().copied());
        self.next = [self.next, behind].into_iter().flatten().min();
        let neighbours: Vec<i64> =
            before.iter().rev().take(2).rev().copied().chain(behind).collect();
        let intervals = neighbours.windows(2).map(|pair| pair[1] - pair[0]);
        self.interval = self.interval.into_iter().chain(intervals).min();
        let newest = cells.iter().rev().find(|(time, _)| *time <= until);
        match newest {
            Some((time, value)) if is_absent(*value) => {
                self.ended = self.ended.max(Some(*time));
                false
            }
            newest => newest.is_some(),
        }
    }
}
