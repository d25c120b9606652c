//! The collectors, one module each, and how they are made from their settings.

mod cpu;
mod diskstats;
mod filefd;
mod filesystem;
mod loadavg;
mod meminfo;
mod netdev;
mod os;
mod pressure;
mod stat;
mod systemd;
mod textfile;
mod time;
mod timex;
mod uname;
mod vmstat;

use tokio::runtime::Handle;

use crate::error::SettingsError;
use crate::filter::FilterSettings;
use crate::roots::Roots;
use crate::run::Collector;

pub use cpu::CpuSettings;
pub use filesystem::FilesystemSettings;
pub use netdev::NetdevSettings;
pub use stat::StatSettings;
pub use systemd::SystemdSettings;
pub use textfile::TextfileSettings;
pub use vmstat::VmstatSettings;

/// Holds the flags of every collector.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Says where the host's pseudo file systems are.
    pub roots: Roots,
    /// Are the flags of `cpu`.
    pub cpu: CpuSettings,
    /// Are the flags of `diskstats`: which devices it shows.
    pub diskstats: FilterSettings,
    /// Are the flags of `filesystem`.
    pub filesystem: FilesystemSettings,
    /// Are the flags of `netdev`.
    pub netdev: NetdevSettings,
    /// Are the flags of `stat`.
    pub stat: StatSettings,
    /// Are the flags of `systemd`.
    pub systemd: SystemdSettings,
    /// Are the flags of `textfile`.
    pub textfile: TextfileSettings,
    /// Are the flags of `vmstat`.
    pub vmstat: VmstatSettings,
}

/// Makes the collector of that name, or `None` if this program has none.
pub(crate) fn make(
    name: &str,
    settings: &Settings,
    runtime: &Handle,
) -> Result<Option<Box<dyn Collector>>, SettingsError> {
    let roots = &settings.roots;
    Ok(Some(match name {
        "cpu" => Box::new(cpu::Cpu::new(roots, &settings.cpu)?),
        "diskstats" => Box::new(diskstats::Diskstats::new(roots, &settings.diskstats)?),
        "filefd" => Box::new(filefd::Filefd::new(roots)),
        "filesystem" => Box::new(filesystem::Filesystem::new(roots, &settings.filesystem)?),
        "loadavg" => Box::new(loadavg::Loadavg::new(roots)),
        "meminfo" => Box::new(meminfo::Meminfo::new(roots)),
        "netdev" => Box::new(netdev::Netdev::new(roots, &settings.netdev)?),
        "os" => Box::new(os::Os::new(roots)),
        "pressure" => Box::new(pressure::Pressure::new(roots)),
        "stat" => Box::new(stat::Stat::new(roots, settings.stat)),
        "systemd" => Box::new(systemd::Systemd::new(&settings.systemd, runtime.clone())?),
        "textfile" => Box::new(textfile::Textfile::new(&settings.textfile)),
        "time" => Box::new(time::Time::new(roots)),
        "timex" => Box::new(timex::Timex),
        "uname" => Box::new(uname::Uname),
        "vmstat" => Box::new(vmstat::Vmstat::new(roots, &settings.vmstat)?),
        _ => return Ok(None),
    }))
}
