//! `docs/flags.md`: all flags of all parts, written from their tables.

use std::fmt::Write as _;

use crate::alertmanager::ALERTMANAGER;
use crate::flags::{Command, Flag, Kind, Standing, default_text};
use crate::heal::{HEAL, HEAL_COMMANDS};
use crate::node::NODE;
use crate::promtool::PROMTOOL;
use crate::server::SERVER;
use crate::up::UP;

const HEAD: &str = "# Flags

Written by `regain write-documentation`; a test holds this page against the tables that the program
reads its command lines with.

A flag of the original that works does what its text says. One without effect is accepted, because
it tunes what does not exist here, and is shown in `status/flags`. One that is refused asks for a
feature that is not built yet; the program names it and does not start.
";

/// The whole page.
pub(crate) fn flags_page() -> String {
    let mut page = HEAD.to_owned();
    for (title, program) in [
        ("`regain up`", &UP),
        ("`regain server`, or `prometheus`", &SERVER),
        ("`regain alertmanager`, or `alertmanager`", &ALERTMANAGER),
        ("`regain node`, or `node_exporter`", &NODE),
        ("`regain heal`, the healer", &HEAL),
        ("`regain heal` with a command", &HEAL_COMMANDS),
        ("`regain promtool`, or `promtool`", &PROMTOOL),
    ] {
        write!(page, "\n## {title}\n\n{}\n", program.about).expect("writing to a string succeeds");
        push_flags(&mut page, program);
        for below in program.commands {
            push_command(&mut page, below, below.name);
        }
        push_unbuilt(&mut page, program, "");
    }
    page
}

fn push_command(page: &mut String, command: &Command, name: &str) {
    if command.commands.is_empty() || !command.flags.is_empty() {
        write!(page, "\n### `{name}`\n\n{}\n", command.about)
            .expect("writing to a string succeeds");
    }
    push_flags(page, command);
    for below in command.commands {
        push_command(page, below, &format!("{name} {}", below.name));
    }
    push_unbuilt(page, command, &format!("{name} "));
}

fn push_unbuilt(page: &mut String, command: &Command, above: &str) {
    if !command.unbuilt.is_empty() {
        let names: Vec<String> =
            command.unbuilt.iter().map(|name| format!("`{above}{name}`")).collect();
        write!(page, "\nNot built yet: {}.\n", names.join(", "))
            .expect("writing to a string succeeds");
    }
}

fn push_flags(page: &mut String, command: &Command) {
    let mut flags = command.flags.iter().copied().flatten().peekable();
    if flags.peek().is_some() {
        page.push_str("\n| flag | default | | |\n| --- | --- | --- | --- |\n");
    }
    for flag in flags {
        push_flag(page, flag);
    }
}

fn push_flag(page: &mut String, flag: &Flag) {
    let short = flag.short.map(|letter| format!("`-{letter}`, ")).unwrap_or_default();
    let name = match flag.kind {
        Kind::Switch => format!("{short}`--[no-]{}`", flag.name),
        _ => format!("{short}`--{}`", flag.name),
    };
    let several = if flag.repeated { " (several)" } else { "" };
    let default = default_text(flag).map(|text| format!("`{text}`")).unwrap_or_default();
    let standing = match flag.standing {
        Standing::Works => "works",
        Standing::WithoutEffect => "without effect",
        Standing::NotBuilt | Standing::OtherMode => "refused",
    };
    let help = flag.help;
    let row = [name + several, default, standing.to_owned(), help.to_owned()];
    let row = row.map(|cell| cell.replace('|', "\\|"));
    writeln!(page, "| {} |", row.join(" | ")).expect("writing to a string succeeds");
}
