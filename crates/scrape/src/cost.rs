//! What scraping costs.
//!
//! CPU time is measured for a job as a whole, because a job's connections are shared: in the turns of its loops (request,
//! sockets, TLS, HTTP, decompression, reading, appending) and in the tasks of connections that many exchanges share at once
//! (HTTP/2). What the store does later with the samples of all jobs is not in it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use regain_http::cpu::{CpuMeter, ThreadClock};
use tokio::time::Instant;

/// Is the shortest time between two marks …
const MARK_INTERVAL: Duration = Duration::from_secs(15);
/// … of which so many are kept, so that a mean is over the last five minutes or, of rarer scrapes, over the last twenty.
const MARKS_MAX: usize = 20;

/// Is how many turns a second are measured at most, about: asking the thread's clock takes up to two microseconds.
const TURNS_MEASURED_PER_SECOND: f64 = 25.0;

/// Is what the last scrape of a target read and left behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScrapeSize {
    /// Counts the samples of the body.
    pub samples: usize,
    /// Counts the series that got a sample: what relabelling kept, and the scrape's report.
    pub series: usize,
    /// Is the size of the body, in bytes.
    pub body_bytes: u64,
    /// Is the size of the body as it came over the network, in bytes.
    pub wire_bytes: u64,
    /// Is the memory that is held from one scrape to the next, in bytes.
    pub cache_bytes: usize,
}

/// Is the CPU time of one scrape, as a mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpuPerScrape {
    pub seconds: f64,
    /// Counts the scrapes of the mean.
    pub scrapes: u64,
}

/// Measures the scrapes of a job.
#[derive(Debug)]
pub(crate) struct JobCpu {
    meter: Option<CpuMeter>,
    recent: Mutex<Recent>,
}

#[derive(Debug, Default)]
struct Recent {
    scrapes: u64,
    marks: VecDeque<Mark>,
}

/// Is how much there had been at one moment.
#[derive(Debug, Clone, Copy)]
struct Mark {
    at: Instant,
    scrapes: u64,
    turns: u64,
    used: Duration,
}

impl JobCpu {
    /// Makes a measurement that without a clock measures nothing.
    pub(crate) fn new(clock: Option<ThreadClock>) -> Self {
        Self { meter: clock.map(CpuMeter::new), recent: Mutex::default() }
    }

    pub(crate) fn meter(&self) -> Option<&CpuMeter> {
        self.meter.as_ref()
    }

    /// Drives a scrape and measures it.
    pub(crate) async fn measure<F: Future>(&self, scrape: Pin<&mut F>) -> F::Output {
        match &self.meter {
            Some(meter) => meter.measure(scrape).await,
            None => scrape.await,
        }
    }

    /// Takes note that a scrape has ended.
    pub(crate) fn note_scrape(&self) {
        let Some(meter) = &self.meter else { return };
        let now = Instant::now();
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.scrapes += 1;
        let turns = meter.turns();
        if let Some(last) = recent.marks.back() {
            let length = now - last.at;
            if length < MARK_INTERVAL {
                return;
            }
            meter.set_stride(stride((turns - last.turns) as f64 / length.as_secs_f64()));
        }
        if recent.marks.len() == MARKS_MAX {
            recent.marks.pop_front();
        }
        let mark = Mark { at: now, scrapes: recent.scrapes, turns, used: meter.used() };
        recent.marks.push_back(mark);
    }

    /// Returns the mean since the oldest mark; before there is one, or nothing after it, that of all scrapes.
    ///
    /// The first scrape, which learns all series, is before the first mark.
    pub(crate) fn per_scrape(&self) -> Option<CpuPerScrape> {
        let used = self.meter.as_ref()?.used();
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let since = recent.marks.front().filter(|mark| mark.scrapes < recent.scrapes);
        let (scrapes, used) = match since {
            Some(mark) => (recent.scrapes - mark.scrapes, used.saturating_sub(mark.used)),
            None => (recent.scrapes, used),
        };
        (scrapes > 0)
            .then(|| CpuPerScrape { seconds: used.as_secs_f64() / scrapes as f64, scrapes })
    }
}

/// Returns of how many turns one is measured where there are so many in a second.
fn stride(turns_per_second: f64) -> u32 {
    let stride = (turns_per_second / TURNS_MEASURED_PER_SECOND).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast of a float saturates, and any stride is right"
    )]
    let stride = stride as u32;
    stride.max(1)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::pin::pin;

    use super::*;

    thread_local! {
        static USED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    async fn scrape(cpu: &JobCpu, ms: u64) {
        let work = pin!(async { USED.set(USED.get() + Duration::from_millis(ms)) });
        cpu.measure(work).await;
        cpu.note_scrape();
    }

    #[tokio::test(start_paused = true)]
    async fn the_mean_is_over_recent_scrapes_and_not_over_the_first() {
        let cpu = JobCpu::new(Some(ThreadClock::new(|| USED.get())));
        assert_eq!(cpu.per_scrape(), None);
        let check = |scrapes, seconds| {
            assert_eq!(cpu.per_scrape(), Some(CpuPerScrape { seconds, scrapes }));
        };
        scrape(&cpu, 100).await;
        check(1, 0.1);
        scrape(&cpu, 2).await;
        check(1, 0.002);
        scrape(&cpu, 4).await;
        check(2, 0.003);
        for _ in 0..MARKS_MAX + 5 {
            tokio::time::advance(MARK_INTERVAL).await;
            scrape(&cpu, 1).await;
        }
        check(19, 0.001);
    }

    #[test]
    fn many_turns_are_measured_in_part() {
        for (turns_per_second, expected) in [(0.0, 1), (24.0, 1), (26.0, 2), (5000.0, 200)] {
            assert_eq!(stride(turns_per_second), expected);
        }
    }

    #[tokio::test]
    async fn without_a_clock_nothing_is_measured() {
        let cpu = JobCpu::new(None);
        scrape(&cpu, 1).await;
        assert_eq!(cpu.per_scrape(), None);
    }
}
