//! A file that says how to reach a server and log in there, as the `--http.config.file` of tools names it.

use std::path::Path;

use regain_http::client::config::ClientConfig;
use regain_yaml::{Mistakes, Section, parse};

use super::{decode_client, set_client_directory};
use crate::load::{LoadError, read};

/// Loads the settings of a client. Paths in the file are relative to its directory; what it asks for and does not exist
/// here is a mistake.
pub fn load_client_file(path: &Path) -> Result<ClientConfig, LoadError> {
    let mistakes = Mistakes::new();
    let text = read(path, &mistakes)?;
    let mut client = match parse(&text) {
        Ok(node) => Section::read(&node, "config.HTTPClientConfig", &mistakes, |section| {
            decode_client(section, &ClientConfig::default())
        }),
        Err(mistake) => {
            mistakes.push(mistake);
            None
        }
    };
    for remark in mistakes.take_remarks() {
        mistakes.rule(remark.at, format!("{} is not built yet", remark.text));
    }
    if let Some(client) = &mut client {
        set_client_directory(client, path.parent().unwrap_or(Path::new("")));
    }
    mistakes.finish(path, client).map_err(|errors| LoadError::Mistakes(vec![errors]))
}
