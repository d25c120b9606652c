//! The servers that steps refer to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_discovery::join_dir;
use regain_healing::order::{AllowList, JenkinsLogin, JenkinsServer, JobPath, Pattern};
use regain_http::ClientConfig;
use regain_yaml::{Decode as _, Kind, Mistakes, Node, Section};

use super::Reader;
use super::limits::some_duration;
use crate::client::{decode_client, set_client_directory};

/// Reads the list `servers`; `known` are the names of other files.
pub(super) fn servers(
    node: &Node,
    reader: &Reader<'_>,
    mut known: Vec<Arc<str>>,
) -> Vec<JenkinsServer> {
    let mistakes = reader.mistakes;
    let items: &[Node] = match &node.kind {
        Kind::List(items) => items,
        _ if node.is_null() => &[],
        _ => {
            mistakes.rule(node.span, "servers is a list");
            &[]
        }
    };
    let mut servers = Vec::new();
    for item in items {
        let Some(server) = server(item, reader) else { continue };
        if known.contains(&server.name) {
            let at = item.get("name").map_or(item.span, |name| name.span);
            mistakes.rule(at, format!("there is another server {:?}", &*server.name));
        }
        known.push(Arc::clone(&server.name));
        servers.push(server);
    }
    servers
}

fn server(node: &Node, reader: &Reader<'_>) -> Option<JenkinsServer> {
    let server = Section::read(node, "server", reader.mistakes, |section| {
        let name: String = section.required("name")?;
        if section.peek("jenkins").is_none_or(Node::is_null) {
            section.field("jenkins");
            section.rule("jenkins", "a server needs the section jenkins");
            return None;
        }
        section.section("jenkins", "jenkins", |section| jenkins(section, name, reader.dir))?
    });
    server.flatten()
}

fn jenkins(section: &mut Section<'_>, name: String, dir: &Path) -> Option<JenkinsServer> {
    let has_url = section.required::<String>("url").is_some();
    let url = section.parsed("url", JenkinsServer::check_url);
    let login = login(section, dir);
    let allow = allow_list(section, JobPath::parse);
    let timeout = some_duration(section, "timeout", JenkinsServer::TIMEOUT);
    let stop_grace = some_duration(section, "stop_grace", JenkinsServer::STOP_GRACE);
    let http = client(section, dir);
    if !has_url {
        return None;
    }
    Some(JenkinsServer { name: name.into(), url: url?, login, http, allow, timeout, stop_grace })
}

/// The keys of a client without a login of its own, which never follows redirects.
fn client(section: &mut Section<'_>, dir: &Path) -> ClientConfig {
    let default = ClientConfig { follow_redirects: false, ..ClientConfig::default() };
    for key in ["basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file"] {
        if section.peek(key).is_some_and(|node| !node.is_null()) {
            section.rule(key, format!("use user and token_file instead of {key}"));
        }
    }
    let mut client = decode_client(section, &default);
    if client.follow_redirects {
        section.rule("follow_redirects", "redirects of a Jenkins are never followed");
    }
    set_client_directory(&mut client, dir);
    client
}

fn login(section: &mut Section<'_>, dir: &Path) -> JenkinsLogin {
    let user: String = section.or_zero("user");
    let mut file = |name| {
        let path: Option<String> = section.optional(name);
        path.filter(|path| !path.is_empty()).map(|path| PathBuf::from(join_dir(dir, &path)))
    };
    let (token, password) = (file("token_file"), file("password_file"));
    match (user.is_empty(), token, password) {
        (true, None, None) => JenkinsLogin::Anonymous,
        (false, Some(file), None) => JenkinsLogin::Token { user, file },
        (false, None, Some(file)) => JenkinsLogin::Password { user, file },
        (_, Some(_), Some(_)) => {
            section.rule("password_file", "token_file and password_file exclude each other");
            JenkinsLogin::Anonymous
        }
        (true, ..) => {
            section.rule("user", "a token or a password needs a user");
            JenkinsLogin::Anonymous
        }
        (false, None, None) => {
            section.rule("user", "a user needs token_file or password_file");
            JenkinsLogin::Anonymous
        }
    }
}

/// Reads the lists `allow` and `allow_regex`.
pub(super) fn allow_list<T, E: std::fmt::Display>(
    section: &mut Section<'_>,
    parse: impl Fn(&str) -> Result<T, E>,
) -> AllowList<T> {
    fn each<T, E: std::fmt::Display>(
        section: &mut Section<'_>,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        section.list(name, |node: &Node, mistakes: &Mistakes| {
            let text = String::decode(node, mistakes)?;
            parse(&text).map_err(|error| mistakes.rule(node.span, error.to_string())).ok()
        })
    }
    AllowList {
        names: each(section, "allow", parse),
        patterns: each(section, "allow_regex", Pattern::new),
    }
}
