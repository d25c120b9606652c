//! From the command line to the collectors' settings.

use std::path::PathBuf;
use std::time::Duration;

use regain_collectors::{
    CpuSettings, FilesystemSettings, FilterSettings, KNOWN, NetdevSettings, Roots, Settings,
    StatSettings, SystemdSettings, TextfileSettings, VmstatSettings,
};

use crate::flags::Line;

/// The names of the collectors that the line turns on.
pub(super) fn enabled(line: &Line) -> Vec<&'static str> {
    let defaults_are_off = line.is_on("collector.disable-defaults");
    let is_on = |name: &str| {
        let flag = format!("collector.{name}");
        line.is_on(&flag) && (!defaults_are_off || line.is_given(&flag))
    };
    let built = KNOWN.iter().filter(|known| known.built);
    built.map(|known| known.name).filter(|name| is_on(name)).collect()
}

/// The names of the collectors that would run in `node_exporter` and do not exist here.
pub(super) fn absent(line: &Line) -> Vec<&'static str> {
    if line.is_on("collector.disable-defaults") {
        return Vec::new();
    }
    let wanted = |name: &str| line.is_on(&format!("collector.{name}"));
    let absent = KNOWN.iter().filter(|known| !known.built && wanted(known.name));
    absent.map(|known| known.name).collect()
}

/// What the line says about how collectors work.
pub(super) fn settings(line: &Line) -> Settings {
    let path = |name: &str| PathBuf::from(line.text(name));
    Settings {
        roots: Roots {
            proc: path("path.procfs"),
            sys: path("path.sysfs"),
            root: path("path.rootfs"),
            udev_data: path("path.udev.data"),
        },
        cpu: CpuSettings {
            guest: line.is_on("collector.cpu.guest"),
            info: line.is_on("collector.cpu.info"),
            flags_include: line.text("collector.cpu.info.flags-include").to_owned(),
            bugs_include: line.text("collector.cpu.info.bugs-include").to_owned(),
            ..CpuSettings::default()
        },
        diskstats: FilterSettings {
            include: given(line, "collector.diskstats.device-include"),
            exclude: given(line, "collector.diskstats.device-exclude"),
            exclude_deprecated: given(line, "collector.diskstats.ignored-devices"),
            include_deprecated: None,
        },
        filesystem: filesystem(line),
        netdev: netdev(line),
        stat: StatSettings { softirq: line.is_on("collector.stat.softirq") },
        systemd: systemd(line),
        textfile: TextfileSettings {
            directories: line.texts("collector.textfile.directory").to_vec(),
        },
        vmstat: VmstatSettings { fields: line.text("collector.vmstat.fields").to_owned() },
    }
}

fn given(line: &Line, name: &str) -> Option<String> {
    line.given_text(name).map(str::to_owned)
}

fn filesystem(line: &Line) -> FilesystemSettings {
    let timeout_ns = line.nanos("collector.filesystem.mount-timeout");
    FilesystemSettings {
        mount_points: FilterSettings {
            include: given(line, "collector.filesystem.mount-points-include"),
            exclude: given(line, "collector.filesystem.mount-points-exclude"),
            exclude_deprecated: given(line, "collector.filesystem.ignored-mount-points"),
            include_deprecated: None,
        },
        fs_types: FilterSettings {
            include: given(line, "collector.filesystem.fs-types-include"),
            exclude: given(line, "collector.filesystem.fs-types-exclude"),
            exclude_deprecated: given(line, "collector.filesystem.ignored-fs-types"),
            include_deprecated: None,
        },
        mount_timeout: Duration::from_nanos(u64::try_from(timeout_ns).unwrap_or_default()),
        stat_workers: line.count("collector.filesystem.stat-workers"),
    }
}

fn netdev(line: &Line) -> NetdevSettings {
    NetdevSettings {
        devices: FilterSettings {
            include: given(line, "collector.netdev.device-include"),
            exclude: given(line, "collector.netdev.device-exclude"),
            exclude_deprecated: given(line, "collector.netdev.device-blacklist"),
            include_deprecated: given(line, "collector.netdev.device-whitelist"),
        },
        netlink: line.is_on("collector.netdev.netlink"),
        address_info: line.is_on("collector.netdev.address-info"),
        detailed: line.is_on("collector.netdev.enable-detailed-metrics"),
        label_ifalias: line.is_on("collector.netdev.label-ifalias"),
    }
}

fn systemd(line: &Line) -> SystemdSettings {
    SystemdSettings {
        unit_include: given(line, "collector.systemd.unit-include"),
        unit_exclude: given(line, "collector.systemd.unit-exclude"),
        unit_include_deprecated: given(line, "collector.systemd.unit-whitelist"),
        unit_exclude_deprecated: given(line, "collector.systemd.unit-blacklist"),
        private: line.is_on("collector.systemd.private"),
        tasks: line.is_on("collector.systemd.enable-task-metrics"),
        restarts: line.is_on("collector.systemd.enable-restarts-metrics"),
        start_times: line.is_on("collector.systemd.enable-start-time-metrics"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::NODE;

    fn line(arguments: &[&str]) -> Line {
        let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
        let (line, errors) = Line::parse(&NODE, &arguments);
        assert_eq!(errors, []);
        line
    }

    #[test]
    fn defaults_can_be_turned_off_but_not_what_is_asked_for() {
        let all = enabled(&line(&[]));
        assert!(all.contains(&"cpu") && !all.contains(&"systemd"), "{all:?}");
        assert!(absent(&line(&[])).contains(&"netclass"));
        let some = ["--collector.cpu", "--collector.disable-defaults", "--collector.systemd"];
        assert_eq!(enabled(&line(&some)), ["cpu", "systemd"]);
        assert_eq!(absent(&line(&some)), Vec::<&str>::new());
        assert!(!enabled(&line(&["--no-collector.cpu"])).contains(&"cpu"));
    }

    #[test]
    fn a_filter_that_was_not_given_is_the_collectors_own() {
        assert_eq!(settings(&line(&[])).diskstats, FilterSettings::default());
        let given = settings(&line(&["--collector.diskstats.device-exclude=^sd"])).diskstats;
        assert_eq!(given.exclude.as_deref(), Some("^sd"));
    }
}
