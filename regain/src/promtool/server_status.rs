//! `promtool check healthy` and `promtool check ready`: asks a server how it is.

use std::process::ExitCode;

use axum::http::StatusCode;

use crate::api_client::{HTTP_CONFIG, Server};
use crate::flags::Line;
use crate::{exit, runtime};

/// Asks for the page below `/-/` that the command is named after.
pub(super) fn main(line: &Line) -> ExitCode {
    let page = line.commands.last().copied().unwrap_or_default();
    match ask(line, page) {
        Ok(text) => {
            exit::complain(&format!("  SUCCESS:  {text}"));
            exit::SUCCESS
        }
        Err(why) => {
            exit::complain(&why);
            exit::FAILURE
        }
    }
}

fn ask(line: &Line, page: &str) -> Result<String, String> {
    let failed = |error: &dyn std::error::Error| format!("error: {error}");
    let runtime = runtime::build(1).map_err(|error| failed(&error))?;
    let server = Server::new(line.text("url"), line.text(HTTP_CONFIG.name))
        .map_err(|error| failed(&error))?;
    match runtime.block_on(server.page(&["-", page])) {
        Ok((StatusCode::OK, text)) => Ok(text),
        Ok((status, _)) => {
            let url = server.address().as_str().trim_end_matches('/');
            Err(format!("check failed: URL={url}, status={}", status.as_u16()))
        }
        Err(error) => Err(error.to_string()),
    }
}
