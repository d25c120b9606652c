//! How long the stages of a query take, told by a clock that whoever asks hands in.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Tells a time that never goes back.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Clock {
    /// The clock that `now` reads.
    pub fn new(now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// A query's time so far; always none where nobody has handed in a clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Laps<'q> {
    clock: Option<&'q Clock>,
    start: Duration,
}

impl<'q> Laps<'q> {
    /// A query that begins now.
    pub(crate) fn begin(clock: Option<&'q Clock>) -> Self {
        Self { clock, start: clock.map_or(Duration::ZERO, |clock| (clock.0)()) }
    }

    /// The time since the beginning.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.map_or(Duration::ZERO, |clock| (clock.0)().saturating_sub(self.start))
    }
}
