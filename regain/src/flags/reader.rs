//! The grammar: which argument is a flag, a value, a command or a plain argument.

use std::collections::VecDeque;

use super::closest::closest;
use super::{Command, Flag, FlagError, Kind, Line, Standing};

/// A file of arguments may name another one; this is as deep as that goes.
const ARGUMENT_FILES_MAX: usize = 100;

/// Reads one command line.
pub(super) struct Reader {
    rest: VecDeque<String>,
    /// The program and the commands named so far.
    path: Vec<&'static Command>,
    files_read: usize,
    line: Line,
    errors: Vec<FlagError>,
    /// Set once a word was no command: what follows cannot be understood.
    lost: bool,
}

impl Reader {
    pub(super) fn new(program: &'static Command, arguments: &[String]) -> Self {
        let rest = arguments.iter().cloned().collect();
        let (line, errors) = (Line::default(), Vec::new());
        Self { rest, path: vec![program], files_read: 0, line, errors, lost: false }
    }

    pub(super) fn read(&mut self) {
        while let Some(argument) = self.rest.pop_front() {
            if argument == "--" {
                while let Some(argument) = self.rest.pop_front() {
                    self.argument(argument);
                }
            } else if let Some(long) = argument.strip_prefix("--") {
                self.long(long);
            } else if is_flag(&argument) {
                self.short(&argument);
            } else if argument == "-" {
                // A lone dash is an empty argument to the originals.
                self.argument(String::new());
            } else if let Some(file) = argument.strip_prefix('@') {
                self.expand(file);
            } else {
                self.argument(argument);
            }
        }
    }

    /// Checks what can only be checked at the end, and gives what was read: mistakes of the line
    /// first, then those of values, as the originals come across them.
    pub(super) fn finish(mut self) -> (Line, Vec<FlagError>) {
        // After a mistake it is not known what the rest of the line was meant to be.
        if self.errors.is_empty() {
            self.check_missing();
        }
        let flags: Vec<&'static Flag> = self.flags().collect();
        self.line.fill(flags.into_iter());
        self.errors.sort_by_key(FlagError::is_about_a_value);
        (self.line, self.errors)
    }

    fn check_missing(&mut self) {
        let missing: Vec<&'static str> = self
            .flags()
            .filter(|flag| flag.required && !self.line.is_given(flag.name))
            .map(|flag| flag.name)
            .collect();
        if !missing.is_empty() {
            self.errors.push(FlagError::FlagsMissing(missing));
        }
        let arguments = self.command().arguments.iter().enumerate();
        let given = self.line.arguments.len();
        let missing = arguments.filter(|(index, argument)| argument.required && *index >= given);
        self.errors.extend(missing.map(|(_, argument)| FlagError::ArgumentMissing(argument.name)));
        let known: Vec<&'static str> = names_of(self.command().commands);
        if !known.is_empty() && self.path.len() > 1 {
            let command = self.line.commands.join(" ");
            self.errors.push(FlagError::CommandMissing { command, known });
        }
    }

