//! What is wrong with a command line, in the originals' words, and what might help.

/// What is wrong with a command line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FlagError {
    /// No such flag.
    #[error("unknown long flag '--{name}'")]
    UnknownLong {
        /// The name as it was given.
        name: String,
        /// A known flag that looks like it.
        closest: Option<&'static str>,
    },
    /// No such flag.
    #[error("unknown short flag '-{0}'")]
    UnknownShort(char),
    /// No such command.
    #[error("expected command but got {}", regain_go_format::quote::quote(.given))]
    UnknownCommand {
        /// The word in the place of a command.
        given: String,
        /// The commands there are.
        known: Vec<&'static str>,
    },
    /// The command exists in the original only.
    #[error("command {} is not built yet", regain_go_format::quote::quote(.given))]
    CommandNotBuilt {
        /// The command, with those above it.
        given: String,
        /// The commands there are.
        known: Vec<&'static str>,
    },
    /// An argument where none is expected.
    #[error("unexpected {0}")]
    Unexpected(String),
    /// A flag that needs a value came last, or another flag follows it.
    #[error("expected argument for flag '--{0}'")]
    ValueMissing(&'static str),
    /// A file of arguments cannot be read.
    #[error("failed to open arguments file {}: {why}", regain_go_format::quote::quote(.file))]
    ArgumentsFile {
        /// The file.
        file: String,
        /// What the system answered.
        why: String,
    },
    /// Flags that must be given were not.
    #[error("required flag(s) {} not provided", dashed(.0))]
    FlagsMissing(Vec<&'static str>),
    /// An argument that must be given was not.
    #[error("required argument '{0}' not provided")]
    ArgumentMissing(&'static str),
    /// A command that has commands was named alone.
    #[error("must select a subcommand of '{command}'")]
    CommandMissing {
        /// The command, with those above it.
        command: String,
        /// The commands there are.
        known: Vec<&'static str>,
    },
    /// A flag was given twice.
    #[error("flag '{0}' cannot be repeated")]
    Repeated(&'static str),
    /// The feature behind the flag is not there.
    #[error("flag '--{0}' asks for a feature that is not built yet")]
    NotBuilt(&'static str),
    /// A value is not of the flag's kind.
    #[error("{why}")]
    Value {
        /// The flag or the argument.
        of: String,
        /// What the value is not.
        why: String,
    },
}

impl FlagError {
    /// Whether the line could be read and a value is wrong.
    pub(crate) const fn is_about_a_value(&self) -> bool {
        matches!(
            self,
            Self::Value { .. }
                | Self::Repeated(_)
                | Self::NotBuilt(_)
                | Self::CommandMissing { .. }
        )
    }

    /// What to do about it, where that can be said.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownLong { closest, .. } => {
                closest.map(|name| format!("did you mean '--{name}'?"))
            }
            Self::UnknownCommand { known, .. }
            | Self::CommandNotBuilt { known, .. }
            | Self::CommandMissing { known, .. } => {
                Some(format!("the commands are {}", known.join(", ")))
            }
            Self::NotBuilt(_) => Some("leave it out; docs/flags.md lists what works".to_owned()),
            Self::Value { of, .. } => Some(format!("this is the value of {of}")),
            _ => None,
        }
    }
}

fn dashed(names: &[&str]) -> String {
    names.iter().map(|name| format!("'--{name}'")).collect::<Vec<_>>().join(", ")
}
