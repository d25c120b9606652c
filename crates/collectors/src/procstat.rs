//! The parts of `/proc/stat` that the cpu and the stat collector show.

use std::collections::BTreeMap;
use std::path::Path;

use crate::sink::Sink;

/// Is the kernel's `USER_HZ` on every architecture Linux still runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// Is the order of the columns of a `cpu` line.
const MODES: usize = 10;

/// Holds the seconds a CPU spent in each mode, in the kernel's order: user, nice, system, idle,
/// iowait, irq, softirq, steal, guest, `guest_nice`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct CpuSeconds(pub(crate) [f64; MODES]);

impl CpuSeconds {
    pub(crate) const IDLE: usize = 3;
}

/// Holds what `/proc/stat` says; a line the kernel does not write is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ProcStat {
    pub(crate) cpus: BTreeMap<u32, CpuSeconds>,
    pub(crate) interrupts: Option<u64>,
    pub(crate) context_switches: Option<u64>,
    pub(crate) boot_time_s: Option<u64>,
    pub(crate) forks: Option<u64>,
    pub(crate) running: Option<u64>,
    pub(crate) blocked: Option<u64>,
    /// Are the counts by vector in the kernel's order, without the total.
    pub(crate) softirqs: Vec<u64>,
}

pub(crate) fn parse(path: &Path, text: &str) -> ProcStat {
    let mut stat = ProcStat::default();
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        let (Some(key), Some(first)) = (words.next(), words.next()) else { continue };
        let number = || first.parse::<u64>().ok();
        let slot = match key {
            "intr" => &mut stat.interrupts,
            "ctxt" => &mut stat.context_switches,
            "btime" => &mut stat.boot_time_s,
            "processes" => &mut stat.forks,
            "procs_running" => &mut stat.running,
            "procs_blocked" => &mut stat.blocked,
            "softirq" => {
                let counts: Option<Vec<u64>> = words.map(|word| word.parse().ok()).collect();
                stat.softirqs = counts.unwrap_or_default();
                continue;
            }
            _ => {
                if let Some(id) = key.strip_prefix("cpu").filter(|id| !id.is_empty()) {
                    match cpu_line(id, first, words) {
                        Some((id, seconds)) => {
                            stat.cpus.insert(id, seconds);
                        }
                        None => Sink::odd_line(path, line),
                    }
                }
                continue;
            }
        };
        *slot = number();
        if slot.is_none() {
            Sink::odd_line(path, key);
        }
    }
    stat
}

/// Reads the columns of one CPU; old kernels write fewer, newer ones may write more.
fn cpu_line<'a>(
    id: &str,
    first: &'a str,
    rest: impl Iterator<Item = &'a str>,
) -> Option<(u32, CpuSeconds)> {
    let mut seconds = CpuSeconds::default();
    for (slot, word) in seconds.0.iter_mut().zip(std::iter::once(first).chain(rest)) {
        *slot = word.parse::<f64>().ok().filter(|ticks| ticks.is_finite())? / TICKS_PER_SECOND;
    }
    Some((id.parse().ok()?, seconds))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_odd_line_costs_only_its_own_numbers() {
        let text = "cpu  1 2 3 4\ncpu0 100 200 300 400 500\ncpu1 1 x 3\ncpux 1 2\n\
                    intr nonsense 1 2\nctxt 38014093\nbtime 1418183276\nsoftirq 10 1 2 3\n\nprocesses\n";

        let stat = parse(Path::new("/proc/stat"), text);

        assert_eq!(stat.cpus.len(), 1);
        assert_eq!(stat.cpus[&0].0[..6], [1.0, 2.0, 3.0, 4.0, 5.0, 0.0]);
        assert_eq!(stat.interrupts, None);
        assert_eq!(stat.context_switches, Some(38_014_093));
        assert_eq!(stat.boot_time_s, Some(1_418_183_276));
        assert_eq!(stat.forks, None);
        assert_eq!(stat.softirqs, [1, 2, 3]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(cpu|intr|softirq|btime)?[ -~\n]{0,200}") {
            parse(Path::new("/proc/stat"), &text);
        }
    }
}
