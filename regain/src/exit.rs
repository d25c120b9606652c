//! How the program ends, and what it prints on the way: the only place that writes to the standard streams.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

/// All went well.
pub(crate) const SUCCESS: ExitCode = ExitCode::SUCCESS;
/// Something failed, or the command line cannot be read.
pub(crate) const FAILURE: ExitCode = ExitCode::FAILURE;

/// A value of a flag or a file is wrong.
pub(crate) fn bad_value() -> ExitCode {
    ExitCode::from(2)
}

/// A flag belongs to another mode, or a file has something that a check complains about.
pub(crate) fn complaint() -> ExitCode {
    ExitCode::from(3)
}

/// Logs why the program ends.
pub(crate) fn fatal(error: &dyn std::error::Error) -> ExitCode {
    tracing::error!("{error}");
    FAILURE
}

/// Ends the process without waiting for anything.
#[expect(clippy::exit, reason = "nobody waits for anything, and what is promised is in the log")]
pub(crate) fn now() -> ! {
    std::process::exit(1)
}

/// Prints a page that was asked for.
pub(crate) fn page(text: &str) -> ExitCode {
    say(text);
    SUCCESS
}

/// Prints a line of an answer. Whoever reads it may have had enough, as `head` has; then there is nothing left to do.
pub(crate) fn say(line: &str) {
    if writeln!(io::stdout(), "{line}").is_err() {
        now();
    }
}

/// Whether somebody watches on a terminal what a command complains of.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Puts `line` in the place of the last one on the terminal.
pub(crate) fn redraw(line: &str) {
    let mut terminal = io::stderr();
    write!(terminal, "\r\x1b[K{line}").and_then(|()| terminal.flush()).ok();
}

/// Says what is wrong, as far as anybody listens.
pub(crate) fn complain(line: &str) {
    writeln!(io::stderr(), "{line}").ok();
}
