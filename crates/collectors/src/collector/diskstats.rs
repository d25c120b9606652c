//! Disks: `/proc/diskstats`, joined with what udev knows of the device.

mod udev;

use std::path::Path;

use crate::error::{CollectError, SettingsError};
use crate::filter::{Filter, FilterFlags, FilterSettings};
use crate::roots::{Roots, read_number, read_text};
use crate::run::Collector;
use crate::sink::Sink;

use udev::Properties;

const FLAGS: FilterFlags = FilterFlags {
    include: "--collector.diskstats.device-include",
    exclude: "--collector.diskstats.device-exclude",
    exclude_deprecated: "--collector.diskstats.ignored-devices",
    include_deprecated: "--collector.diskstats.device-include",
    default_exclude: r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$",
};

/// Is the unit of the kernel's sector counts, whatever the device's own sectors are.
const SECTOR_BYTES: f64 = 512.0;
const SECONDS_PER_MS: f64 = 1.0 / 1000.0;
/// Is the number of columns of the oldest kernels that list whole disks.
const MIN_COUNTERS: usize = 11;

/// Describes one column of `/proc/diskstats`.
struct Column {
    name: &'static str,
    help: &'static str,
    scale: f64,
    counter: bool,
}

const fn counter(name: &'static str, help: &'static str, scale: f64) -> Column {
    Column { name, help, scale, counter: true }
}

const COLUMNS: [Column; 17] = [
    counter(
        "node_disk_reads_completed_total",
        "The total number of reads completed successfully.",
        1.0,
    ),
    counter("node_disk_reads_merged_total", "The total number of reads merged.", 1.0),
    counter(
        "node_disk_read_bytes_total",
        "The total number of bytes read successfully.",
        SECTOR_BYTES,
    ),
    counter(
        "node_disk_read_time_seconds_total",
        "The total number of seconds spent by all reads.",
        SECONDS_PER_MS,
    ),
    counter(
        "node_disk_writes_completed_total",
        "The total number of writes completed successfully.",
        1.0,
    ),
    counter("node_disk_writes_merged_total", "The number of writes merged.", 1.0),
    counter(
        "node_disk_written_bytes_total",
        "The total number of bytes written successfully.",
        SECTOR_BYTES,
    ),
    counter(
        "node_disk_write_time_seconds_total",
        "This is the total number of seconds spent by all writes.",
        SECONDS_PER_MS,
    ),
    Column {
        name: "node_disk_io_now",
        help: "The number of I/Os currently in progress.",
        scale: 1.0,
        counter: false,
    },
    counter("node_disk_io_time_seconds_total", "Total seconds spent doing I/Os.", SECONDS_PER_MS),
    counter(
        "node_disk_io_time_weighted_seconds_total",
        "The weighted # of seconds spent doing I/Os.",
        SECONDS_PER_MS,
    ),
    counter(
        "node_disk_discards_completed_total",
        "The total number of discards completed successfully.",
        1.0,
    ),
    counter("node_disk_discards_merged_total", "The total number of discards merged.", 1.0),
    counter(
        "node_disk_discarded_sectors_total",
        "The total number of sectors discarded successfully.",
        1.0,
    ),
    counter(
        "node_disk_discard_time_seconds_total",
        "This is the total number of seconds spent by all discards.",
        SECONDS_PER_MS,
    ),
    counter(
        "node_disk_flush_requests_total",
        "The total number of flush requests completed successfully",
        1.0,
    ),
    counter(
        "node_disk_flush_requests_time_seconds_total",
        "This is the total number of seconds spent by all flush requests.",
        SECONDS_PER_MS,
    ),
];

#[derive(Debug)]
pub(crate) struct Diskstats {
    roots: Roots,
    filter: Filter,
    udev: bool,
}

impl Diskstats {
    pub(crate) fn new(roots: &Roots, settings: &FilterSettings) -> Result<Self, SettingsError> {
        let filter = Filter::new(&FLAGS, settings)?;
        let udev = roots.udev_data.is_dir();
        if !udev {
            // Upstream logs an error; but containers have no udev, and nobody must act on that.
            tracing::info!(
                collector = "diskstats",
                path = %roots.udev_data.display(),
                "Failed to open directory, disabling udev device properties"
            );
        }
        Ok(Self { roots: roots.clone(), filter, udev })
    }
}

impl Collector for Diskstats {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        let path = self.roots.proc("diskstats");
        for line in read_text(&path)?.lines() {
            let Some(disk) = parse_line(line) else {
                Sink::odd_line(&path, line);
                continue;
            };
            if self.filter.ignores(disk.device) {
                continue;
            }
            let properties = if self.udev {
                Properties::read(&self.roots.udev_data, disk.major, disk.minor)
            } else {
                Properties::default()
            };
            let rotational = rotational(&self.roots, disk.device);
            properties.show_info(disk.device, (disk.major, disk.minor), rotational, sink);
            for (column, count) in COLUMNS.iter().zip(&disk.counts) {
                let value = *count as f64 * column.scale;
                let labels = [("device", disk.device)];
                if column.counter {
                    sink.counter(column.name, column.help, &labels, value);
                } else {
                    sink.gauge(column.name, column.help, &labels, value);
                }
            }
            properties.show_layers(disk.device, sink);
        }
        Ok(())
    }
}

#[derive(Debug, PartialEq)]
struct Disk<'a> {
    major: u32,
    minor: u32,
    device: &'a str,
    counts: Vec<u64>,
}

/// Reads one line; kernels have added columns at the end over time.
fn parse_line(line: &str) -> Option<Disk<'_>> {
    let mut words = line.split_ascii_whitespace();
    let major = words.next()?.parse().ok()?;
    let minor = words.next()?.parse().ok()?;
    let device = words.next()?;
    let counts: Option<Vec<u64>> =
        words.take(COLUMNS.len()).map(|word| word.parse().ok()).collect();
    let counts = counts.filter(|counts| counts.len() >= MIN_COUNTERS)?;
    Some(Disk { major, minor, device, counts })
}

/// Tells "1" for a spinning disk and "0" for everything else, unknown devices included.
fn rotational(roots: &Roots, device: &str) -> &'static str {
    let path = roots.sys("block").join(Path::new(device)).join("queue/rotational");
    if matches!(read_number(&path), Ok(1)) { "1" } else { "0" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lines_of_old_and_new_kernels() {
        let counts = |line| parse_line(line).map(|disk| disk.counts.len());
        let check = |line, expected| assert_eq!(counts(line), expected, "{line}");
        check("   8       0 sda 1 2 3 4 5 6 7 8 9 10 11", Some(11));
        check("8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", Some(15));
        check("8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18", Some(17));
        check("8 1 sda1 1 2 3 4", None);
        check("8 0 sda 1 2 3 4 5 6 7 8 9 x 11", None);
        check("", None);
    }
}
