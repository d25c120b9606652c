//! The fleet's data as they are pushed: a request for each instance and step.

use std::time::{Duration, Instant};

use regain_tests::push::{Push, send};
use regain_tests::series::{self, SERIES_PER_TARGET};
use regain_tests::server::Server;

/// The seconds between two samples of a series.
pub(crate) const STEP_S: u64 = 15;

/// What is pushed: so many instances, every step from a first second until before a last one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Each has the fleet's series and `up`.
    pub(crate) instances: u64,
    /// Both are whole steps.
    pub(crate) start_s: u64,
    pub(crate) end_s: u64,
    /// The time in milliseconds of what an instance shows in a second.
    pub(crate) time_ms: fn(instance: u64, seconds: u64) -> i64,
}

impl Load {
    /// How many series there are.
    pub(crate) fn series(&self) -> u64 {
        self.instances * (SERIES_PER_TARGET as u64 + 1)
    }

    /// How many samples there are.
    pub(crate) fn samples(&self) -> f64 {
        (self.series() * ((self.end_s - self.start_s) / STEP_S)) as f64
    }

    /// Pushes everything, one request at a time, and returns the time that the server took to answer:
    /// not what it took to make the requests.
    pub(crate) fn push(&self, server: &Server) -> anyhow::Result<Duration> {
        let series = series::all();
        let (mut push, mut spent) = (Push::default(), Duration::ZERO);
        for seconds in (self.start_s..self.end_s).step_by(usize::try_from(STEP_S)?) {
            // VictoriaMetrics closes connections that have lived for some minutes.
            let mut connection = server.connect()?;
            for instance in 0..self.instances {
                push.clear();
                let time_ms = (self.time_ms)(instance, seconds);
                push.instance_at(&series, instance, seconds, time_ms);
                let body = push.compressed()?;
                let start = Instant::now();
                let answer = send(&mut connection, &body)?;
                spent += start.elapsed();
                let (name, status) = (server.setup.program.name(), answer.status);
                anyhow::ensure!(status / 100 == 2, "{name} answers {status}: {}", answer.text());
            }
        }
        Ok(spent)
    }
}
