//! What an action is done to: named by the configuration, or by a label among what is allowed.
//!
//! A label comes from a scraped target. What it names counts only if it is a name at all and a list of the
//! configuration allows it; otherwise nothing is done, and the value is not even repeated.

use std::fmt;

use regain_model::Labels;

use super::{JobPath, Pattern, UnitName, ValueError};

/// Lists what a label may name. An empty list allows nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowList<T> {
    /// Names.
    pub names: Vec<T>,
    /// Expressions, each for a whole name.
    pub patterns: Vec<Pattern>,
}

impl<T> Default for AllowList<T> {
    fn default() -> Self {
        Self { names: Vec::new(), patterns: Vec::new() }
    }
}

impl<T: PartialEq + fmt::Display> AllowList<T> {
    /// Says whether the name is allowed.
    pub fn allows(&self, name: &T) -> bool {
        self.names.contains(name) || {
            let text = name.to_string();
            self.patterns.iter().any(|pattern| pattern.matches(&text))
        }
    }

    /// Takes the name that a label holds, if `read` knows it for one and the list allows it.
    fn pick(
        &self,
        labels: &Labels,
        label: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, ValueError> {
        let absent = || ValueError::Absent { label: label.to_owned() };
        let value = labels.get(label).ok_or_else(absent)?;
        read(value)
            .filter(|name| self.allows(name))
            .ok_or_else(|| ValueError::NotAllowed { label: label.to_owned() })
    }
}

/// Says which unit is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitChoice {
    /// The configuration names it.
    Fixed(UnitName),
    /// A label names it, with its type.
    Label {
        /// The label.
        label: String,
        /// What the label may name.
        allow: AllowList<UnitName>,
    },
}

impl UnitChoice {
    /// Returns the unit that is meant for an alert with these labels.
    pub fn resolve(&self, labels: &Labels) -> Result<UnitName, ValueError> {
        match self {
            Self::Fixed(name) => Ok(name.clone()),
            Self::Label { label, allow } => {
                allow.pick(labels, label, |value| UnitName::parse(value).ok())
            }
        }
    }
}

impl fmt::Display for UnitChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(name) => name.fmt(f),
            Self::Label { label, .. } => write!(f, "the unit in label {label}"),
        }
    }
}

/// Says which job is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobChoice {
    /// The configuration names it.
    Fixed(JobPath),
    /// A label names it, and the server's list must allow it.
    Label {
        /// The label.
        label: String,
        /// The folder that the label's value lies in.
        folder: Option<JobPath>,
    },
}

impl JobChoice {
    /// Returns the job that is meant for an alert with these labels, with the folders that it lies in.
    pub fn resolve(
        &self,
        labels: &Labels,
        allow: &AllowList<JobPath>,
    ) -> Result<JobPath, ValueError> {
        match self {
            Self::Fixed(path) => Ok(path.clone()),
            Self::Label { label, folder } => allow.pick(labels, label, |value| {
                let path = JobPath::parse(value).ok()?;
                Some(folder.as_ref().map_or_else(|| path.clone(), |folder| folder.join(&path)))
            }),
        }
    }
}

impl fmt::Display for JobChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(path) => path.fmt(f),
            Self::Label { label, folder: None } => write!(f, "the job in label {label}"),
            Self::Label { label, folder: Some(folder) } => {
                write!(f, "{folder}/ and the job in label {label}")
            }
        }
    }
}
