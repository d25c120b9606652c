//! CPU time by mode, throttling, isolation and what `/proc/cpuinfo` says.
//!
//! Invariant: a CPU's counters never go back. The kernel's idle and iowait numbers do, by a little, and
//! a counter that goes back looks like a reset to every query. A large step back is a CPU that was
//! unplugged and came back, which is one.

mod info;
mod throttle;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::error::{CollectError, SettingsError};
use crate::filter::Pattern;
use crate::procstat::{self, CpuSeconds};
use crate::roots::{Roots, read_text};
use crate::run::Collector;
use crate::sink::Sink;

/// Is the step back of the idle counter that is taken for a CPU that was unplugged.
const JUMP_BACK_SECONDS: f64 = 3.0;
const MODES: [&str; 8] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];
const GUEST_MODES: [(usize, &str); 2] = [(8, "user"), (9, "nice")];

/// Holds the flags of the cpu collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CpuSettings {
    /// Shows time spent in guests.
    pub guest: bool,
    /// Shows `node_cpu_info`.
    pub info: bool,
    /// Is the pattern of CPU flags to show; setting it implies `info`.
    pub flags_include: String,
    /// Is the pattern of CPU bugs to show; setting it implies `info`.
    pub bugs_include: String,
    /// Shows the frequency from `/proc/cpuinfo` with the info.
    pub frequency: bool,
}

