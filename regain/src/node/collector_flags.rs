//! The flags of the collectors: one that turns each on or off, and those that tune them.

use crate::flags::{Flag, Kind};

/// The flag that turns a collector on or off.
macro_rules! collector {
    ($name:literal, on) => {
        Flag::switch(concat!("collector.", $name), concat!("Run the ", $name, " collector.")).on()
    };
    ($name:literal, off) => {
        Flag::switch(concat!("collector.", $name), concat!("Run the ", $name, " collector."))
    };
}

/// Which collectors run. Those that are not built run under no command line.
pub(super) static COLLECTORS: &[Flag] = &[
    collector!("arp", on).not_built(),
    collector!("bcache", on).not_built(),
    collector!("bcachefs", on).not_built(),
    collector!("bonding", on).not_built(),
    collector!("btrfs", on).not_built(),
    collector!("buddyinfo", off).not_built(),
    collector!("cgroups", off).not_built(),
    collector!("conntrack", on).not_built(),
    collector!("cpu", on),
    collector!("cpu_vulnerabilities", off).not_built(),
    collector!("cpufreq", on).not_built(),
    collector!("diskstats", on),
    collector!("dmi", on).not_built(),
    collector!("dmmultipath", on).not_built(),
    collector!("drbd", off).not_built(),
    collector!("drm", off).not_built(),
    collector!("edac", on).not_built(),
    collector!("entropy", on).not_built(),
    collector!("ethtool", off).not_built(),
    collector!("fibrechannel", on).not_built(),
    collector!("filefd", on),
    collector!("filesystem", on),
    collector!("hwmon", on).not_built(),
    collector!("infiniband", on).not_built(),
    collector!("interrupts", off).not_built(),
    collector!("ipvs", on).not_built(),
    collector!("kernel_hung", on).not_built(),
    collector!("ksmd", off).not_built(),
    collector!("lnstat", off).not_built(),
    collector!("loadavg", on),
    collector!("logind", off).not_built(),
    collector!("mdadm", on).not_built(),
    collector!("meminfo", on),
    collector!("meminfo_numa", off).not_built(),
    collector!("mountstats", off).not_built(),
    collector!("netclass", on).not_built(),
    collector!("netdev", on),
    collector!("netstat", on).not_built(),
    collector!("network_route", off).not_built(),
    collector!("nfs", on).not_built(),
    collector!("nfsd", on).not_built(),
    collector!("ntp", off).not_built(),
    collector!("nvme", on).not_built(),
    collector!("nvmesubsystem", off).not_built(),
    collector!("os", on),
    collector!("pcidevice", off).not_built(),
    collector!("perf", off).not_built(),
    collector!("powersupplyclass", on).not_built(),
    collector!("pressure", on),
    collector!("processes", off).not_built(),
    collector!("qdisc", off).not_built(),
    collector!("rapl", on).not_built(),
    collector!("runit", off).not_built(),
    collector!("schedstat", on).not_built(),
    collector!("selinux", on).not_built(),
    collector!("slabinfo", off).not_built(),
    collector!("sockstat", on).not_built(),
    collector!("softirqs", off).not_built(),
    collector!("softnet", on).not_built(),
    collector!("stat", on),
    collector!("supervisord", off).not_built(),
    collector!("swap", off).not_built(),
    collector!("sysctl", off).not_built(),
    collector!("systemd", off),
    collector!("tapestats", on).not_built(),
    collector!("tcpstat", off).not_built(),
    collector!("textfile", on),
    collector!("thermal_zone", on).not_built(),
    collector!("time", on),
    collector!("timex", on),
    collector!("udp_queues", on).not_built(),
    collector!("uname", on),
    collector!("vmstat", on),
    collector!("watchdog", on).not_built(),
    collector!("wifi", off).not_built(),
    collector!("xfrm", off).not_built(),
    collector!("xfs", on).not_built(),
    collector!("zfs", on).not_built(),
    collector!("zoneinfo", off).not_built(),
];

