//! The same files before the real programs: `AMTOOL` and `ALERTMANAGER` are the paths of upstream's,
//! `ALERTMANAGER_TESTDATA` is a folder with more files.

use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::{env, fs};

use regain_alerting::matcher::MatcherMode;
use regain_config::{load_alertmanager_file, load_alertmanager_text};

use super::messages::{FILES, RECEIVERS, SECTIONS, with_receiver};
use super::{around, folder};

/// Files with a proxy that no client can use, which upstream notices at the first request only.
const REFUSED_HERE: [&str; 1] = ["conf.http-config.good.yml"];

/// What upstream says against a file, without the place; nothing where it takes it.
fn upstream(amtool: &Path, file: &Path) -> Option<String> {
    let dir = file.parent().unwrap();
    let output =
        Command::new(amtool).current_dir(dir).arg("check-config").arg(file).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let said = text.split_once("FAILED: ").map(|(_, said)| said.trim().to_owned());
    assert_eq!(said.is_none(), output.status.success(), "{text}");
    said
}

/// The message of upstream's reader without what surrounds it; the shape of a list has another name there.
fn message(said: &str) -> String {
    let first = said.strip_prefix("yaml: unmarshal errors:\n  line ").unwrap_or(said);
    let first = first.lines().next().unwrap_or_default();
    let text = match first.split_once(": ") {
        Some((line, text)) if line.bytes().all(|byte| byte.is_ascii_digit()) => text,
        _ => first,
    };
    match text.split_once(" into []") {
        Some((found, _)) => format!("{found} into list"),
        None => text.to_owned(),
    }
}

#[test]
fn verdicts_and_messages_are_upstreams() {
    let Some(amtool) = env::var_os("AMTOOL").map(PathBuf::from) else {
        println!("SKIPPED: set AMTOOL to the path of upstream's amtool");
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let texts = SECTIONS.iter().map(|(text, _)| around(text));
    let texts = texts.chain(FILES.iter().map(|(text, _)| (*text).to_owned()));
    let texts = texts.chain(RECEIVERS.iter().map(|(text, _)| with_receiver(text)));
    let mut files: Vec<PathBuf> = Vec::new();
    for (index, text) in texts.enumerate() {
        let path = scratch.path().join(format!("{index}.yml"));
        fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        files.push(path);
    }
    let folders = env::var_os("ALERTMANAGER_TESTDATA").map(PathBuf::from);
    for folder in folders.into_iter().chain([folder()]) {
        let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.extend(all.filter(|path| path.extension().is_some_and(|ext| ext == "yml")));
    }
    let mut wrong = Vec::new();
    for file in files {
        let ours = load_alertmanager_file(&file, MatcherMode::Fallback);
        let context = format!("{}\n{}", file.display(), fs::read_to_string(&file).unwrap());
        match (upstream(&amtool, &file), ours) {
            (None, Err(_)) if REFUSED_HERE.iter().any(|name| file.ends_with(name)) => {}
            (None, Ok(_)) => {}
            (None, Err(ours)) => wrong.push(format!("{context}\nupstream takes it\n{ours}")),
            (Some(said), Ok(_)) => wrong.push(format!("{context}\n{said}\nwe take it")),
            (Some(said), Err(ours)) if !ours.to_string().contains(&message(&said)) => {
                wrong.push(format!("{context}\n{said}\n{ours}"));
            }
            (Some(_), Err(_)) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// A server of upstream's that ends with the value.
struct Server {
    child: Child,
    address: String,
    /// Held open, because a server that cannot write its log ends.
    log: Lines<BufReader<ChildStderr>>,
}

impl Server {
    /// Starts a server on a port of the system's choice, which its log tells.
    fn start(program: &Path, file: &Path, storage: &Path) -> Self {
        let mut child = Command::new(program)
            .current_dir(file.parent().unwrap())
            .arg(format!("--config.file={}", file.file_name().unwrap().display()))
            .arg(format!("--storage.path={}", storage.display()))
            .args(["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut server = Self { child, address: String::new(), log };
        let mut lines = Vec::new();
        while let Some(Ok(line)) = server.log.next() {
            if let Some((_, address)) = line.split_once("msg=\"Listening on\" address=") {
                address.trim().clone_into(&mut server.address);
                return server;
            }
            lines.push(line);
        }
        panic!("no address in the log:\n{}", lines.join("\n"));
    }

    /// The configuration as the server shows it.
    fn shown(&self) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(b"GET /api/v2/status HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let status: serde_json::Value = serde_json::from_str(body).unwrap();
        status["config"]["original"].as_str().unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn a_file_is_shown_as_the_server_shows_it() {
    let Some(program) = env::var_os("ALERTMANAGER").map(PathBuf::from) else {
        println!("SKIPPED: set ALERTMANAGER to the path of upstream's alertmanager");
        return;
    };
    let storage = tempfile::tempdir().unwrap();
    // `receivers.yml` names a certificate that does not exist, with which a server does not start.
    for name in ["demo2017", "minimal", "nulls", "routes", "slack_app"] {
        let file = folder().join(name).with_extension("yml");
        let server = Server::start(&program, &file, storage.path());
        let local: &Path = file.file_name().unwrap().as_ref();
        let text = fs::read_to_string(&file).unwrap();
        let loaded = load_alertmanager_text(local, &text, MatcherMode::Fallback).unwrap();
        assert_eq!(loaded.shown, server.shown(), "{name}");
    }
}
