//! The kernel's clock discipline, from adjtimex(2).

use std::io;

use crate::error::CollectError;
use crate::run::Collector;
use crate::sink::Sink;
use crate::sys::adjtimex;

const NANOSECONDS: f64 = 1e9;
const MICROSECONDS: f64 = 1e6;
/// Scales a frequency: parts per million with 16 bits of fraction, see adjtimex(2).
const PPM_16_BIT: f64 = 1e6 * 65536.0;

#[derive(Debug)]
pub(crate) struct Timex;

impl Collector for Timex {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        let (state, timex) = match adjtimex() {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(CollectError::NoData);
            }
            Err(source) => return Err(CollectError::Call { call: "adjtimex", source }),
        };
        let synchronized = if state == libc::TIME_ERROR { 0.0 } else { 1.0 };
        let unit = if timex.status & libc::STA_NANO == 0 { MICROSECONDS } else { NANOSECONDS };
        let gauges = [
            (
                "node_timex_sync_status",
                "Is clock synchronized to a reliable server (1 = yes, 0 = no).",
                synchronized,
            ),
            (
                "node_timex_offset_seconds",
                "Time offset in between local system and reference clock.",
                timex.offset as f64 / unit,
            ),
            (
                "node_timex_frequency_adjustment_ratio",
                "Local clock frequency adjustment.",
                1.0 + timex.freq as f64 / PPM_16_BIT,
            ),
            (
                "node_timex_maxerror_seconds",
                "Maximum error in seconds.",
                timex.maxerror as f64 / MICROSECONDS,
            ),
            (
                "node_timex_estimated_error_seconds",
                "Estimated error in seconds.",
                timex.esterror as f64 / MICROSECONDS,
            ),
            ("node_timex_status", "Value of the status array bits.", f64::from(timex.status)),
            (
                "node_timex_loop_time_constant",
                "Phase-locked loop time constant.",
                timex.constant as f64,
            ),
            (
                "node_timex_tick_seconds",
                "Seconds between clock ticks.",
                timex.tick as f64 / MICROSECONDS,
            ),
            (
                "node_timex_tai_offset_seconds",
                "International Atomic Time (TAI) offset.",
                f64::from(timex.tai),
            ),
        ];
        for (name, help, value) in gauges {
            sink.gauge(name, help, &[], value);
        }
        pulse_gauges(sink, &timex, unit);
        pulse_counters(sink, &timex);
        Ok(())
    }
}

fn pulse_gauges(sink: &mut Sink, timex: &libc::timex, unit: f64) {
    let gauges = [
        (
            "node_timex_pps_frequency_hertz",
            "Pulse per second frequency.",
            timex.ppsfreq as f64 / PPM_16_BIT,
        ),
        ("node_timex_pps_jitter_seconds", "Pulse per second jitter.", timex.jitter as f64 / unit),
        (
            "node_timex_pps_shift_seconds",
            "Pulse per second interval duration.",
            f64::from(timex.shift),
        ),
        (
            "node_timex_pps_stability_hertz",
            "Pulse per second stability, average of recent frequency changes.",
            timex.stabil as f64 / PPM_16_BIT,
        ),
    ];
    for (name, help, value) in gauges {
        sink.gauge(name, help, &[], value);
    }
}

fn pulse_counters(sink: &mut Sink, timex: &libc::timex) {
    let counters = [
        (
            "node_timex_pps_jitter_total",
            "Pulse per second count of jitter limit exceeded events.",
            timex.jitcnt,
        ),
        (
            "node_timex_pps_calibration_total",
            "Pulse per second count of calibration intervals.",
            timex.calcnt,
        ),
        (
            "node_timex_pps_error_total",
            "Pulse per second count of calibration errors.",
            timex.errcnt,
        ),
        (
            "node_timex_pps_stability_exceeded_total",
            "Pulse per second count of stability limit exceeded events.",
            timex.stbcnt,
        ),
    ];
    for (name, help, count) in counters {
        sink.counter(name, help, &[], count as f64);
    }
}
