//! Where the counters come from: a netlink dump of the links, or `/proc/net/dev`.

use std::path::Path;

use super::Device;
use crate::error::CollectError;
use crate::netlink::{self, Attributes};
use crate::roots::read_text;
use crate::sink::Sink;

const IFLA_IFNAME: u16 = 3;
const IFLA_STATS: u16 = 7;
const IFLA_STATS64: u16 = 23;
const STATS_FIELDS: usize = 24;

/// Are the fields of the kernel's link statistics in their order, under their detailed names.
const DETAILED: [&str; STATS_FIELDS] = [
    "receive_packets",
    "transmit_packets",
    "receive_bytes",
    "transmit_bytes",
    "receive_errors",
    "transmit_errors",
    "receive_dropped",
    "transmit_dropped",
    "multicast",
    "collisions",
    "receive_length_errors",
    "receive_over_errors",
    "receive_crc_errors",
    "receive_frame_errors",
    "receive_fifo_errors",
    "receive_missed_errors",
    "transmit_aborted_errors",
    "transmit_carrier_errors",
    "transmit_fifo_errors",
    "transmit_heartbeat_errors",
    "transmit_window_errors",
    "receive_compressed",
    "transmit_compressed",
    "receive_nohandler",
];

/// Are the names of `/proc/net/dev`, each with the fields that make it up there
/// (`dev_seq_printf_stats` in the kernel).
const LEGACY: [(&str, &[&str]); 17] = [
    ("receive_packets", &["receive_packets"]),
    ("transmit_packets", &["transmit_packets"]),
    ("receive_bytes", &["receive_bytes"]),
    ("transmit_bytes", &["transmit_bytes"]),
    ("receive_errs", &["receive_errors"]),
    ("transmit_errs", &["transmit_errors"]),
    ("receive_drop", &["receive_dropped", "receive_missed_errors"]),
    ("transmit_drop", &["transmit_dropped"]),
    ("receive_fifo", &["receive_fifo_errors"]),
    ("transmit_fifo", &["transmit_fifo_errors"]),
    (
        "receive_frame",
        &[
            "receive_frame_errors",
            "receive_length_errors",
            "receive_over_errors",
            "receive_crc_errors",
        ],
    ),
    ("receive_multicast", &["multicast"]),
    ("transmit_colls", &["collisions"]),
    (
        "transmit_carrier",
        &[
            "transmit_carrier_errors",
            "transmit_aborted_errors",
            "transmit_heartbeat_errors",
            "transmit_window_errors",
        ],
    ),
    ("receive_compressed", &["receive_compressed"]),
    ("transmit_compressed", &["transmit_compressed"]),
    ("receive_nohandler", &["receive_nohandler"]),
];

/// Are the columns of `/proc/net/dev`: the name shown, and the one shown with detailed metrics.
const PROC_COLUMNS: [(&str, &str); 16] = [
    ("receive_bytes", "receive_bytes"),
    ("receive_packets", "receive_packets"),
    ("receive_errs", "receive_errors"),
    ("receive_drop", "receive_dropped"),
    ("receive_fifo", "receive_fifo"),
    ("receive_frame", "receive_frame"),
    ("receive_compressed", "receive_compressed"),
    ("receive_multicast", "receive_multicast"),
    ("transmit_bytes", "transmit_bytes"),
    ("transmit_packets", "transmit_packets"),
    ("transmit_errs", "transmit_errors"),
    ("transmit_drop", "transmit_dropped"),
    ("transmit_fifo", "transmit_fifo"),
    ("transmit_colls", "transmit_colls"),
    ("transmit_carrier", "transmit_carrier"),
    ("transmit_compressed", "transmit_compressed"),
];

pub(super) fn netlink(detailed: bool) -> Result<Vec<Device>, CollectError> {
    let mut devices = Vec::new();
    netlink::dump(netlink::GET_LINK, |_, attributes| {
        if let Some((name, stats)) = link(attributes) {
            let counters = if detailed {
                DETAILED.into_iter().zip(stats).collect()
            } else {
                LEGACY.iter().map(|(name, parts)| (*name, sum(&stats, parts))).collect()
            };
            devices.push(Device { name, counters });
        }
    })?;
    Ok(devices)
}

