//! How the program ends, and what it prints on the way: the only place with bare prints.

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
#[expect(clippy::exit, reason = "somebody asked twice, and what is promised is in the log")]
pub(crate) fn now() -> ! {
    std::process::exit(1)
}

/// Prints a page that was asked for.
pub(crate) fn page(text: &str) -> ExitCode {
    say(text);
    SUCCESS
}

/// Prints a line of an answer.
#[expect(clippy::print_stdout, reason = "the line is the answer")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// Says what is wrong.
#[expect(clippy::print_stderr, reason = "complaints of a command line tool go here")]
pub(crate) fn complain(line: &str) {
    eprintln!("{line}");
}
