//! Which series a target has: those of a service with a web server on a host of eight cores.

use super::{SERIES_PER_TARGET, Series, Shape};

const HANDLERS: usize = 40;
const METHODS: [&str; 4] = ["DELETE", "GET", "POST", "PUT"];
const BOUNDS: [&str; 12] =
    ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"];
/// The share of observations that are at most each bound.
const SHARES: [f64; 12] = [0.08, 0.2, 0.41, 0.6, 0.78, 0.9, 0.955, 0.98, 0.993, 0.998, 0.9995, 1.0];
/// Status codes with the share of requests that end so.
const CODES: [(&str, f64); 4] = [("200", 0.93), ("404", 0.05), ("500", 0.015), ("503", 0.005)];
const CORES: usize = 8;
/// What a core does, with the share of its time.
const MODES: [(&str, f64); 8] = [
    ("idle", 0.71),
    ("iowait", 0.01),
    ("irq", 0.0),
    ("nice", 0.0),
    ("softirq", 0.01),
    ("steal", 0.0),
    ("system", 0.07),
    ("user", 0.2),
];
/// Parts of the memory that move, in mebibytes.
const MEMORY: [(&str, f64); 7] = [
    ("Active", 9000.0),
    ("Buffers", 300.0),
    ("Cached", 6000.0),
    ("Dirty", 12.0),
    ("MemAvailable", 11_000.0),
    ("MemFree", 4000.0),
    ("Slab", 700.0),
];
/// Network devices with the bytes that each takes in a second.
const DEVICES: [(&str, f64); 6] = [
    ("eth0", 2.4e6),
    ("eth1", 3.1e4),
    ("lo", 8.2e5),
    ("veth0", 5.3e4),
    ("veth1", 120.0),
    ("veth2", 0.0),
];
const MOUNTS: [(&str, &str); 8] = [
    ("/dev/sda1", "/"),
    ("/dev/sda2", "/boot"),
    ("/dev/sda3", "/home"),
    ("/dev/sdb1", "/var"),
    ("/dev/sdb2", "/var/lib"),
    ("/dev/sdb3", "/var/log"),
    ("/dev/sdc1", "/srv"),
    ("/dev/sdc2", "/srv/backup"),
];
const EVENTS: usize = 130;
const QUEUES: usize = 100;
const MIB: f64 = 1024.0 * 1024.0;

/// The series that every target has, in the order in which it exposes them.
pub fn all() -> Vec<Series> {
    let mut mix = Mix(Vec::with_capacity(SERIES_PER_TARGET));
    mix.histograms();
    mix.requests();
    mix.cores();
    mix.memory();
    mix.network();
    mix.disks();
    mix.process();
    mix.service();
    mix.modules();
    mix.0
}

struct Mix(Vec<Series>);

impl Mix {
    /// Adds a series of a family of one metric.
    fn add(&mut self, kind: &'static str, name: &str, labels: Labels, shape: Shape) {
        let identity = self.0.len() as u64;
        let first = self.0.last().is_none_or(|last| last.name != name);
        let family = first.then(|| (kind, name.to_owned()));
        self.0.push(Series { name: name.to_owned(), labels, shape, identity, family });
    }

    fn histograms(&mut self) {
        let name = "http_request_duration_seconds";
        for handler in 0..HANDLERS {
            let identity = self.0.len() as u64;
            let (labels, rate) = (of_handler(handler), request_rate(handler));
            let buckets = BOUNDS.iter().zip(SHARES).map(|(bound, share)| {
                let mut labels = labels.clone();
                labels.insert(1, ("le", (*bound).to_owned()));
                ("bucket", labels, Shape::Bucket(share, rate))
            });
            let rest = [
                ("sum", labels.clone(), Shape::Sum(rate)),
                ("count", labels.clone(), Shape::Bucket(1.0, rate)),
            ];
            let series = buckets.chain(rest).map(|(suffix, labels, shape)| {
                let name = format!("{name}_{suffix}");
                Series { name, labels, shape, identity, family: None }
            });
            self.0.extend(series);
        }
        self.0[0].family = Some(("histogram", name.to_owned()));
    }

    fn requests(&mut self) {
        for handler in 0..HANDLERS {
            for (code, share) in CODES {
                let mut labels = of_handler(handler);
                labels.insert(0, ("code", code.to_owned()));
                let shape = Shape::Counter(request_rate(handler) * share);
                self.add("counter", "http_requests_total", labels, shape);
            }
        }
    }

