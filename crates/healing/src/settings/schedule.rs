//! How often, how many, how long to wait.

use std::time::Duration;

/// The longest window of a limit: what is older is forgotten.
pub const WINDOW_MAX: Duration = Duration::from_hours(744);

/// At most so many runs in so long a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunLimit {
    /// The runs.
    pub runs: u32,
    /// The time, at most [`WINDOW_MAX`].
    pub per: Duration,
}

/// How often one remediation acts. Each target has at most one run at a time, whatever the file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// How long a target is left alone after a run. Default: 10 min.
    pub cooldown: Duration,
    /// How many runs a target gets. Default: 3 in 1 h, 6 in 24 h. Where one is used up, people are told.
    pub max: Vec<RunLimit>,
    /// How many targets are healed at the same time. Default: 1.
    pub concurrent: usize,
    /// What stops the remediation when it does not help.
    pub breaker: Breaker,
}

impl Default for Limits {
    fn default() -> Self {
        const HOUR: u64 = 60 * 60;
        let limit = |runs, hours| RunLimit { runs, per: Duration::from_secs(hours * HOUR) };
        Self {
            cooldown: Duration::from_mins(10),
            max: vec![limit(3, 1), limit(6, 24)],
            concurrent: 1,
            breaker: Breaker::default(),
        }
    }
}

/// Stops a remediation whose runs fail, and lets one run try again later.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breaker {
    /// The share of failed runs at which it opens; above 1 never. Default: 0.5.
    pub errors: f64,
    /// The runs that must have ended before their share counts. Default: 4.
    pub runs: u32,
    /// How far back runs count. Default: 6 h.
    pub window: Duration,
    /// How long it stays open before one run may try. Default: 1 h.
    pub open_for: Duration,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            errors: 0.5,
            runs: 4,
            window: Duration::from_hours(6),
            open_for: Duration::from_hours(1),
        }
    }
}

/// What limits all remediations together.
#[derive(Clone, Debug, PartialEq)]
pub struct GlobalLimits {
    /// How many runs there are at the same time. Default: 4.
    pub concurrent: usize,
    /// How many runs begin. Default: 20 in 1 h.
    pub max: Vec<RunLimit>,
    /// When nothing is healed, because everything is ill.
    pub storm: Storm,
    /// How many targets of one remediation wait at most. Default: 100.
    pub queue: usize,
}

impl Default for GlobalLimits {
    fn default() -> Self {
        Self {
            concurrent: 4,
            max: vec![RunLimit { runs: 20, per: Duration::from_hours(1) }],
            storm: Storm::default(),
            queue: 100,
        }
    }
}

/// Stops all healing when more targets want it than single failures explain: then it is the network, the
/// monitoring or a bad rule, and acting on all of them makes it worse. It ends when half as many want it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storm {
    /// How many targets may want healing. Default: 10.
    pub targets: usize,
    /// In which time. Default: 5 min.
    pub within: Duration,
}

impl Default for Storm {
    fn default() -> Self {
        Self { targets: 10, within: Duration::from_mins(5) }
    }
}

/// How long to wait between attempts: twice as long each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait. Default: 30 s.
    pub initial: Duration,
    /// The longest. Default: 5 min.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { initial: Duration::from_secs(30), max: Duration::from_mins(5) }
    }
}

impl Backoff {
    /// The wait after attempt number `attempt`, from 1.
    pub fn after(&self, attempt: u32) -> Duration {
        const SHIFT_MAX: u32 = 16;
        let doublings = attempt.saturating_sub(1).min(SHIFT_MAX);
        self.initial.saturating_mul(1 << doublings).min(self.max)
    }
}
