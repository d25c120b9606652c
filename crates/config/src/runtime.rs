//! The section `runtime`.

use regain_yaml::Section;

use crate::marshal::Fields;

/// The garbage collection target where nothing else is configured, in percent.
const DEFAULT_GOGC: i64 = 75;

/// Settings of upstream's process; they are shown in runtime information and change nothing here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeConfig {
    /// Go's garbage collection target in percent.
    pub gogc: i64,
}

impl RuntimeConfig {
    /// The defaults, in which the variable `GOGC` wins as it does upstream.
    pub(crate) fn new(gogc_variable: Option<&str>) -> Self {
        let gogc = match gogc_variable {
            Some(text) if text.eq_ignore_ascii_case("off") => -1,
            Some(text) => text.parse().unwrap_or(DEFAULT_GOGC),
            None => DEFAULT_GOGC,
        };
        Self { gogc }
    }

    pub(crate) fn write(&self, fields: &mut Fields) {
        fields.some("gogc", self.gogc);
    }

    /// Reads the section; zero means the default.
    pub(crate) fn decode(section: &mut Section<'_>, default: Self) -> Self {
        match section.or("gogc", default.gogc) {
            0 => default,
            gogc => Self { gogc },
        }
    }
}
