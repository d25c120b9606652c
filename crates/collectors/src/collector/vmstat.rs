//! Virtual memory events, from `/proc/vmstat`.

use regain_model::is_legacy_metric_name;

use crate::error::{CollectError, SettingsError};
use crate::filter::Pattern;
use crate::roots::{Roots, read_text};
use crate::run::Collector;
use crate::sink::Sink;

const DEFAULT_FIELDS: &str = "^(oom_kill|pgpg|pswp|pg.*fault).*";

/// Holds the flags of the vmstat collector.
#[derive(Debug, Clone)]
pub struct VmstatSettings {
    /// Is the pattern of fields that are shown.
    pub fields: String,
}

impl Default for VmstatSettings {
    fn default() -> Self {
        Self { fields: DEFAULT_FIELDS.to_owned() }
    }
}

#[derive(Debug)]
pub(crate) struct Vmstat {
    roots: Roots,
    fields: Pattern,
}

impl Vmstat {
    pub(crate) fn new(roots: &Roots, settings: &VmstatSettings) -> Result<Self, SettingsError> {
        let fields = Pattern::new("--collector.vmstat.fields", &settings.fields)?;
        Ok(Self { roots: roots.clone(), fields })
    }
}

impl Collector for Vmstat {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        let path = self.roots.proc("vmstat");
        for line in read_text(&path)?.lines() {
            let mut words = line.split_ascii_whitespace();
            let (Some(field), Some(Ok(value))) =
                (words.next(), words.next().map(str::parse::<f64>))
            else {
                Sink::odd_line(&path, line);
                continue;
            };
            if !self.fields.is_match(field) {
                continue;
            }
            let name = format!("node_vmstat_{field}");
            if !is_legacy_metric_name(&name) {
                Sink::odd_line(&path, line);
                continue;
            }
            let help = format!("/proc/vmstat information field {field}.");
            sink.untyped(name, help, &[], value);
        }
        Ok(())
    }
}
