//! The fleet's series over hours, each instance at its own phase.

use regain_tests::push::{Push, send};
use regain_tests::queries::{QUERIES, Query};
use regain_tests::series::{self, SERIES_PER_TARGET, scatter};
use regain_tests::server::Server;

use super::Data;

/// The seconds between two samples of a series.
pub(super) const STEP_S: u64 = 15;

/// So many instances over so many minutes.
#[derive(Debug)]
pub(super) struct Fleet {
    pub(super) instances: u64,
    pub(super) minutes: u64,
}

impl Data for Fleet {
    fn name(&self) -> String {
        format!("fleet-{}-{}", self.instances, self.minutes)
    }

    fn title(&self) -> String {
        let series = self.instances * (SERIES_PER_TARGET as u64 + 1);
        format!("{series} series over {} minutes every {STEP_S} s", self.minutes)
    }

    fn length_s(&self) -> u64 {
        self.minutes * 60
    }

    fn queries(&self) -> &'static [Query] {
        &QUERIES
    }

    fn push(&self, server: &Server, end_s: u64) -> anyhow::Result<()> {
        let series = series::all();
        let mut push = Push::default();
        for seconds in (end_s - self.length_s()..end_s).step_by(usize::try_from(STEP_S)?) {
            // VictoriaMetrics closes connections that have lived for some minutes.
            let mut connection = server.connect()?;
            for instance in 0..self.instances {
                push.clear();
                let time_ms = (seconds * 1000 + phase_ms(instance)).cast_signed();
                push.instance_at(&series, instance, seconds, time_ms);
                let answer = send(&mut connection, &push.compressed()?)?;
                anyhow::ensure!(answer.status / 100 == 2, "{}: {}", answer.status, answer.text());
            }
        }
        Ok(())
    }
}

/// When in each step an instance is looked at: scrapers spread their targets over the interval.
fn phase_ms(instance: u64) -> u64 {
    scatter(instance) % (STEP_S * 1000)
}
