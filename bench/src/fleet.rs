//! The fake fleet: a process with one listener, a path for each target, a thread for each connection.
//!
//! What does not change in a body is laid out once, so that the fleet costs a small part of what it
//! takes to scrape it. While it runs it can be told to behave in another way.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use regain_go_format::append_float_g;
use regain_tests::http::Connection;
use regain_tests::process::{Running, wait_for, write_file};
use regain_tests::series::{self, Series, Shape, scatter};

use crate::settings::{Scratch, now};

/// What a thread that answers one connection needs.
const STACK_BYTES: usize = 64 << 10;
const START_LIMIT: Duration = Duration::from_secs(10);

/// How a fleet behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The same series all the time, in bodies as they are, whatever the scraper accepts.
    Steady,
    /// The same in compressed bodies, whatever the scraper accepts.
    Compressed,
    /// One target after another is released anew: a new value of a label on each of its series, so that
    /// all are replaced once in so many seconds.
    Churning {
        /// From when on, in seconds since 1970.
        since_s: u64,
        /// How long a release lives.
        life_s: u64,
    },
}

impl Mode {
    /// The path that tells a fleet to behave so.
    fn path(self) -> String {
        match self {
            Self::Steady => "/mode/steady".to_owned(),
            Self::Compressed => "/mode/compressed".to_owned(),
            Self::Churning { since_s, life_s } => format!("/mode/churning/{since_s}/{life_s}"),
        }
    }

    fn of_path(path: &str) -> Option<Self> {
        let words: Vec<&str> = path.strip_prefix("/mode/")?.split('/').collect();
        match words.as_slice() {
            ["steady"] => Some(Self::Steady),
            ["compressed"] => Some(Self::Compressed),
            ["churning", since_s, life_s] => {
                let (since_s, life_s) = (since_s.parse().ok()?, life_s.parse().ok()?);
                (life_s > 0).then_some(Self::Churning { since_s, life_s })
            }
            _ => None,
        }
    }

    /// Which release of a target there is; the first has no label.
    fn release(self, target: u64, seconds: u64) -> u64 {
        let Self::Churning { since_s, life_s } = self else { return 0 };
        (seconds.saturating_sub(since_s) + scatter(target) % life_s) / life_s
    }
}

/// A fleet that runs, seen from the process that started it.
#[derive(Debug)]
pub(crate) struct Fleet {
    /// Its process.
    pub(crate) process: Running,
    /// Its port; target N is at `/t/N`.
    pub(crate) port: u16,
}

impl Fleet {
    /// Starts a fleet of so many targets.
    pub(crate) fn start(scratch: &Scratch, targets: u64) -> anyhow::Result<Self> {
        let port_file = scratch.path("fleet.port");
        let child = Command::new(std::env::current_exe()?)
            .arg("fleet")
            .arg(&port_file)
            .arg(targets.to_string())
            .stdin(Stdio::null())
            .spawn()?;
        let process = Running::new(child);
        let port = wait_for("the fleet's port", START_LIMIT, || {
            Ok(std::fs::read_to_string(&port_file).ok().and_then(|text| text.parse().ok()))
        })?;
        Ok(Self { process, port })
    }

    /// How many bodies it has served.
    pub(crate) fn served(&self) -> anyhow::Result<u64> {
        Ok(Connection::open(self.port)?.get("/served")?.text().parse()?)
    }

    /// Tells it how to behave from now on.
    pub(crate) fn set(&self, mode: Mode) -> anyhow::Result<()> {
        let status = Connection::open(self.port)?.get(&mode.path())?.status;
        anyhow::ensure!(status == 200, "the fleet answers {status}");
        Ok(())
    }
}

/// The process of a fleet: serves until it is killed, and writes its port into a file.
pub(crate) fn serve(settings: &[&str]) -> anyhow::Result<()> {
    let [port_file, targets] = settings else { bail!("a fleet takes two settings") };
    let site = Arc::new(Site::new(targets.parse().context("the number of targets")?));
    let listener = TcpListener::bind("127.0.0.1:0")?;
    write_file(Path::new(port_file), &listener.local_addr()?.port().to_string())?;
    for stream in listener.incoming() {
        let (stream, site) = (stream?, Arc::clone(&site));
        thread::Builder::new().stack_size(STACK_BYTES).spawn(move || {
            // The scraper hangs up when it ends; that is the end of this thread, too.
            site.answer_all(&stream).ok();
        })?;
    }
    Ok(())
}

struct Site {
    targets: u64,
    mode: RwLock<Mode>,
    /// A body of the first release, and one of the others.
    parts: Vec<Part>,
    released: Vec<Part>,
    served: AtomicU64,
}

/// A text that never changes, and what follows it.
struct Part {
    text: String,
    then: Then,
}

enum Then {
    /// The value of this series.
    Value(Series),
    /// The number of the release.
    Release,
    /// Nothing more.
    End,
}

