//! `promtool check web-config`: checks files that turn on TLS and logins.

use std::path::Path;
use std::process::ExitCode;

use regain_http::server::web_config::check_web_config;

use crate::exit;

/// Checks each of `files` with all that it names.
pub(super) fn main(files: &[String]) -> ExitCode {
    let mut code = exit::SUCCESS;
    for file in files {
        match check_web_config(Path::new(file)) {
            Ok(()) => exit::complain(&format!("{file} SUCCESS")),
            Err(error) => {
                exit::complain(&format!("{file} FAILED: {error}"));
                code = exit::FAILURE;
            }
        }
    }
    code
}
