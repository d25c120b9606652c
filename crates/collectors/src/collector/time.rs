//! The clock, its zone and the kernel's clock sources.

use jiff::tz::TimeZone;

use crate::error::CollectError;
use crate::roots::{Roots, read_text};
use crate::run::Collector;
use crate::sink::Sink;

#[derive(Debug)]
pub(crate) struct Time {
    roots: Roots,
    zone: TimeZone,
}

impl Time {
    pub(crate) fn new(roots: &Roots) -> Self {
        Self { roots: roots.clone(), zone: TimeZone::system() }
    }
}

impl Collector for Time {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        // The clock is what this collector measures, so it asks the kernel and no clock of ours.
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        let seconds = now.tv_sec as f64 + now.tv_nsec as f64 / 1e9;
        sink.gauge("node_time_seconds", "System time in seconds since epoch (1970).", &[], seconds);
        if let Ok(timestamp) = jiff::Timestamp::from_second(now.tv_sec) {
            let zone = self.zone.to_offset_info(timestamp);
            sink.gauge(
                "node_time_zone_offset_seconds",
                "System time zone offset in seconds.",
                &[("time_zone", zone.abbreviation())],
                f64::from(zone.offset().seconds()),
            );
        }
        self.clock_sources(sink)
    }
}

impl Time {
    fn clock_sources(&self, sink: &mut Sink) -> Result<(), CollectError> {
        let devices = self.roots.sys_numbered("devices/system/clocksource", "clocksource");
        for (index, device) in devices.iter().enumerate() {
            let index = index.to_string();
            for source in read_text(&device.join("available_clocksource"))?.split_ascii_whitespace()
            {
                sink.gauge(
                    "node_time_clocksource_available_info",
                    "Available clocksources read from '/sys/devices/system/clocksource'.",
                    &[("device", &index), ("clocksource", source)],
                    1.0,
                );
            }
            sink.gauge(
                "node_time_clocksource_current_info",
                "Current clocksource read from '/sys/devices/system/clocksource'.",
                &[
                    ("device", &index),
                    ("clocksource", read_text(&device.join("current_clocksource"))?.trim()),
                ],
                1.0,
            );
        }
        Ok(())
    }
}
