//! Command lines, read as the ecosystem's programs read theirs.
//!
//! A program is a table: its flags ([`Flag`]: name, kind, default, help), its arguments, and its
//! commands, which are tables again ([`Command`]). The grammar and the texts of the errors are those
//! of the kingpin library, which all the originals use. What they do not do: all mistakes of a line
//! are reported, not the first alone, and each comes with a hint.

mod closest;
mod error;
mod help;
mod invocation;
mod kind;
mod line;
mod reader;

pub(crate) use error::FlagError;
pub(crate) use help::{default_text, usage};
pub(crate) use invocation::{Style, read};
pub(crate) use kind::Kind;
pub(crate) use line::Line;

/// A program, or one of its commands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Command {
    /// Its name on the command line; a program's own name comes from how it was called.
    pub(crate) name: &'static str,
    /// What it is for.
    pub(crate) about: &'static str,
    /// Its flags, in tables that several commands may share.
    pub(crate) flags: &'static [&'static [Flag]],
    /// Its arguments; the last one may take all that follow.
    pub(crate) arguments: &'static [Argument],
    /// Its commands, one of which must be named.
    pub(crate) commands: &'static [Self],
    /// The commands that the original has and that are not built yet.
    pub(crate) unbuilt: &'static [&'static str],
}

impl Command {
    /// A command without a name, flags, arguments or commands: what a table leaves out.
    pub(crate) const PLAIN: Self =
        Self { name: "", about: "", flags: &[], arguments: &[], commands: &[], unbuilt: &[] };
}

/// One argument of a command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Argument {
    /// What help and errors call it.
    pub(crate) name: &'static str,
    /// What values it takes.
    pub(crate) kind: Kind,
    /// Whether it may be given several times.
    pub(crate) repeated: bool,
    /// Whether it must be given.
    pub(crate) required: bool,
    /// What it is for.
    pub(crate) help: &'static str,
}

impl Argument {
    /// An argument that must be given once.
    pub(crate) const fn new(name: &'static str, kind: Kind, help: &'static str) -> Self {
        Self { name, kind, repeated: false, required: true, help }
    }

    /// The same argument, given at least once.
    pub(crate) const fn repeated(self) -> Self {
        Self { repeated: true, ..self }
    }
}

/// One flag of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flag {
    /// Its name without the dashes.
    pub(crate) name: &'static str,
    /// Its one-letter name.
    pub(crate) short: Option<char>,
    /// What values it takes.
    pub(crate) kind: Kind,
    /// The value where the line names none.
    pub(crate) default: &'static str,
    /// Whether it may be given several times.
    pub(crate) repeated: bool,
    /// Whether it must be given.
    pub(crate) required: bool,
    /// Whether help leaves it out.
    pub(crate) hidden: bool,
    /// What giving it does.
    pub(crate) standing: Standing,
    /// What it is for.
    pub(crate) help: &'static str,
}

impl Flag {
    /// A flag that may be given once and is shown in help.
    pub(crate) const fn new(
        name: &'static str,
        kind: Kind,
        default: &'static str,
        help: &'static str,
    ) -> Self {
        let (repeated, required, hidden) = (false, false, false);
        let (short, standing) = (None, Standing::Works);
        Self { name, short, kind, default, repeated, required, hidden, standing, help }
    }

    /// A flag that is on or off, and off by default.
    pub(crate) const fn switch(name: &'static str, help: &'static str) -> Self {
        Self::new(name, Kind::Switch, "false", help)
    }

    /// The same switch, on by default.
    pub(crate) const fn on(self) -> Self {
        Self { default: "true", ..self }
    }

    /// The same flag, with a one-letter name.
    pub(crate) const fn short(self, letter: char) -> Self {
        Self { short: Some(letter), ..self }
    }

    /// The same flag, allowed several times.
    pub(crate) const fn repeated(self) -> Self {
        Self { repeated: true, ..self }
    }

    /// The same flag, which must be given.
    pub(crate) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The same flag, left out of help.
    pub(crate) const fn hidden(self) -> Self {
        Self { hidden: true, ..self }
    }

    /// The same flag, accepted for the sake of existing command lines.
    pub(crate) const fn without_effect(self) -> Self {
        Self { standing: Standing::WithoutEffect, ..self }
    }

    /// The same flag, refused when it is given.
    pub(crate) const fn not_built(self) -> Self {
        Self { standing: Standing::NotBuilt, ..self }
    }

    /// The same flag, which belongs to another mode of the program.
    pub(crate) const fn other_mode(self) -> Self {
        Self { standing: Standing::OtherMode, ..self }
    }
}

/// What giving a flag does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// What its help says.
    Works,
    /// Nothing: what it tunes does not exist here. It is shown in status/flags.
    WithoutEffect,
    /// An error that names it: the feature is not built yet.
    NotBuilt,
    /// An error that names it: the mode it belongs to is not built yet.
    OtherMode,
}

/// The flags that every program has.
pub(crate) static BASIC_FLAGS: &[Flag] = &[
    Flag::switch("help", "Show this page.").short('h'),
    Flag::switch("version", "Show the version."),
];

#[cfg(test)]
mod tests;
