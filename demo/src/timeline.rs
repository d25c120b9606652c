//! The timeline on the terminal: what happened, with seconds since the death.

use std::time::Instant;

/// Prints what happens as it happens.
#[derive(Debug)]
pub(crate) struct Timeline {
    start: Instant,
    seen: Vec<&'static str>,
}

impl Timeline {
    /// A timeline that begins now.
    pub(crate) fn start() -> Self {
        Self { start: Instant::now(), seen: Vec::new() }
    }

    /// The seconds since it began.
    pub(crate) fn elapsed_s(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Prints a line.
    #[expect(clippy::print_stdout, reason = "the timeline is what the demo is for")]
    pub(crate) fn say(&self, stage: &str, detail: &str) {
        println!("  {:>6.1} s  {stage:<16} {detail}", self.elapsed_s());
    }

    /// Prints a stage the first time that it is reached.
    pub(crate) fn reach(&mut self, stage: &'static str, detail: &str) {
        if !self.has(stage) {
            self.seen.push(stage);
            self.say(stage, detail);
        }
    }

    /// Whether a stage was reached.
    pub(crate) fn has(&self, stage: &str) -> bool {
        self.seen.contains(&stage)
    }

    /// Which of `stages` were not reached.
    pub(crate) fn missing(&self, stages: &[&'static str]) -> Vec<&'static str> {
        stages.iter().copied().filter(|stage| !self.has(stage)).collect()
    }
}