/// Finds the name and the statistics of one link, the 32-bit ones where there are no others.
fn link(attributes: Attributes<'_>) -> Option<(String, [u64; STATS_FIELDS])> {
    let mut name = None;
    let (mut narrow, mut wide) = (None, None);
    for (kind, value) in attributes {
        match kind {
            IFLA_IFNAME => name = Some(text(value)),
            IFLA_STATS => narrow = Some(value),
            IFLA_STATS64 => wide = Some(value),
            _ => {}
        }
    }
    let mut stats = [0; STATS_FIELDS];
    match (wide, narrow) {
        (Some(wide), _) => {
            for (field, bytes) in stats.iter_mut().zip(wide.chunks_exact(8)) {
                *field = u64::from_ne_bytes(bytes.try_into().ok()?);
            }
        }
        (None, Some(narrow)) => {
            for (field, bytes) in stats.iter_mut().zip(narrow.chunks_exact(4)) {
                *field = u64::from(u32::from_ne_bytes(bytes.try_into().ok()?));
            }
        }
        (None, None) => return None,
    }
    Some((name?, stats))
}

/// Reads a C string.
pub(super) fn text(value: &[u8]) -> String {
    let end = value.iter().position(|byte| *byte == 0).unwrap_or(value.len());
    String::from_utf8_lossy(&value[..end]).into_owned()
}

fn sum(stats: &[u64; STATS_FIELDS], parts: &[&str]) -> u64 {
    DETAILED
        .iter()
        .zip(stats)
        .filter(|(name, _)| parts.contains(name))
        .fold(0, |sum: u64, (_, count)| sum.wrapping_add(*count))
}

pub(super) fn proc_net_dev(path: &Path, detailed: bool) -> Result<Vec<Device>, CollectError> {
    let text = read_text(path)?;
    let mut devices = Vec::new();
    // Two lines of headings come first.
    for line in text.lines().skip(2) {
        match proc_line(line, detailed) {
            Some(device) => devices.push(device),
            None => Sink::odd_line(path, line),
        }
    }
    Ok(devices)
}

fn proc_line(line: &str, detailed: bool) -> Option<Device> {
    // A device name may hold colons, the numbers do not.
    let (name, numbers) = line.rsplit_once(':')?;
    let name = name.trim();
    let counts: Option<Vec<u64>> =
        numbers.split_ascii_whitespace().map(|word| word.parse().ok()).collect();
    let counts = counts.filter(|counts| counts.len() >= PROC_COLUMNS.len())?;
    let counters = PROC_COLUMNS
        .iter()
        .map(|(shown, fine)| if detailed { *fine } else { *shown })
        .zip(counts)
        .collect();
    (!name.is_empty()).then(|| Device { name: name.to_owned(), counters })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lines_of_proc_net_dev() {
        let numbers = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16";
        let device = proc_line(&format!("  eth0:1:{numbers}"), false).unwrap();
        assert_eq!(device.name, "eth0:1");
        assert_eq!(device.counters[2], ("receive_errs", 3));
        assert_eq!(device.counters[15], ("transmit_compressed", 16));
        assert_eq!(
            proc_line(&format!("lo: {numbers}"), true).unwrap().counters[2].0,
            "receive_errors"
        );
        assert_eq!(proc_line("lo: 1 2 3", false), None);
        assert_eq!(proc_line(&format!(": {numbers}"), false), None);
        assert_eq!(proc_line("lo", false), None);
    }

    #[test]
    fn sums_the_fields_that_proc_net_dev_sums() {
        let stats = std::array::from_fn(|index| 1 << index);
        let legacy =
            |key| LEGACY.iter().find(|(name, _)| *name == key).map(|(_, parts)| sum(&stats, parts));
        assert_eq!(legacy("receive_drop"), Some((1 << 6) + (1 << 15)));
        assert_eq!(legacy("receive_frame"), Some((1 << 10) + (1 << 11) + (1 << 12) + (1 << 13)));
        assert_eq!(legacy("transmit_carrier"), Some((1 << 16) + (1 << 17) + (1 << 19) + (1 << 20)));
    }

    #[test]
    #[expect(clippy::print_stdout, reason = "a skipped test says so")]
    fn this_host_has_a_loopback_device_in_both_sources() {
        let Ok(devices) = netlink(false) else {
            println!("skipped: no netlink here");
            return;
        };
        let proc = proc_net_dev(Path::new("/proc/net/dev"), false).unwrap();
        let names = |devices: &[Device]| -> Vec<String> {
            let mut names: Vec<String> = devices.iter().map(|device| device.name.clone()).collect();
            names.sort();
            names
        };
        assert_eq!(names(&devices), names(&proc));
    }
}
