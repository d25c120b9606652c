//! The fake fleet: a process with one listener, a path for each target, a thread for each connection.
//!
//! What does not change in a body is laid out once, so that the fleet costs a small part of what it
//! takes to scrape it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use regain_go_format::append_float_g;
use regain_tests::http::Connection;
use regain_tests::process::{Running, wait_for, write_file};
use regain_tests::series::{self, Series, Shape};

use crate::settings::{Scratch, now};

/// What a thread that answers one connection needs.
const STACK_BYTES: usize = 64 << 10;
const START_LIMIT: Duration = Duration::from_secs(10);

/// How bodies travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// As they are, whatever the scraper accepts.
    Plain,
    /// Compressed, whatever the scraper accepts.
    Gzip,
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
    pub(crate) fn start(scratch: &Scratch, targets: u64, coding: Coding) -> anyhow::Result<Self> {
        let port_file = scratch.path(&format!("{coding:?}.port"));
        let child = Command::new(std::env::current_exe()?)
            .arg("fleet")
            .arg(&port_file)
            .args([targets.to_string(), format!("{coding:?}")])
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
}

/// The process of a fleet: serves until it is killed, and writes its port into a file.
pub(crate) fn serve(settings: &[&str]) -> anyhow::Result<()> {
    let [port_file, targets, coding] = settings else { bail!("a fleet takes three settings") };
    let coding = if *coding == "Gzip" { Coding::Gzip } else { Coding::Plain };
    let targets = targets.parse().context("the number of targets")?;
    let site = Site { targets, coding, parts: parts(series::all()), served: AtomicU64::new(0) };
    let site = Arc::new(site);
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
    coding: Coding,
    parts: Vec<Part>,
    served: AtomicU64,
}

/// A text that never changes, and the series whose value follows it.
struct Part {
    text: String,
    series: Option<Series>,
}

fn parts(series: Vec<Series>) -> Vec<Part> {
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
        text.push_str(&one.exposed());
        text.push(' ');
        if let Shape::Constant(value) = one.shape {
            let mut number = Vec::new();
            append_float_g(&mut number, value);
            number.push(b'\n');
            text.push_str(&String::from_utf8_lossy(&number));
        } else {
            parts.push(Part { text: std::mem::take(&mut text), series: Some(one) });
            text.push('\n');
        }
    }
    parts.push(Part { text, series: None });
    parts
}

impl Site {
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
            match target.filter(|target| *target < self.targets) {
                Some(target) => {
                    self.write_body(&mut body, target, now().as_secs() as f64);
                    self.send(stream, &body, &mut packed)?;
                    self.served.fetch_add(1, Ordering::SeqCst);
                }
                None if path == "/served" => {
                    write!(body, "{}", self.served.load(Ordering::SeqCst))?;
                    respond(stream, "200 OK", "", &body)?;
                }
                None => respond(stream, "404 Not Found", "", b"")?,
            }
        }
    }

    /// Whole seconds, so that servers that scrape within one second see the same.
    fn write_body(&self, body: &mut Vec<u8>, target: u64, seconds: f64) {
        for part in &self.parts {
            body.extend_from_slice(part.text.as_bytes());
            if let Some(series) = &part.series {
                append_float_g(body, series.value(target, seconds));
            }
        }
    }

    fn send(&self, stream: &TcpStream, body: &[u8], packed: &mut Vec<u8>) -> anyhow::Result<()> {
        match self.coding {
            Coding::Plain => respond(stream, "200 OK", "", body),
            Coding::Gzip => {
                packed.clear();
                let mut encoder = GzEncoder::new(packed, Compression::fast());
                encoder.write_all(body)?;
                let packed = encoder.finish()?;
                respond(stream, "200 OK", "Content-Encoding: gzip\r\n", packed)
            }
        }
    }
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
    use super::*;

    #[test]
    fn a_body_has_a_line_for_each_series_and_a_type_for_each_family() {
        let parts = parts(series::all());
        let site = Site { targets: 1, coding: Coding::Plain, parts, served: AtomicU64::new(0) };
        let mut body = Vec::new();
        site.write_body(&mut body, 0, 1_700_000_000.0);
        let text = String::from_utf8(body).unwrap();
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
}
