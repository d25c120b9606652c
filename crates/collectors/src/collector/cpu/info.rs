//! `/proc/cpuinfo`: who made the CPUs and what they can do.

use crate::error::CollectError;
use crate::filter::Pattern;
use crate::roots::{Roots, read_text};
use crate::sink::Sink;

/// Says which parts of the file are shown.
pub(super) struct Shown<'a> {
    pub(super) flags: Option<&'a Pattern>,
    pub(super) bugs: Option<&'a Pattern>,
    pub(super) frequency: bool,
}

/// Holds one `processor` block of the file; what an architecture does not write stays empty.
#[derive(Debug, Default, Clone, PartialEq)]
struct Processor<'a> {
    number: &'a str,
    vendor: &'a str,
    family: &'a str,
    model: &'a str,
    model_name: &'a str,
    microcode: &'a str,
    stepping: &'a str,
    cache_size: &'a str,
    package: &'a str,
    core: &'a str,
    mhz: f64,
    flags: &'a str,
    bugs: &'a str,
}

pub(super) fn collect(
    roots: &Roots,
    shown: &Shown<'_>,
    sink: &mut Sink,
) -> Result<(), CollectError> {
    let text = read_text(&roots.proc("cpuinfo"))?;
    let processors = parse(&text);
    for cpu in &processors {
        sink.gauge(
            "node_cpu_info",
            "CPU information from /proc/cpuinfo.",
            &[
                ("package", cpu.package),
                ("core", cpu.core),
                ("cpu", cpu.number),
                ("vendor", cpu.vendor),
                ("family", cpu.family),
                ("model", cpu.model),
                ("model_name", cpu.model_name),
                ("microcode", cpu.microcode),
                ("stepping", cpu.stepping),
                ("cachesize", cpu.cache_size),
            ],
            1.0,
        );
    }
    for cpu in processors.iter().filter(|_| shown.frequency) {
        sink.gauge(
            "node_cpu_frequency_hertz",
            "CPU frequency in hertz from /proc/cpuinfo.",
            &[("package", cpu.package), ("core", cpu.core), ("cpu", cpu.number)],
            cpu.mhz * 1e6,
        );
    }
    if let Some(first) = processors.first() {
        words(first.flags, shown.flags, |flag| {
            sink.gauge(
                "node_cpu_flag_info",
                "The `flags` field of CPU information from /proc/cpuinfo taken from the first core.",
                &[("flag", flag)],
                1.0,
            );
        });
        words(first.bugs, shown.bugs, |bug| {
            sink.gauge(
                "node_cpu_bug_info",
                "The `bugs` field of CPU information from /proc/cpuinfo taken from the first core.",
                &[("bug", bug)],
                1.0,
            );
        });
    }
    Ok(())
}

fn words(list: &str, pattern: Option<&Pattern>, mut show: impl FnMut(&str)) {
    let Some(pattern) = pattern else { return };
    for word in list.split_ascii_whitespace().filter(|word| pattern.is_match(word)) {
        show(word);
    }
}

fn parse(text: &str) -> Vec<Processor<'_>> {
    let mut processors: Vec<Processor<'_>> = Vec::new();
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let value = value.strip_prefix(' ').unwrap_or(value);
        let key = key.trim();
        if key == "processor" {
            if value.parse::<u32>().is_ok() {
                processors.push(Processor { number: value, ..Processor::default() });
            }
            continue;
        }
        let Some(cpu) = processors.last_mut() else { continue };
        match key {
            "vendor" | "vendor_id" => cpu.vendor = value,
            "cpu family" => cpu.family = value,
            "model" => cpu.model = value,
            "model name" => cpu.model_name = value,
            "microcode" => cpu.microcode = value,
            "stepping" => cpu.stepping = value,
            "cache size" => cpu.cache_size = value,
            "physical id" => cpu.package = value,
            "core id" => cpu.core = value,
            "cpu MHz" => cpu.mhz = value.trim().parse().unwrap_or(0.0),
            // ARM calls them features.
            "flags" | "Features" => cpu.flags = value,
            "bugs" => cpu.bugs = value,
            _ => {}
        }
    }
    processors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_x86_and_arm_blocks() {
        let text = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu MHz\t\t: 799.998\nflags\t\t: fpu aes\n\n\
                    processor\t: 1\nFeatures\t: fp asimd\nmodel name\t: ARMv8\nnonsense\n";

        let cpus = parse(text);

        assert_eq!(cpus.len(), 2);
        assert_eq!(
            (cpus[0].number, cpus[0].vendor, cpus[0].flags),
            ("0", "GenuineIntel", "fpu aes")
        );
        assert!((cpus[0].mhz - 799.998).abs() < 1e-9);
        assert_eq!((cpus[1].model_name, cpus[1].flags), ("ARMv8", "fp asimd"));
    }
}
