//! The collectors upstream has, and the ones of them this program has.

/// Names a collector of `node_exporter` 1.12.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Is the name in `--collector.NAME`.
    pub name: &'static str,
    /// Tells whether upstream runs it without being asked to.
    pub default_enabled: bool,
    /// Tells whether this program has it.
    pub built: bool,
}

/// Finds a collector by its name.
pub(crate) fn find(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name == name)
}

const fn built(name: &'static str, default_enabled: bool) -> Known {
    Known { name, default_enabled, built: true }
}

const fn missing(name: &'static str, default_enabled: bool) -> Known {
    Known { name, default_enabled, built: false }
}

/// Lists every collector of `node_exporter` 1.12 on Linux, by name.
pub const KNOWN: [Known; 79] = [
    missing("arp", true),
    missing("bcache", true),
    missing("bcachefs", true),
    missing("bonding", true),
    missing("btrfs", true),
    missing("buddyinfo", false),
    missing("cgroups", false),
    missing("conntrack", true),
    built("cpu", true),
    missing("cpu_vulnerabilities", false),
    missing("cpufreq", true),
    built("diskstats", true),
    missing("dmi", true),
    missing("dmmultipath", true),
    missing("drbd", false),
    missing("drm", false),
    missing("edac", true),
    missing("entropy", true),
    missing("ethtool", false),
    missing("fibrechannel", true),
    built("filefd", true),
    built("filesystem", true),
    missing("hwmon", true),
    missing("infiniband", true),
    missing("interrupts", false),
    missing("ipvs", true),
    missing("kernel_hung", true),
    missing("ksmd", false),
    missing("lnstat", false),
    built("loadavg", true),
    missing("logind", false),
    missing("mdadm", true),
    built("meminfo", true),
    missing("meminfo_numa", false),
    missing("mountstats", false),
    missing("netclass", true),
    built("netdev", true),
    missing("netstat", true),
    missing("network_route", false),
    missing("nfs", true),
    missing("nfsd", true),
    missing("ntp", false),
    missing("nvme", true),
    missing("nvmesubsystem", false),
    built("os", true),
    missing("pcidevice", false),
    missing("perf", false),
    missing("powersupplyclass", true),
    built("pressure", true),
    missing("processes", false),
    missing("qdisc", false),
    missing("rapl", true),
    missing("runit", false),
    missing("schedstat", true),
    missing("selinux", true),
    missing("slabinfo", false),
    missing("sockstat", true),
    missing("softirqs", false),
    missing("softnet", true),
    built("stat", true),
    missing("supervisord", false),
    missing("swap", false),
    missing("sysctl", false),
    built("systemd", false),
    missing("tapestats", true),
    missing("tcpstat", false),
    built("textfile", true),
    missing("thermal_zone", true),
    built("time", true),
    built("timex", true),
    missing("udp_queues", true),
    built("uname", true),
    built("vmstat", true),
    missing("watchdog", true),
    missing("wifi", false),
    missing("xfrm", false),
    missing("xfs", true),
    missing("zfs", true),
    missing("zoneinfo", false),
];