    fn cores(&mut self) {
        for core in 0..CORES {
            for (mode, share) in MODES {
                let labels = vec![("cpu", core.to_string()), ("mode", mode.to_owned())];
                self.add("counter", "node_cpu_seconds_total", labels, Shape::HostSeconds(share));
            }
        }
    }

    fn memory(&mut self) {
        for (part, mib) in MEMORY {
            let shape = Shape::Gauge(mib * MIB, 4096.0);
            self.add("gauge", &format!("node_memory_{part}_bytes"), Vec::new(), shape);
        }
        let total = Shape::Constant(16_384.0 * MIB);
        self.add("gauge", "node_memory_MemTotal_bytes", Vec::new(), total);
    }

    fn network(&mut self) {
        for direction in ["receive", "transmit"] {
            for (unit, size) in [("bytes", 1.0), ("errs", f64::INFINITY), ("packets", 600.0)] {
                for (device, bytes) in DEVICES {
                    let name = format!("node_network_{direction}_{unit}_total");
                    let labels = vec![("device", device.to_owned())];
                    self.add("counter", &name, labels, Shape::HostCounter(bytes / size));
                }
            }
        }
    }

    fn disks(&mut self) {
        for (name, gib) in [("avail_bytes", 80.0), ("size_bytes", 200.0), ("files", 0.012)] {
            for (device, mount) in MOUNTS {
                let labels = vec![
                    ("device", device.to_owned()),
                    ("fstype", "ext4".to_owned()),
                    ("mountpoint", mount.to_owned()),
                ];
                let shape = match name {
                    "avail_bytes" => Shape::Gauge(gib * 1024.0 * MIB, 4096.0),
                    _ => Shape::Constant((gib * 1024.0 * MIB).floor()),
                };
                self.add("gauge", &format!("node_filesystem_{name}"), labels, shape);
            }
        }
    }

    fn process(&mut self) {
        let gauges = [
            ("process_max_fds", Shape::Constant(524_288.0)),
            ("process_open_fds", Shape::Gauge(180.0, 1.0)),
            ("process_resident_memory_bytes", Shape::Gauge(340.0 * MIB, 4096.0)),
            ("process_start_time_seconds", Shape::StartTime),
            ("process_virtual_memory_bytes", Shape::Constant(1900.0 * MIB)),
        ];
        for (name, shape) in gauges {
            self.add("gauge", name, Vec::new(), shape);
        }
        self.add("counter", "process_cpu_seconds_total", Vec::new(), Shape::HostSeconds(0.4));
    }

    fn service(&mut self) {
        for event in 0..EVENTS {
            let shape = match event % 10 {
                0..=2 => Shape::Constant((event * 37) as f64),
                3..=5 => Shape::Counter(0.002 * event as f64),
                6 | 7 => Shape::Counter(3.0 + event as f64),
                _ => Shape::Counter(12_345.0 + event as f64),
            };
            let labels = vec![("kind", format!("kind-{:02}", event % 26))];
            self.add("counter", &format!("service_{}_total", event / 26), labels, shape);
        }
        for (index, name) in ["length", "age_seconds", "load", "cost"].iter().enumerate() {
            for queue in 0..QUEUES / 4 {
                let shape = match index {
                    0 => Shape::Gauge(100.0 + queue as f64, 1.0),
                    1 => Shape::Gauge(2.5, 0.001),
                    2 => Shape::Gauge(0.5, 0.0001),
                    _ => Shape::Constant(queue as f64),
                };
                let labels = vec![("queue", format!("queue-{queue:02}"))];
                self.add("gauge", &format!("service_queue_{name}"), labels, shape);
            }
        }
    }

    /// What only informs, up to the number of series that a target has.
    fn modules(&mut self) {
        for module in 0..SERIES_PER_TARGET - self.0.len() {
            let labels =
                vec![("module", format!("module-{module}")), ("version", format!("1.{module}.0"))];
            self.add("gauge", "service_module_info", labels, Shape::Constant(1.0));
        }
    }
}

type Labels = Vec<(&'static str, String)>;

fn of_handler(handler: usize) -> Labels {
    vec![
        ("handler", format!("/api/v1/resource/{}", handler / METHODS.len())),
        ("method", METHODS[handler % METHODS.len()].to_owned()),
    ]
}

/// Requests a second; a third of the handlers is never called.
fn request_rate(handler: usize) -> f64 {
    if handler % 3 == 2 { 0.0 } else { 0.4 * (1 + handler % 7) as f64 }
}