/// What tunes the collectors that are built. Flags that have another name now are hidden.
pub(super) static COLLECTOR_FLAGS: &[Flag] = &[
    Flag::switch(
        "collector.cpu.guest",
        "Show the time that guests use (node_cpu_guest_seconds_total).",
    )
    .on(),
    Flag::switch("collector.cpu.info", "Show what the CPUs are (node_cpu_info)."),
    Flag::new(
        "collector.cpu.info.flags-include",
        Kind::Text,
        "",
        "A regular expression of the CPU flags to show; implies cpu.info.",
    ),
    Flag::new(
        "collector.cpu.info.bugs-include",
        Kind::Text,
        "",
        "A regular expression of the CPU bugs to show; implies cpu.info.",
    ),
    Flag::new(
        "collector.diskstats.device-exclude",
        Kind::Text,
        r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$",
        "A regular expression of disks to leave out; not with device-include.",
    ),
    Flag::new(
        "collector.diskstats.device-include",
        Kind::Text,
        "",
        "A regular expression of disks to show; not with device-exclude.",
    ),
    Flag::new(
        "collector.diskstats.ignored-devices",
        Kind::Text,
        "",
        "The former name of diskstats.device-exclude.",
    )
    .hidden(),
    Flag::new(
        "collector.filesystem.mount-points-exclude",
        Kind::Text,
        "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
        "A regular expression of mount points to leave out; not with mount-points-include.",
    ),
    Flag::new(
        "collector.filesystem.mount-points-include",
        Kind::Text,
        "",
        "A regular expression of mount points to show; not with mount-points-exclude.",
    ),
    Flag::new(
        "collector.filesystem.ignored-mount-points",
        Kind::Text,
        "",
        "The former name of filesystem.mount-points-exclude.",
    )
    .hidden(),
    Flag::new(
        "collector.filesystem.fs-types-exclude",
        Kind::Text,
        "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$",
        "A regular expression of types of file systems to leave out; not with fs-types-include.",
    ),
    Flag::new(
        "collector.filesystem.fs-types-include",
        Kind::Text,
        "",
        "A regular expression of types of file systems to show; not with fs-types-exclude.",
    ),
    Flag::new(
        "collector.filesystem.ignored-fs-types",
        Kind::Text,
        "",
        "The former name of filesystem.fs-types-exclude.",
    )
    .hidden(),
    Flag::new(
        "collector.filesystem.mount-timeout",
        Kind::GoDuration,
        "5s",
        "How long a mount may take to answer before it is marked as stuck.",
    )
    .hidden(),
    Flag::new(
        "collector.filesystem.stat-workers",
        Kind::Integer,
        "4",
        "How many mounts are asked at the same time.",
    )
    .hidden(),
    Flag::new(
        "collector.netdev.device-include",
        Kind::Text,
        "",
        "A regular expression of network devices to show; not with device-exclude.",
    ),
    Flag::new(
        "collector.netdev.device-exclude",
        Kind::Text,
        "",
        "A regular expression of network devices to leave out; not with device-include.",
    ),
    Flag::new(
        "collector.netdev.device-whitelist",
        Kind::Text,
        "",
        "The former name of netdev.device-include.",
    )
    .hidden(),
    Flag::new(
        "collector.netdev.device-blacklist",
        Kind::Text,
        "",
        "The former name of netdev.device-exclude.",
    )
    .hidden(),
    Flag::switch("collector.netdev.address-info", "Show the addresses of each device."),
    Flag::switch(
        "collector.netdev.enable-detailed-metrics",
        "Show the finer counters of netlink under names of their own.",
    ),
    Flag::switch(
        "collector.netdev.netlink",
        "Ask the kernel by netlink and do not read /proc/net/dev.",
    )
    .on(),
    Flag::switch(
        "collector.netdev.label-ifalias",
        "Label the counters with the alias of their device.",
    ),
    Flag::switch("collector.stat.softirq", "Show the softirq calls of each vector."),
    Flag::new(
        "collector.systemd.unit-include",
        Kind::Text,
        ".+",
        "A regular expression of units to show; it must match the whole name.",
    ),
    Flag::new(
        "collector.systemd.unit-exclude",
        Kind::Text,
        r".+\.(automount|device|mount|scope|slice)",
        "A regular expression of units to leave out; it must match the whole name.",
    ),
    Flag::new(
        "collector.systemd.unit-whitelist",
        Kind::Text,
        "",
        "The former name of systemd.unit-include.",
    )
    .hidden(),
    Flag::new(
        "collector.systemd.unit-blacklist",
        Kind::Text,
        "",
        "The former name of systemd.unit-exclude.",
    )
    .hidden(),
    Flag::switch(
        "collector.systemd.private",
        "Ask systemd itself and not the system bus; needs root.",
    )
    .hidden(),
    Flag::switch("collector.systemd.enable-task-metrics", "Show the tasks of services."),
    Flag::switch("collector.systemd.enable-restarts-metrics", "Show the restarts of services."),
    Flag::switch("collector.systemd.enable-start-time-metrics", "Show when units started."),
    Flag::new(
        "collector.textfile.directory",
        Kind::Text,
        "",
        "A directory of text files with metrics; may be a glob.",
    )
    .repeated(),
    Flag::new(
        "collector.vmstat.fields",
        Kind::Text,
        "^(oom_kill|pgpg|pswp|pg.*fault).*",
        "A regular expression of the fields of /proc/vmstat to show.",
    ),
];

