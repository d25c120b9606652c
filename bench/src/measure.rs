//! What a process takes, as the kernel counts it.

use std::thread::sleep;
use std::time::{Duration, Instant};

use regain_tests::process::Running;

/// A server is idle when it takes less of a core than this.
const IDLE: f64 = 0.02;
/// How long to look whether it is.
const LOOK: Duration = Duration::from_secs(2);
/// How long to wait until a server is idle.
const SETTLE_LIMIT: Duration = Duration::from_mins(2);

/// The time from a moment on.
#[derive(Debug)]
pub(crate) struct Window<'a> {
    process: &'a Running,
    cpu_s: f64,
    start: Instant,
}

/// What went by in a window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    /// Seconds of processor time, of all threads, in user mode and in the kernel.
    pub(crate) cpu_s: f64,
    /// Seconds on the wall.
    pub(crate) wall_s: f64,
}

impl<'a> Window<'a> {
    /// From now on.
    pub(crate) fn open(process: &'a Running) -> anyhow::Result<Self> {
        Ok(Self { process, cpu_s: process.cpu_s()?, start: Instant::now() })
    }

    /// Until now.
    pub(crate) fn spent(&self) -> anyhow::Result<Spent> {
        let wall_s = self.start.elapsed().as_secs_f64();
        Ok(Spent { cpu_s: self.process.cpu_s()? - self.cpu_s, wall_s })
    }
}

impl Spent {
    /// The share of one core.
    pub(crate) fn share(self) -> f64 {
        self.cpu_s / self.wall_s
    }

    /// Microseconds of processor time for one of so many.
    pub(crate) fn cpu_us(self, count: f64) -> f64 {
        self.cpu_s * 1e6 / count
    }
}

/// Waits until the server has nothing to do any more.
pub(crate) fn settle(process: &Running) -> anyhow::Result<()> {
    let start = Instant::now();
    loop {
        let window = Window::open(process)?;
        sleep(LOOK);
        if window.spent()?.share() < IDLE || start.elapsed() > SETTLE_LIMIT {
            return Ok(());
        }
    }
}