    fn command(&self) -> &'static Command {
        self.path[self.path.len() - 1]
    }

    fn flags(&self) -> impl Iterator<Item = &'static Flag> + use<> {
        let path = self.path.clone();
        path.into_iter().flat_map(|command| command.flags.iter().copied().flatten())
    }

    fn find(&self, name: &str) -> Option<&'static Flag> {
        self.flags().find(|flag| flag.name == name)
    }

    fn expand(&mut self, file: &str) {
        self.files_read += 1;
        let read = if self.files_read > ARGUMENT_FILES_MAX {
            Err("too many files of arguments".to_owned())
        } else {
            std::fs::read_to_string(file).map_err(|error| error.to_string())
        };
        match read {
            Ok(text) => {
                let lines = text.lines();
                let lines = lines.filter(|line| !line.starts_with('#') && !line.trim().is_empty());
                for line in lines.rev() {
                    self.rest.push_front(line.to_owned());
                }
            }
            Err(why) => {
                self.errors.push(FlagError::ArgumentsFile { file: file.to_owned(), why });
            }
        }
    }

    fn argument(&mut self, argument: String) {
        if self.lost {
            return;
        }
        let command = self.command();
        if !command.commands.is_empty() {
            self.choose(command, argument);
            return;
        }
        let index = self.line.arguments.len();
        let last = command.arguments.last().filter(|last| last.repeated);
        let Some(expected) = command.arguments.get(index).or(last) else {
            self.errors.push(FlagError::Unexpected(argument));
            return;
        };
        if let Err(why) = expected.kind.check(&argument) {
            let of = format!("the argument <{}>", expected.name);
            self.errors.push(FlagError::Value { of, why });
        }
        self.line.arguments.push(argument);
    }

    /// Takes the word for one of the commands of `command`.
    fn choose(&mut self, command: &'static Command, word: String) {
        if let Some(below) = command.commands.iter().find(|below| below.name == word) {
            self.line.commands.push(below.name);
            self.path.push(below);
            return;
        }
        self.lost = true;
        let known = names_of(command.commands);
        self.errors.push(if command.unbuilt.contains(&word.as_str()) {
            let above = self.line.commands.iter().copied();
            let given = above.chain([word.as_str()]).collect::<Vec<_>>().join(" ");
            FlagError::CommandNotBuilt { given, known }
        } else {
            FlagError::UnknownCommand { given: word, known }
        });
    }

    fn long(&mut self, text: &str) {
        let (name, inline) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let negated = name.strip_prefix("no-").and_then(|name| self.find(name));
        match (self.find(name), negated) {
            (Some(flag), _) => self.value_of(flag, inline),
            (None, Some(flag)) if matches!(flag.kind, Kind::Switch) => {
                self.switch(flag, "false", inline);
            }
            _ if self.lost => {}
            _ => {
                let closest = closest(self.flags(), name);
                self.errors.push(FlagError::UnknownLong { name: name.to_owned(), closest });
            }
        }
    }

    fn short(&mut self, argument: &str) {
        let mut letters = argument.chars().skip(1);
        let Some(letter) = letters.next() else { return };
        let rest: String = letters.collect();
        match self.flags().find(|flag| flag.short == Some(letter)) {
            Some(flag) if matches!(flag.kind, Kind::Switch) => {
                self.set(flag, "true");
                if !rest.is_empty() {
                    self.rest.push_front(format!("-{rest}"));
                }
            }
            Some(flag) => self.value_of(flag, (!rest.is_empty()).then_some(rest.as_str())),
            None if self.lost => {}
            None => self.errors.push(FlagError::UnknownShort(letter)),
        }
    }

    fn value_of(&mut self, flag: &'static Flag, inline: Option<&str>) {
        if matches!(flag.kind, Kind::Switch) {
            self.switch(flag, "true", inline);
        } else if let Some(value) = inline {
            self.set(flag, value);
        } else if let Some(value) = self.rest.pop_front_if(|next| !is_flag(next)) {
            self.set(flag, &value);
        } else {
            self.errors.push(FlagError::ValueMissing(flag.name));
            // A negative number was meant as the value; as a flag it would be a second mistake.
            self.rest.pop_front_if(|next| next.parse::<f64>().is_ok());
        }
    }

    /// A switch takes no value: what stands behind the equals sign is an argument.
    fn switch(&mut self, flag: &'static Flag, value: &str, inline: Option<&str>) {
        self.set(flag, value);
        if let Some(argument) = inline {
            self.argument(argument.to_owned());
        }
    }

    fn set(&mut self, flag: &'static Flag, value: &str) {
        if let Err(why) = flag.kind.check(value) {
            let of = format!("'--{}'", flag.name);
            self.errors.push(FlagError::Value { of, why });
            return;
        }
        if !flag.repeated && self.line.is_given(flag.name) {
            self.errors.push(FlagError::Repeated(flag.name));
            return;
        }
        // A switch that is turned off asks for nothing.
        let asks = !matches!(flag.kind, Kind::Switch) || value == "true";
        if flag.standing == Standing::NotBuilt && asks {
            self.errors.push(FlagError::NotBuilt(flag.name));
            return;
        }
        self.line.given.push(flag.name);
        self.line.values.entry(flag.name).or_default().push(value.to_owned());
    }
}

fn is_flag(argument: &str) -> bool {
    argument.len() > 1 && argument.starts_with('-')
}

fn names_of(commands: &[Command]) -> Vec<&'static str> {
    commands.iter().map(|command| command.name).collect()
}
