//! A command line that was read.

use std::collections::BTreeMap;

use super::reader::Reader;
use super::{Command, Flag, FlagError};

/// A command line that was read: every flag of its commands has a value, given or default.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pub(super) values: BTreeMap<&'static str, Vec<String>>,
    pub(super) given: Vec<&'static str>,
    /// The commands that were named, outermost first.
    pub(crate) commands: Vec<&'static str>,
    /// The arguments that are no flags, in order.
    pub(crate) arguments: Vec<String>,
}

impl Line {
    /// Reads `arguments` as flags, commands and arguments of `program`. What was understood comes
    /// back with the mistakes, so that a plea for help among them is heard.
    pub(crate) fn parse(program: &'static Command, arguments: &[String]) -> (Self, Vec<FlagError>) {
        let mut reader = Reader::new(program, arguments);
        reader.read();
        reader.finish()
    }

    /// Fills in the defaults of `flags`.
    pub(super) fn fill<'a>(&mut self, flags: impl Iterator<Item = &'a Flag>) {
        for flag in flags {
            self.values.entry(flag.name).or_insert_with(|| match flag.default {
                "" if flag.repeated => Vec::new(),
                default => vec![default.to_owned()],
            });
        }
    }

    /// The value of the flag `name`, given or default.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.texts(name).last().map_or("", String::as_str)
    }

    /// All values of the flag `name`.
    pub(crate) fn texts(&self, name: &str) -> &[String] {
        let values = self.values.get(name);
        debug_assert!(values.is_some(), "no flag is called {name}");
        values.map_or(&[], Vec::as_slice)
    }

    /// The value of the flag `name` if the line gave it.
    pub(crate) fn given_text(&self, name: &str) -> Option<&str> {
        self.is_given(name).then(|| self.text(name))
    }

    /// Whether the switch `name` is on.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// Whether the line gave the flag `name`.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        self.given.contains(&name)
    }

    /// The value of a flag of kind [`Kind::Duration`](super::Kind::Duration), in milliseconds.
    pub(crate) fn millis(&self, name: &str) -> i64 {
        regain_go_format::duration::parse(self.text(name)).unwrap_or_default()
    }

    /// The value of a flag of kind [`Kind::GoDuration`](super::Kind::GoDuration), in nanoseconds.
    pub(crate) fn nanos(&self, name: &str) -> i64 {
        regain_go_format::go_duration::parse(self.text(name)).unwrap_or_default()
    }

    /// The value of a flag of kind [`Kind::Size`](super::Kind::Size), in bytes.
    pub(crate) fn bytes(&self, name: &str) -> i64 {
        regain_go_format::size::parse(self.text(name)).unwrap_or_default()
    }

    /// The value of a flag of kind [`Kind::Integer`](super::Kind::Integer). As in the originals it
    /// may be written as a decimal number, whose fraction is cut off.
    pub(crate) fn integer(&self, name: &str) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "out of range saturates, as intended")]
        let whole = self.text(name).parse::<f64>().unwrap_or_default() as i64;
        whole
    }

    /// A flag of kind [`Kind::Integer`](super::Kind::Integer) that counts something; what is below
    /// zero is zero.
    pub(crate) fn count(&self, name: &str) -> usize {
        usize::try_from(self.integer(name)).unwrap_or_default()
    }

    /// All flags with their values, as `status/flags` shows them.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, String)> {
        let own = |name: &&'static str| !matches!(*name, "help" | "version");
        self.values
            .iter()
            .filter(move |(name, _)| own(name))
            .map(|(name, values)| (*name, values.join(",")))
    }
}
