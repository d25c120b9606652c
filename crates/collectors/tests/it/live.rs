//! This host, seen by both programs: the same families, help texts, types and series.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

use regain_collectors::{KNOWN, Settings};

use super::exposition::scrape;

struct Peer {
    child: Child,
    address: String,
    /// Is kept open, because the peer dies of a log that nobody can read.
    _log: BufReader<ChildStderr>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn peer() -> Option<PathBuf> {
    let candidates = [
        std::env::var_os("NODE_EXPORTER").map(PathBuf::from),
        Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers/node_exporter")),
        Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../peers/bin/node_exporter")),
    ];
    candidates.into_iter().flatten().find(|path| path.is_file())
}

impl Peer {
    fn start(program: &Path, collectors: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(["--collector.disable-defaults", "--web.listen-address=127.0.0.1:0"])
            .args(collectors.iter().map(|name| format!("--collector.{name}")))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let address = log
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .find(|line| line.contains("Listening on"))
            .and_then(|line| Some(line.split_once("address=")?.1.to_owned()))
            .expect("the peer says where it listens");
        Self { child, address: address.split(' ').next().unwrap().to_owned(), _log: log }
    }

    fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }
}

/// Keeps what does not change between two scrapes: metadata, and series without their values.
fn shape(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| line.contains("node_"))
        .filter(|line| !line.contains("node_exporter_build_info"))
        .map(|line| {
            if line.starts_with('#') {
                line.to_owned()
            } else {
                line.rsplit_once(' ').map_or(line, |(series, _)| series).to_owned()
            }
        })
        .collect()
}

#[test]
fn both_programs_show_the_same_series_of_this_host() {
    let Some(program) = peer() else {
        println!("skipped: no node_exporter to compare with; set NODE_EXPORTER");
        return;
    };
    let collectors: Vec<&str> =
        KNOWN.iter().filter(|known| known.built).map(|known| known.name).collect();
    let peer = Peer::start(&program, &collectors);

    let theirs = shape(&peer.metrics());
    let ours = shape(&scrape(&Settings::default(), &collectors));

    let missing: Vec<_> = theirs.difference(&ours).collect();
    let extra: Vec<_> = ours.difference(&theirs).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing {missing:#?}\nextra {extra:#?}");
    println!("{} lines are equal", ours.len());
}
