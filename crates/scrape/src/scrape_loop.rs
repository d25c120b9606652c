//! A target's loop: one scrape in each of its slots, and the end of its series when the target is gone.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, timestamp};
use crate::scraper::Scraper;
use crate::settings::JobSettings;
use crate::slot::{Grid, until_slot};
use crate::target::Target;

/// The series of a target that is gone end when its next two slots and a tenth of the interval have passed: until then
/// it may be back.
const GRACE_SHARE: u32 = 10;

/// Says what a loop scrapes and how.
#[derive(Debug)]
pub(crate) struct Assignment {
    pub(crate) target: Arc<Target>,
    pub(crate) settings: Arc<JobSettings>,
    pub(crate) seed: u64,
}

/// Says what a loop shall do.
#[derive(Debug, Clone)]
pub(crate) enum Order {
    Run(Arc<Assignment>),
    /// The target is gone: no more scrapes, and in time the end of its series.
    End,
}

/// Scrapes one target.
#[derive(Debug)]
pub(crate) struct ScrapeLoop {
    scraper: Scraper,
    orders: watch::Receiver<Order>,
    slots: Slots,
    stop: CancellationToken,
    ended: CancellationToken,
}

/// Is when a loop scrapes.
#[derive(Debug)]
struct Slots {
    clock: Clock,
    tolerance: Duration,
    interval: Duration,
    next: Instant,
    /// Is absent before the first scrape.
    grid: Option<Grid>,
}

impl ScrapeLoop {
    /// Makes a loop that `stop` ends at once, and that cancels `ended` when it scrapes no more.
    pub(crate) fn new(
        scraper: Scraper,
        orders: watch::Receiver<Order>,
        stop: CancellationToken,
        ended: CancellationToken,
    ) -> Self {
        let options = &scraper.shared().options;
        let slots = Slots {
            clock: options.clock.clone(),
            tolerance: options.timestamp_tolerance,
            interval: Duration::ZERO,
            next: Instant::now(),
            grid: None,
        };
        Self { scraper, orders, slots, stop, ended }
    }

    /// Runs until it is ended or stopped; where it replaces another loop, from when that one scrapes no more.
    pub(crate) async fn run(mut self, after: Option<CancellationToken>) {
        let ended = self.ended.clone().drop_guard();
        if let Some(before) = after {
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = before.cancelled() => {}
            }
        }
        self.orders.mark_changed();
        let stop = self.stop.clone();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                order = self.orders.changed() => {
                    if order.is_err() || !self.take_order() {
                        break;
                    }
                }
                () = sleep_until(self.slots.next) => {
                    let at = self.slots.turn();
                    tokio::select! {
                        biased;
                        () = self.scraper.scrape(at) => {}
                        // A scrape that is given up leaves no trace.
                        () = stop.cancelled() => return,
                    }
                    self.slots.pass_missed();
                }
            }
        }
        drop(ended);
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.end_series() => {}
        }
    }

    /// Takes over the order that came last; returns false for the end.
    fn take_order(&mut self) -> bool {
        let order = self.orders.borrow_and_update().clone();
        let Order::Run(assignment) = order else { return false };
        let target = &assignment.target;
        if self.slots.interval != target.interval() {
            self.slots.start(target.interval(), target.hash(), assignment.seed);
        }
        self.scraper.assign(&assignment);
        true
    }

    /// Marks the ends of all series at the first slot that the target missed. Where the target has come back meanwhile
    /// the marks are too old and refused.
    async fn end_series(&mut self) {
        if !self.scraper.has_scraped() {
            return;
        }
        sleep_until(self.slots.next).await;
        let at = timestamp(self.slots.clock.now());
        sleep_until(self.slots.next + self.slots.interval).await;
        sleep(self.slots.interval / GRACE_SHARE).await;
        self.scraper.end(at);
    }
}

impl Slots {
    /// Starts anew, with a first scrape in the target's next slot.
    fn start(&mut self, interval: Duration, hash: u64, seed: u64) {
        self.interval = interval;
        self.next = Instant::now() + until_slot(self.clock.now(), interval, hash, seed);
        self.grid = None;
    }

    /// Returns the timestamp of the scrape that is due now, and moves on to the next slot.
    fn turn(&mut self) -> regain_model::Timestamp {
        let now = self.clock.now();
        if self.grid.is_none() {
            // The slots are counted from the first scrape on, as the timestamps are.
            self.next = Instant::now();
        }
        let grid = self.grid.get_or_insert_with(|| Grid::new(now, self.interval, self.tolerance));
        self.next += self.interval;
        grid.place(now)
    }

    /// Leaves out the slots that passed during a scrape, but for the last.
    fn pass_missed(&mut self) {
        let missed = Instant::now().saturating_duration_since(self.next);
        let intervals = missed.as_nanos() / self.interval.as_nanos().max(1);
        let intervals = u32::try_from(intervals).unwrap_or(u32::MAX);
        self.next += self.interval.saturating_mul(intervals);
    }
}
