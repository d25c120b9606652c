//! Help pages, laid out as the originals lay out theirs.

use std::fmt::Write as _;

use super::{Argument, Command, Flag, Standing};

const WIDTH: usize = 80;
const INDENT: usize = 33;

/// The page for a program that was called `program`, and the command of it at the end of `path`.
pub(crate) fn usage(program: &str, path: &[&'static Command]) -> String {
    let mut page = format!("usage: {program}");
    for command in path.iter().skip(1) {
        page.push(' ');
        page.push_str(command.name);
    }
    let Some(command) = path.last() else { return page };
    page.push_str(" [<flags>]");
    page.push_str(if command.commands.is_empty() { "" } else { " <command> [<args> ...]" });
    for argument in command.arguments {
        page.push(' ');
        page.push_str(&placeholder(argument));
    }
    write!(page, "\n\n{}\n\n\nFlags:\n", command.about).expect("writing to a string succeeds");
    let flags = path.iter().flat_map(|command| command.flags.iter().copied().flatten());
    let is_built =
        |flag: &&Flag| !matches!(flag.standing, Standing::NotBuilt | Standing::OtherMode);
    for flag in flags.filter(|flag| !flag.hidden).filter(is_built) {
        push_row(&mut page, &flag_head(flag), flag.help);
    }
    if !command.arguments.is_empty() {
        page.push_str("\nArgs:\n");
    }
    for argument in command.arguments {
        push_row(&mut page, &format!("  {}", placeholder(argument)), argument.help);
    }
    if !command.commands.is_empty() {
        page.push_str("\nCommands:\n");
    }
    for below in command.commands {
        push_commands(&mut page, &mut Vec::new(), below);
    }
    page
}

/// Lists the commands that do something, with the commands above them.
fn push_commands(page: &mut String, above: &mut Vec<&'static str>, command: &Command) {
    above.push(command.name);
    if command.commands.is_empty() {
        let arguments: Vec<String> = command.arguments.iter().map(placeholder).collect();
        let head = format!("{} {}", above.join(" "), arguments.join(" "));
        write!(page, "  {}\n    {}\n\n", head.trim_end(), command.about)
            .expect("writing to a string succeeds");
    }
    for below in command.commands {
        push_commands(page, above, below);
    }
    above.pop();
}

fn placeholder(argument: &Argument) -> String {
    let dots = if argument.repeated { "..." } else { "" };
    if argument.required {
        format!("<{}>{dots}", argument.name)
    } else {
        format!("[<{}>{dots}]", argument.name)
    }
}

fn flag_head(flag: &Flag) -> String {
    let short = flag.short.map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
    let switch = matches!(flag.kind, super::Kind::Switch);
    let name = if switch { format!("[no-]{}", flag.name) } else { flag.name.to_owned() };
    let value = match default_text(flag) {
        _ if switch => String::new(),
        Some(default) => format!("={default}"),
        None => format!("={}", flag.name.to_uppercase()),
    };
    let dots = if flag.repeated { " ..." } else { "" };
    format!("  {short}--{name}{value}{dots}")
}

/// A flag's default as help and documentation show it; none where it is empty.
pub(crate) fn default_text(flag: &Flag) -> Option<String> {
    match flag.default {
        "" => None,
        default if flag.kind.is_text() && !flag.repeated => {
            Some(regain_go_format::quote::quote(default))
        }
        default => Some(default.to_owned()),
    }
}

fn push_row(page: &mut String, head: &str, help: &str) {
    let mut lines = wrap(help, WIDTH - INDENT).into_iter();
    if head.len() + 2 > INDENT {
        page.push_str(head);
        page.push_str("  \n");
    } else {
        let first = lines.next().unwrap_or_default();
        writeln!(page, "{head:INDENT$}{first}").expect("writing to a string succeeds");
    }
    for line in lines {
        writeln!(page, "{:INDENT$}{line}", "").expect("writing to a string succeeds");
    }
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
