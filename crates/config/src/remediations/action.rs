//! What a step does: exactly one of `systemd`, `command`, `http`, `jenkins` and `notify`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, Method};
use regain_discovery::join_dir;
use regain_healing::order::{
    Action, CommandAction, EXECUTION_ID_PARAMETER, HttpAction, JenkinsAction, JobChoice, JobPath,
    SystemdAction, UnitChoice, UnitName, UnstableIs, Value,
};
use regain_healing::settings::{Step, StepKind};
use regain_http::{ClientConfig, Secret};
use regain_systemd::{Bus, Verb};
use regain_yaml::{Kind, Mistakes, Section, pairs};

use super::Reader;
use super::limits::some_duration;
use super::remediation::word;
use super::server::allow_list;
use super::value::{json, value};
use crate::client::{decode_client, set_client_directory};

const KINDS: [&str; 5] = ["systemd", "command", "http", "jenkins", "notify"];

/// Reads the one key of a step that says what it does.
pub(super) fn decode(
    section: &mut Section<'_>,
    reader: &Reader<'_>,
    idempotent: bool,
) -> Option<StepKind> {
    let given: Vec<&str> = KINDS.into_iter().filter(|kind| section.peek(kind).is_some()).collect();
    if given.len() != 1 {
        let message = format!("a step has exactly one of {}", KINDS.join(", "));
        section.rule(given.last().copied().unwrap_or_default(), message);
    }
    let dir = reader.dir;
    let systemd = section.section("systemd", "systemd", |section| systemd(section, dir)).flatten();
    let command = section.section("command", "command", |section| command(section, dir)).flatten();
    let request = |section: &mut Section<'_>| http(section, reader, idempotent);
    let http = section.section("http", "http", request).flatten();
    let build = |section: &mut Section<'_>| jenkins(section, reader);
    let jenkins = section.section("jenkins", "jenkins", build).flatten();
    let notify = section.section("notify", "notify", notify).flatten();
    let act = systemd.map(Action::Systemd).or(command.map(Action::Command));
    let act = act.or(http.map(|http| Action::Http(Box::new(http))));
    let act = act.or(jenkins.map(|jenkins| Action::Jenkins(Box::new(jenkins))));
    act.map(|action| StepKind::Act(Arc::new(action))).or(notify)
}

/// The label that names the job or the unit of a step.
pub(super) fn label_of(step: &Step) -> Option<String> {
    let StepKind::Act(action) = &step.kind else { return None };
    match &**action {
        Action::Jenkins(action) => match &action.job {
            JobChoice::Label { label, .. } => Some(label.clone()),
            JobChoice::Fixed(_) => None,
        },
        Action::Systemd(action) => match &action.unit {
            UnitChoice::Label { label, .. } => Some(label.clone()),
            UnitChoice::Fixed(_) => None,
        },
        Action::Command(_) | Action::Http(_) => None,
    }
}

fn notify(section: &mut Section<'_>) -> Option<StepKind> {
    let receiver: String = section.required("receiver")?;
    let reason = section.or("reason", "no step has healed it".to_owned());
    Some(StepKind::Notify { receiver: receiver.into(), reason })
}

/// Whether a field is a mapping.
fn is_map(section: &Section<'_>, name: &str) -> bool {
    section.peek(name).is_some_and(|node| matches!(node.kind, Kind::Map(_)))
}

fn systemd(section: &mut Section<'_>, dir: &std::path::Path) -> Option<SystemdAction> {
    let unit = if is_map(section, "unit") {
        let read = |section: &mut Section<'_>| {
            let label: String = section.required("label")?;
            let allow = allow_list(section, UnitName::parse);
            if allow == regain_healing::order::AllowList::default() {
                section.rule("allow", "a unit in a label needs allow or allow_regex");
            }
            Some(UnitChoice::Label { label, allow })
        };
        section.section("unit", "unit", read).flatten()
    } else {
        section.required::<String>("unit")?;
        section.parsed("unit", UnitName::parse).map(UnitChoice::Fixed)
    };
    let verbs = "start, stop, restart, reload or reset-failed-and-restart";
    let verb = word(section, "verb", Verb::parse, verbs).unwrap_or(Verb::Restart);
    let bus = |text: &str| match text {
        "system" => Some(Bus::System),
        "user" => Some(Bus::User),
        _ => None,
    };
    let bus = word(section, "bus", bus, "system or user");
    let socket: Option<String> = section.optional("socket");
    if socket.is_some() && bus.is_some() {
        section.rule("socket", "bus and socket exclude each other");
    }
    let socket = socket.map(|path| Bus::Private(PathBuf::from(join_dir(dir, &path))));
    Some(SystemdAction { unit: unit?, verb, bus: socket.or(bus).unwrap_or(Bus::System) })
}