/// Lays a body out; with a label for the release where it is to have one.
fn parts(series: Vec<Series>, is_released: bool) -> Vec<Part> {
    let (mut parts, mut text) = (Vec::new(), String::new());
    for one in series {
        if let Some((kind, family)) = &one.family {
            let lines = [
                "# HELP ",
                family,
                " What the fleet makes up.\n",
                "# TYPE ",
                family,
                " ",
                kind,
                "\n",
            ];
            text.push_str(&lines.concat());
        }
        let exposed = one.exposed();
        if is_released {
            let (open, sign) = match exposed.strip_suffix('}') {
                Some(open) => (open, ','),
                None => (exposed.as_str(), '{'),
            };
            text.push_str(open);
            text.push(sign);
            text.push_str("release=\"r");
            parts.push(Part { text: std::mem::take(&mut text), then: Then::Release });
            text.push_str("\"} ");
        } else {
            text.push_str(&exposed);
            text.push(' ');
        }
        if let Shape::Constant(value) = one.shape {
            let mut number = Vec::new();
            append_float_g(&mut number, value);
            number.push(b'\n');
            text.push_str(&String::from_utf8_lossy(&number));
        } else {
            parts.push(Part { text: std::mem::take(&mut text), then: Then::Value(one) });
            text.push('\n');
        }
    }
    parts.push(Part { text, then: Then::End });
    parts
}

impl Site {
    fn new(targets: u64) -> Self {
        Self {
            targets,
            mode: RwLock::new(Mode::Steady),
            parts: parts(series::all(), false),
            released: parts(series::all(), true),
            served: AtomicU64::new(0),
        }
    }

    fn answer_all(&self, stream: &TcpStream) -> anyhow::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        let (mut request, mut header) = (String::new(), String::new());
        let (mut body, mut packed) = (Vec::new(), Vec::new());
        loop {
            request.clear();
            if reader.read_line(&mut request)? == 0 {
                return Ok(());
            }
            while reader.read_line(&mut header)? > 2 {
                header.clear();
            }
            body.clear();
            let path = request.split(' ').nth(1).unwrap_or_default();
            let target = path.strip_prefix("/t/").and_then(|target| target.parse().ok());
            if let Some(target) = target.filter(|target| *target < self.targets) {
                let mode = *self.mode.read().unwrap_or_else(PoisonError::into_inner);
                self.write_body(&mut body, target, now().as_secs(), mode);
                send(stream, &body, mode, &mut packed)?;
                self.served.fetch_add(1, Ordering::SeqCst);
            } else if let Some(mode) = Mode::of_path(path) {
                *self.mode.write().unwrap_or_else(PoisonError::into_inner) = mode;
                respond(stream, "200 OK", "", b"")?;
            } else if path == "/served" {
                write!(body, "{}", self.served.load(Ordering::SeqCst))?;
                respond(stream, "200 OK", "", &body)?;
            } else {
                respond(stream, "404 Not Found", "", b"")?;
            }
        }
    }

    /// Whole seconds, so that servers that scrape within one second see the same.
    fn write_body(&self, body: &mut Vec<u8>, target: u64, seconds: u64, mode: Mode) {
        let release = mode.release(target, seconds);
        let parts = if release == 0 { &self.parts } else { &self.released };
        let release = release.to_string();
        for part in parts {
            body.extend_from_slice(part.text.as_bytes());
            match &part.then {
                Then::Value(series) => append_float_g(body, series.value(target, seconds as f64)),
                Then::Release => body.extend_from_slice(release.as_bytes()),
                Then::End => (),
            }
        }
    }
}

fn send(stream: &TcpStream, body: &[u8], mode: Mode, packed: &mut Vec<u8>) -> anyhow::Result<()> {
    if mode != Mode::Compressed {
        return respond(stream, "200 OK", "", body);
    }
    packed.clear();
    let mut encoder = GzEncoder::new(packed, Compression::fast());
    encoder.write_all(body)?;
    let packed = encoder.finish()?;
    respond(stream, "200 OK", "Content-Encoding: gzip\r\n", packed)
}

fn respond(mut stream: &TcpStream, status: &str, headers: &str, body: &[u8]) -> anyhow::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\n\
         {headers}Content-Length: {length}\r\n\r\n"
    )?;
    stream.write_all(body)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use regain_tests::series::SERIES_PER_TARGET;

    use super::*;

    const AT: u64 = 1_700_000_000;

    fn body(mode: Mode, seconds: u64) -> String {
        let mut body = Vec::new();
        Site::new(1).write_body(&mut body, 0, seconds, mode);
        String::from_utf8(body).unwrap()
    }

    #[test]
    fn a_body_has_a_line_for_each_series_and_a_type_for_each_family() {
        let text = body(Mode::Steady, AT);
        let (comments, samples): (Vec<_>, Vec<_>) =
            text.lines().partition(|line| line.starts_with('#'));
        let expected: Vec<_> = series::all().iter().map(Series::exposed).collect();
        let exposed: Vec<_> =
            samples.iter().filter_map(|line| line.rsplit_once(' ')).map(|(name, _)| name).collect();
        assert_eq!(exposed, expected);
        assert!(samples.iter().all(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().is_ok()));
        let families = series::all().iter().filter(|one| one.family.is_some()).count();
        assert_eq!(comments.len(), 2 * families);
    }

    #[test]
    fn each_series_of_a_release_has_its_number_and_its_value_stays() {
        let mode = Mode::Churning { since_s: AT, life_s: 20 };
        assert_eq!(Mode::of_path(&mode.path()), Some(mode));
        assert_eq!(body(mode, AT), body(Mode::Steady, AT));
        let released = body(mode, AT + 40);
        let with = |line: &&str| line.contains("release=\"r2\"} ");
        assert_eq!(released.lines().filter(with).count(), SERIES_PER_TARGET);
        let plain = released.replace(",release=\"r2\"", "").replace("{release=\"r2\"}", "");
        assert_eq!(plain, body(Mode::Steady, AT + 40));
    }
}