/// What tunes the collectors that are not built.
pub(super) static UNBUILT_COLLECTOR_FLAGS: &[Flag] = &[
    unbuilt("collector.arp.device-exclude", ""),
    unbuilt("collector.arp.device-include", ""),
    unbuilt_switch("collector.arp.netlink").on(),
    unbuilt_switch("collector.bcache.priorityStats"),
    unbuilt("collector.ethtool.device-exclude", ""),
    unbuilt("collector.ethtool.device-include", ""),
    unbuilt("collector.ethtool.metrics-include", ".*"),
    unbuilt("collector.hwmon.chip-exclude", ""),
    unbuilt("collector.hwmon.chip-include", ""),
    unbuilt("collector.hwmon.sensor-exclude", ""),
    unbuilt("collector.hwmon.sensor-include", ""),
    unbuilt("collector.infiniband.device-exclude", ""),
    unbuilt("collector.infiniband.device-include", ""),
    unbuilt_switch("collector.interrupts.include-zeros"),
    unbuilt("collector.interrupts.name-exclude", ""),
    unbuilt("collector.interrupts.name-include", ""),
    unbuilt(
        "collector.ipvs.backend-labels",
        "local_address,local_port,remote_address,remote_port,proto,local_mark",
    ),
    unbuilt_switch("collector.netclass.ignore-invalid-speed"),
    unbuilt("collector.netclass.ignored-devices", "^$"),
    unbuilt_switch("collector.netclass.netlink"),
    unbuilt_switch("collector.netclass_rtnl.with-stats"),
    unbuilt(
        "collector.netstat.fields",
        "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$",
    ),
    unbuilt("collector.ntp.ip-ttl", "1"),
    unbuilt("collector.ntp.local-offset-tolerance", "1ms"),
    unbuilt("collector.ntp.max-distance", "3.46608s"),
    unbuilt("collector.ntp.protocol-version", "4"),
    unbuilt("collector.ntp.server", "127.0.0.1"),
    unbuilt_switch("collector.ntp.server-is-local"),
    unbuilt("collector.ntp.server-port", "123"),
    unbuilt("collector.pcidevice.idsfile", ""),
    unbuilt_switch("collector.pcidevice.names"),
    unbuilt("collector.perf.cache-profilers", "").repeated(),
    unbuilt("collector.perf.cpus", ""),
    unbuilt_switch("collector.perf.disable-cache-profilers"),
    unbuilt_switch("collector.perf.disable-hardware-profilers"),
    unbuilt_switch("collector.perf.disable-software-profilers"),
    unbuilt("collector.perf.hardware-profilers", "").repeated(),
    unbuilt("collector.perf.software-profilers", "").repeated(),
    unbuilt("collector.perf.tracepoint", "").repeated(),
    unbuilt("collector.powersupply.ignored-supplies", "^$"),
    unbuilt("collector.qdisc.device-exclude", ""),
    unbuilt("collector.qdisc.device-include", ""),
    unbuilt("collector.qdisc.fixtures", ""),
    unbuilt_switch("collector.rapl.enable-zone-label"),
    unbuilt("collector.runit.servicedir", "/etc/service"),
    unbuilt("collector.slabinfo.slabs-exclude", ""),
    unbuilt("collector.slabinfo.slabs-include", ".*"),
    unbuilt("collector.supervisord.url", "http://localhost:9001/RPC2"),
    unbuilt("collector.sysctl.include", "").repeated(),
    unbuilt("collector.sysctl.include-info", "").repeated(),
    unbuilt("collector.tapestats.ignored-devices", "^$"),
    unbuilt("collector.wifi.fixtures", ""),
    unbuilt("collector.qdisk.device-include", "").hidden(),
    unbuilt("collector.qdisk.device-exclude", "").hidden(),
];

const UNBUILT_HELP: &str = "Tunes a collector that is not built yet.";

const fn unbuilt(name: &'static str, default: &'static str) -> Flag {
    Flag::new(name, Kind::Text, default, UNBUILT_HELP).not_built()
}

const fn unbuilt_switch(name: &'static str) -> Flag {
    Flag::switch(name, UNBUILT_HELP).not_built()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::Standing;

    #[test]
    fn every_known_collector_has_its_flag() {
        let known = regain_collectors::KNOWN.iter().map(|known| {
            let on = if known.default_enabled { "true" } else { "false" };
            let standing = if known.built { Standing::Works } else { Standing::NotBuilt };
            (format!("collector.{}", known.name), on, standing)
        });
        let flags =
            COLLECTORS.iter().map(|flag| (flag.name.to_owned(), flag.default, flag.standing));
        assert_eq!(flags.collect::<Vec<_>>(), known.collect::<Vec<_>>());
    }
}
