//! The fleet's series over hours, each instance at its own phase.

use regain_tests::queries::{QUERIES, Query};
use regain_tests::series::scatter;
use regain_tests::server::Server;

use super::Data;
use crate::load::{Load, STEP_S};

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
        let series = self.load(self.length_s()).series();
        format!("{series} series over {} minutes every {STEP_S} s", self.minutes)
    }

    fn length_s(&self) -> u64 {
        self.minutes * 60
    }

    fn queries(&self) -> &'static [Query] {
        &QUERIES
    }

    fn push(&self, server: &Server, end_s: u64) -> anyhow::Result<()> {
        self.load(end_s).push(server)?;
        Ok(())
    }
}

impl Fleet {
    fn load(&self, end_s: u64) -> Load {
        Load { instances: self.instances, start_s: end_s - self.length_s(), end_s, time_ms }
    }
}

/// When an instance is looked at, in milliseconds: scrapers spread their targets over the interval.
fn time_ms(instance: u64, seconds: u64) -> i64 {
    (seconds * 1000 + scatter(instance) % (STEP_S * 1000)).cast_signed()
}