fn command(section: &mut Section<'_>, dir: &std::path::Path) -> Option<CommandAction> {
    let mut argv = section.list("argv", value).into_iter();
    let program = argv.next();
    let arguments: Vec<Value> = argv.collect();
    let env: BTreeMap<String, String> = section.or_zero("env");
    let cwd = section.or("cwd", "/".to_owned());
    let grace = some_duration(section, "grace", CommandAction::GRACE);
    let program = match program {
        Some(Value::Fixed(program)) if program.starts_with('/') => PathBuf::from(program),
        _ => {
            section.rule("argv", "argv begins with the absolute path of a program");
            return None;
        }
    };
    Some(CommandAction {
        program,
        arguments,
        env: env.into_iter().map(|(name, text)| (name, Secret::new(text))).collect(),
        cwd: join_dir(dir, &cwd).into(),
        grace,
    })
}

fn http(section: &mut Section<'_>, reader: &Reader<'_>, idempotent: bool) -> Option<HttpAction> {
    let address: String = section.required("url")?;
    let url = section.parsed("url", HttpAction::check_url);
    if let Some(path) = address.split_once("/job/").map(|(_, path)| path)
        && let Some((folder, rest)) = path.split_once('/')
        && !rest.starts_with("job/")
        && rest.trim_end_matches('/').contains('/')
    {
        let text = format!(
            "if this is a Jenkins, a job in the folder {folder} is at /job/{folder}/job/…; \
             a step with jenkins builds such paths itself and follows the build"
        );
        reader.warn(section.place_of("url"), text);
    }
    let method = section.parsed("method", |text| Method::from_bytes(text.as_bytes()));
    let headers = headers(section);
    let query = match section.field("query") {
        Some(node) => {
            let pairs = pairs(node, reader.mistakes).unwrap_or_default().into_iter();
            pairs
                .filter_map(|(name, _, node)| {
                    Some((name.to_owned(), value(node, reader.mistakes)?))
                })
                .collect()
        }
        None => Vec::new(),
    };
    let path = section.list("path", value);
    let body = section.field("body").and_then(|node| json(node, reader.mistakes));
    let timeout = some_duration(section, "timeout", HttpAction::TIMEOUT);
    let default = ClientConfig { follow_redirects: false, ..ClientConfig::default() };
    let mut client = decode_client(section, &default);
    if client.follow_redirects {
        section.rule("follow_redirects", "a step never follows redirects");
    }
    set_client_directory(&mut client, reader.dir);
    Some(HttpAction {
        url: url?,
        path,
        query,
        method: method.unwrap_or(Method::POST),
        headers,
        body,
        http: client,
        idempotent,
        timeout,
    })
}

fn headers(section: &mut Section<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let mistakes: &Mistakes = section.mistakes();
    let Some(node) = section.field("headers") else { return Vec::new() };
    let mut headers = Vec::new();
    for (name, at, node) in pairs(node, mistakes).unwrap_or_default() {
        let text: Option<String> = regain_yaml::Decode::decode(node, mistakes);
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_str(&text.unwrap_or_default());
        match (name, value) {
            (Ok(name), Ok(value)) => headers.push((name, value)),
            (Err(error), _) => mistakes.rule(at, error.to_string()),
            (_, Err(error)) => mistakes.rule(node.span, error.to_string()),
        }
    }
    headers
}

fn jenkins(section: &mut Section<'_>, reader: &Reader<'_>) -> Option<JenkinsAction> {
    let name: String = section.required("server")?;
    let server = reader.servers.iter().find(|server| *server.name == *name).cloned();
    if server.is_none() {
        section.rule("server", format!("there is no server {name:?}"));
    }
    let job = job(section);
    if let (Some(server), Some(JobChoice::Label { .. })) = (&server, &job)
        && server.allow.names.is_empty()
        && server.allow.patterns.is_empty()
    {
        let message = format!(
            "the server {name:?} allows no jobs to be named by labels; list them in its allow"
        );
        section.rule("job", message);
    }
    let parameters = match section.field("parameters") {
        Some(node) => pairs(node, reader.mistakes)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(name, _, node)| Some((name.to_owned(), value(node, reader.mistakes)?)))
            .collect(),
        None => BTreeMap::new(),
    };
    let id = section.or("execution_id_parameter", EXECUTION_ID_PARAMETER.to_owned());
    let token: Option<String> = section.optional("build_token_file");
    let unstable = |text: &str| match text {
        "failure" => Some(UnstableIs::Failure),
        "success" => Some(UnstableIs::Success),
        _ => None,
    };
    let unstable = word(section, "unstable", unstable, "failure or success").unwrap_or_default();
    Some(JenkinsAction {
        server: server?,
        job: job?,
        parameters,
        execution_id_parameter: id,
        build_token_file: token.map(|path| PathBuf::from(join_dir(reader.dir, &path))),
        unstable,
    })
}

fn job(section: &mut Section<'_>) -> Option<JobChoice> {
    if !is_map(section, "job") {
        section.required::<String>("job")?;
        return section.parsed("job", JobPath::parse).map(JobChoice::Fixed);
    }
    let read = |section: &mut Section<'_>| {
        let label: String = section.required("label")?;
        let folder = section.parsed("folder", JobPath::parse);
        Some(JobChoice::Label { label, folder })
    };
    section.section("job", "job", read).flatten()
}
