//! Network devices: traffic, errors and drops.
//!
//! Netlink gives more than `/proc/net/dev` and needs no text; the numbers are shown under the names
//! that file has, unless the detailed ones are asked for.

mod address;
mod source;

use crate::error::{CollectError, SettingsError};
use crate::filter::{Filter, FilterFlags, FilterSettings};
use crate::roots::{Roots, read_text};
use crate::run::Collector;
use crate::sink::Sink;

const FLAGS: FilterFlags = FilterFlags {
    include: "--collector.netdev.device-include",
    exclude: "--collector.netdev.device-exclude",
    exclude_deprecated: "--collector.netdev.device-blacklist",
    include_deprecated: "--collector.netdev.device-whitelist",
    default_exclude: "",
};

/// Holds the flags of the netdev collector.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct NetdevSettings {
    /// Filters devices by name.
    pub devices: FilterSettings,
    /// Asks the kernel by netlink instead of reading `/proc/net/dev`.
    pub netlink: bool,
    /// Shows the addresses of each device.
    pub address_info: bool,
    /// Shows netlink's own, finer counters.
    pub detailed: bool,
    /// Labels every counter with the alias of its device.
    pub label_ifalias: bool,
}

impl Default for NetdevSettings {
    fn default() -> Self {
        Self {
            devices: FilterSettings::default(),
            netlink: true,
            address_info: false,
            detailed: false,
            label_ifalias: false,
        }
    }
}

/// Holds the counters of one device by name, without `node_network_` and `_total`.
#[derive(Debug, Clone, PartialEq)]
struct Device {
    name: String,
    counters: Vec<(&'static str, u64)>,
}

#[derive(Debug)]
pub(crate) struct Netdev {
    roots: Roots,
    settings: NetdevSettings,
    filter: Filter,
}

impl Netdev {
    pub(crate) fn new(roots: &Roots, settings: &NetdevSettings) -> Result<Self, SettingsError> {
        let filter = Filter::new(&FLAGS, &settings.devices)?;
        Ok(Self { roots: roots.clone(), settings: settings.clone(), filter })
    }

    /// Reads the alias an operator gave the device; most have none.
    fn alias(&self, device: &str) -> Option<String> {
        if !self.settings.label_ifalias {
            return None;
        }
        let path = self.roots.sys("class/net").join(device).join("ifalias");
        Some(read_text(&path).map(|alias| alias.trim().to_owned()).unwrap_or_default())
    }
}

impl Collector for Netdev {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        let detailed = self.settings.detailed;
        let devices = if self.settings.netlink {
            source::netlink(detailed)?
        } else {
            source::proc_net_dev(&self.roots.proc("net/dev"), detailed)?
        };
        for device in devices.iter().filter(|device| !self.filter.ignores(&device.name)) {
            let alias = self.alias(&device.name);
            for (key, count) in &device.counters {
                let both = [
                    ("device", device.name.as_str()),
                    ("ifalias", alias.as_deref().unwrap_or_default()),
                ];
                let labels = if alias.is_some() { &both[..] } else { &both[..1] };
                sink.counter(
                    format!("node_network_{key}_total"),
                    format!("Network device statistic {key}."),
                    labels,
                    *count as f64,
                );
            }
        }
        if self.settings.address_info {
            address::collect(&self.filter, sink)?;
        }
        Ok(())
    }
}
