//! Regain: measure, collect, keep, ask, alert and heal, in one program with many names.
//!
//! This crate reads flags and wires the others together; it decides nothing that they could decide.

mod names;

mod flags;

mod address;
mod allocator;
mod api_client;
mod build_info;
mod clock;
mod environment;
mod exit;
mod format;
mod host;
mod import;
mod listen;
mod logging;
mod reloads;
mod runtime;
mod signals;

mod acting;
mod alerting;
mod alertmanager;
mod heal;
mod healing;
mod node;
mod promtool;
mod server;
mod up;

mod documentation;

use std::process::ExitCode;

use names::{Call, Part};

const USAGE: &str = "usage: regain <part> [<flags>]

Parts:
  up            Watch this host: measure, scrape, keep, answer and alert, all in one process.
  server        The server, as `prometheus` is.
  alertmanager  The receiver of alerts, as `alertmanager` is.
  node          The host's exporter, as `node_exporter` is.
  heal          Heals behind a stock Alertmanager; shows, stops and explains what is healed.
  promtool      Tools: check files, query a server, test queries.

`regain <part> --help` shows a part's flags. Started under the name prometheus, alertmanager,
node_exporter or promtool (a symbolic link), the program is that part.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let Call { part, program, rest } = names::call(&arguments);
    match part {
        Some(Part::Alertmanager) => alertmanager::main(&program, rest),
        Some(Part::Heal) => heal::main(&program, rest),
        Some(Part::Node) => node::main(&program, rest),
        Some(Part::Promtool) => promtool::main(&program, rest),
        Some(Part::Server) => server::main(&program, rest),
        Some(Part::Up) => up::main(&program, rest),
        None => without_part(&program, rest),
    }
}

fn without_part(program: &str, rest: &[String]) -> ExitCode {
    match rest.first().map(String::as_str) {
        None | Some("--help" | "-h" | "help") => exit::page(USAGE),
        Some("write-documentation") => exit::page(documentation::flags_page().trim_end()),
        Some("--version") => exit::page(&build_info::version_text("regain")),
        Some(word) => {
            exit::complain(&format!(
                "{program}: error: expected a part but got {word:?}, try --help"
            ));
            exit::complain(
                "  hint: the parts are up, server, alertmanager, node, heal and promtool",
            );
            exit::FAILURE
        }
    }
}
