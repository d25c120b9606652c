//! How often CPU cores and packages were throttled, from sysfs.

use std::collections::BTreeMap;

use crate::roots::{Roots, read_number};
use crate::sink::Sink;

/// Adds the throttle counters; threads of one core share a count, and so do cores of one package.
pub(super) fn collect(roots: &Roots, sink: &mut Sink) {
    let mut packages: BTreeMap<u64, u64> = BTreeMap::new();
    let mut cores: BTreeMap<(u64, u64), u64> = BTreeMap::new();
    for cpu in roots.sys_numbered("devices/system/cpu", "cpu") {
        let Ok(package) = read_number(&cpu.join("topology/physical_package_id")) else { continue };
        let Ok(core) = read_number(&cpu.join("topology/core_id")) else { continue };
        if !cores.contains_key(&(package, core))
            && let Ok(count) = read_number(&cpu.join("thermal_throttle/core_throttle_count"))
        {
            cores.insert((package, core), count);
        }
        if !packages.contains_key(&package)
            && let Ok(count) = read_number(&cpu.join("thermal_throttle/package_throttle_count"))
        {
            packages.insert(package, count);
        }
    }
    for (package, count) in packages {
        sink.counter(
            "node_cpu_package_throttles_total",
            "Number of times this CPU package has been throttled.",
            &[("package", &package.to_string())],
            count as f64,
        );
    }
    for ((package, core), count) in cores {
        sink.counter(
            "node_cpu_core_throttles_total",
            "Number of times this CPU core has been throttled.",
            &[("package", &package.to_string()), ("core", &core.to_string())],
            count as f64,
        );
    }
}