impl Default for CpuSettings {
    fn default() -> Self {
        Self {
            guest: true,
            info: false,
            flags_include: String::new(),
            bugs_include: String::new(),
            frequency: true,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Cpu {
    roots: Roots,
    settings: CpuSettings,
    flags: Option<Pattern>,
    bugs: Option<Pattern>,
    isolated: Vec<u32>,
    shown: Mutex<BTreeMap<u32, CpuSeconds>>,
}

impl Cpu {
    pub(crate) fn new(roots: &Roots, settings: &CpuSettings) -> Result<Self, SettingsError> {
        let pattern = |flag, pattern: &String| {
            (!pattern.is_empty()).then(|| Pattern::new(flag, pattern)).transpose()
        };
        let flags = pattern("--collector.cpu.info.flags-include", &settings.flags_include)?;
        let bugs = pattern("--collector.cpu.info.bugs-include", &settings.bugs_include)?;
        let mut settings = settings.clone();
        if (flags.is_some() || bugs.is_some()) && !settings.info {
            settings.info = true;
            tracing::info!(
                collector = "cpu",
                "--collector.cpu.info has been set to `true` because a flags-include or bugs-include pattern is set"
            );
        }
        let isolated = read_text(&roots.sys("devices/system/cpu/isolated"))
            .map(|list| parse_cpu_list(&list))
            .unwrap_or_default();
        Ok(Self {
            roots: roots.clone(),
            settings,
            flags,
            bugs,
            isolated,
            shown: Mutex::new(BTreeMap::new()),
        })
    }

    fn seconds(&self, sink: &mut Sink) -> Result<(), CollectError> {
        let path = self.roots.proc("stat");
        let stat = procstat::parse(&path, &read_text(&path)?);
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        advance(&mut shown, &stat.cpus);
        for (cpu, seconds) in &*shown {
            let cpu = cpu.to_string();
            for (mode, seconds) in MODES.iter().zip(seconds.0) {
                sink.counter(
                    "node_cpu_seconds_total",
                    "Seconds the CPUs spent in each mode.",
                    &[("cpu", &cpu), ("mode", mode)],
                    seconds,
                );
            }
            for (column, mode) in GUEST_MODES.iter().filter(|_| self.settings.guest) {
                sink.counter(
                    "node_cpu_guest_seconds_total",
                    "Seconds the CPUs spent in guests (VMs) for each mode.",
                    &[("cpu", &cpu), ("mode", mode)],
                    seconds.0[*column],
                );
            }
        }
        Ok(())
    }

    fn isolated(&self, sink: &mut Sink) {
        for cpu in &self.isolated {
            sink.gauge(
                "node_cpu_isolated",
                "Whether each core is isolated, information from /sys/devices/system/cpu/isolated.",
                &[("cpu", &cpu.to_string())],
                1.0,
            );
        }
    }

    fn online(&self, sink: &mut Sink) {
        let cpus = self.roots.sys_numbered("devices/system/cpu", "cpu");
        // Without CPU hotplug the first CPU has no such file; then none of them says anything.
        if !cpus.first().is_some_and(|first| first.join("online").exists()) {
            return;
        }
        for cpu in &cpus {
            let online = read_text(&cpu.join("online")).is_ok_and(|text| text.trim() == "1");
            let name = cpu.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
            sink.gauge(
                "node_cpu_online",
                "CPUs that are online and being scheduled.",
                &[("cpu", name.trim_start_matches("cpu"))],
                f64::from(u8::from(online)),
            );
        }
    }
}

impl Collector for Cpu {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        if self.settings.info {
            info::collect(
                &self.roots,
                &info::Shown {
                    flags: self.flags.as_ref(),
                    bugs: self.bugs.as_ref(),
                    frequency: self.settings.frequency,
                },
                sink,
            )?;
        }
        self.seconds(sink)?;
        self.isolated(sink);
        throttle::collect(&self.roots, sink);
        self.online(sink);
        Ok(())
    }
}

/// Takes new readings over, except the ones that go back; CPUs that are gone are forgotten.
fn advance(shown: &mut BTreeMap<u32, CpuSeconds>, read: &BTreeMap<u32, CpuSeconds>) {
    shown.retain(|cpu, _| read.contains_key(cpu));
    for (cpu, new) in read {
        let old = shown.entry(*cpu).or_default();
        if old.0[CpuSeconds::IDLE] - new.0[CpuSeconds::IDLE] >= JUMP_BACK_SECONDS {
            tracing::debug!(cpu, "idle counter jumped back, taking the CPU for a new one");
            *old = CpuSeconds::default();
        }
        for (old, new) in old.0.iter_mut().zip(new.0) {
            *old = old.max(new);
        }
    }
}

/// Reads the kernel's list format, such as `0-3,7`.
fn parse_cpu_list(list: &str) -> Vec<u32> {
    /// Is more CPUs than any kernel is built for.
    const MAX_CPUS: u32 = 1 << 16;
    let mut cpus = Vec::new();
    for part in list.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) {
            cpus.extend(first..=last.min(MAX_CPUS));
        }
    }
    cpus
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(user: f64, idle: f64) -> BTreeMap<u32, CpuSeconds> {
        BTreeMap::from([(0, CpuSeconds([user, 0.0, 0.0, idle, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]))])
    }

    #[test]
    fn counters_never_go_back_unless_the_cpu_is_new() {
        let mut shown = BTreeMap::new();
        let mut check = |read: (f64, f64), expected: (f64, f64)| {
            advance(&mut shown, &reading(read.0, read.1));
            assert_eq!((shown[&0].0[0], shown[&0].0[3]), expected);
        };
        check((10.0, 100.0), (10.0, 100.0));
        check((11.0, 99.0), (11.0, 100.0));
        check((10.5, 97.5), (11.0, 100.0));
        check((1.0, 97.0), (1.0, 97.0));
    }

    #[test]
    fn forgets_cpus_that_are_gone() {
        let mut shown = reading(1.0, 1.0);
        advance(&mut shown, &BTreeMap::new());
        assert!(shown.is_empty());
    }

    #[test]
    fn reads_lists_of_cpus() {
        let check = |list, expected: &[u32]| assert_eq!(parse_cpu_list(list), expected, "{list}");
        check("\n", &[]);
        check("3\n", &[3]);
        check("0-2,7,x,9-8", &[0, 1, 2, 7]);
    }
}
