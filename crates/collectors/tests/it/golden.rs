//! The golden output of upstream's end-to-end test, for the collectors that are built.

use regain_collectors::{
    CpuSettings, FilterSettings, Roots, Settings, StatSettings, TextfileSettings,
};

use super::exposition::{families, scrape};
use super::fixtures::Fixtures;

/// Are the collectors of the golden run that are built; upstream leaves filesystem, timex and uname out.
const COLLECTORS: [&str; 12] = [
    "cpu",
    "diskstats",
    "filefd",
    "loadavg",
    "meminfo",
    "netdev",
    "os",
    "pressure",
    "stat",
    "textfile",
    "time",
    "vmstat",
];

/// Are the lines upstream's own test does not compare, because they differ between machines.
const VOLATILE: [&str; 7] = [
    "node_scrape_collector_duration_seconds",
    "node_textfile_mtime_seconds",
    "node_time_zone",
    "node_time_seconds",
    "node_network_receive_bytes_total",
    "node_network_receive_packets_total",
    "node_network_transmit_",
];

/// Says which golden families belong to the collectors above.
fn is_ours(name: &str, block: &[String]) -> bool {
    let prefixes = [
        "node_memory_",
        "node_load",
        "node_disk_",
        "node_vmstat_",
        "node_filefd_",
        "node_os_",
        "node_pressure_",
        "node_textfile_",
        "node_time_",
        "node_cpu_",
        "testmetric",
    ];
    let names = [
        "node_intr_total",
        "node_context_switches_total",
        "node_forks_total",
        "node_boot_time_seconds",
        "node_procs_running",
        "node_procs_blocked",
        "node_softirqs_total",
    ];
    let others = ["node_memory_numa_", "node_cpu_scaling_", "node_cpu_vulnerabilities"];
    let of_cpufreq = [
        "node_cpu_frequency_min_hertz",
        "node_cpu_frequency_max_hertz",
        "node_cpu_frequency_avg_hertz",
    ];
    let mine = prefixes.iter().any(|prefix| name.starts_with(prefix)) || names.contains(&name);
    // The same file system of names holds the statistics of netdev and the states of netclass.
    let netdev = block.first().is_some_and(|help| help.contains("Network device statistic"));
    let foreign =
        others.iter().any(|prefix| name.starts_with(prefix)) || of_cpufreq.contains(&name);
    (mine || netdev) && !foreign
}

fn settings(fixtures: &Fixtures) -> Settings {
    let below = |name: &str| fixtures.path.join(name);
    Settings {
        roots: Roots {
            proc: below("proc"),
            sys: below("sys"),
            root: fixtures.path.clone(),
            udev_data: below("udev/data"),
        },
        cpu: CpuSettings {
            info: true,
            flags_include: "^(aes|avx.?|constant_tsc)$".to_owned(),
            bugs_include: "^(cpu_meltdown|spectre_.*|mds)$".to_owned(),
            ..CpuSettings::default()
        },
        netdev: regain_collectors::NetdevSettings {
            devices: FilterSettings { include: Some("lo".to_owned()), ..FilterSettings::default() },
            ..regain_collectors::NetdevSettings::default()
        },
        stat: StatSettings { softirq: true },
        textfile: TextfileSettings {
            directories: vec![format!("{}/textfile/two_metric_files/", fixtures.path.display())],
        },
        ..Settings::default()
    }
}

#[test]
fn every_family_of_the_built_collectors_is_byte_for_byte_upstreams() {
    let Some(fixtures) = Fixtures::unpack() else { return };
    let golden = std::fs::read_to_string(fixtures.path.join("e2e-output.txt")).unwrap();
    let golden = families(&golden);

    let ours = fixtures.relative(&scrape(&settings(&fixtures), &COLLECTORS));
    let ours = families(&ours);

    let stable = |block: &[String]| -> Vec<String> {
        let volatile = |line: &&String| VOLATILE.iter().any(|prefix| line.starts_with(prefix));
        block.iter().filter(|line| !volatile(line)).cloned().collect()
    };
    let (mut families, mut samples) = (0, 0);
    for (name, expected) in golden.iter().filter(|(name, block)| is_ours(name, block)) {
        let expected = stable(expected);
        let seen = ours.get(name).map(|block| stable(block)).unwrap_or_default();
        assert_eq!(seen, expected, "family {name}");
        families += 1;
        samples += expected.iter().filter(|line| !line.starts_with('#')).count();
    }
    for name in ours.keys().filter(|name| !name.starts_with("node_scrape_")) {
        assert!(golden.contains_key(name), "upstream has no family {name}");
    }
    for collector in COLLECTORS {
        let line = format!("node_scrape_collector_success{{collector=\"{collector}\"}} 1");
        assert!(ours["node_scrape_collector_success"].contains(&line), "{collector} failed");
    }
    println!("{families} golden families with {samples} samples are equal");
    assert!(samples > 400, "the golden file was not read as expected");
}
