//! The fake fleet: one listener, a path for each target, a thread for each connection.
//!
//! A body is written from a prepared list of line starts, so that the fleet costs a small part of
//! what it takes to scrape it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::Context as _;

use crate::series::{self, Series};

struct Line {
    start: String,
    series: Series,
}

/// Serves `targets` targets until the process is killed, and writes the port into `port_file`.
pub(crate) fn serve(port_file: &str, targets: &str) -> anyhow::Result<()> {
    let targets: u64 = targets.parse().context("the number of targets")?;
    let lines: Arc<Vec<Line>> = Arc::new(series::all().into_iter().map(line).collect());
    let listener = TcpListener::bind("127.0.0.1:0")?;
    crate::process::write_file(port_file, &listener.local_addr()?.port().to_string())?;
    for stream in listener.incoming() {
        let (stream, lines) = (stream?, Arc::clone(&lines));
        thread::Builder::new().stack_size(64 << 10).spawn(move || {
            // The scraper hangs up when it ends; that is the end of this thread, too.
            answer_all(&stream, &lines, targets).ok();
        })?;
    }
    Ok(())
}

fn line(series: Series) -> Line {
    let mut start = String::new();
    if let Some(kind) = series.kind {
        let family = series.name.trim_end_matches("_bucket");
        start = format!("# HELP {family} What the fleet makes up.\n# TYPE {family} {kind}\n");
    }
    start.push_str(&series.exposed());
    start.push(' ');
    Line { start, series }
}

fn answer_all(stream: &TcpStream, lines: &[Line], targets: u64) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let (mut request, mut body) = (String::new(), Vec::new());
    loop {
        request.clear();
        if reader.read_line(&mut request)? == 0 {
            return Ok(());
        }
        let target = request.split('/').nth(2).and_then(|rest| rest.split(' ').next());
        let target = target.and_then(|text| text.parse::<u64>().ok()).filter(|at| *at < targets);
        let mut header = String::new();
        while reader.read_line(&mut header)? > 2 {
            header.clear();
        }
        body.clear();
        let status = match target {
            Some(target) => {
                write_body(&mut body, lines, target, now_s());
                "200 OK"
            }
            None => "404 Not Found",
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = stream;
        stream.write_all(head.as_bytes())?;
        stream.write_all(&body)?;
    }
}

fn write_body(body: &mut Vec<u8>, lines: &[Line], target: u64, seconds: f64) {
    for line in lines {
        body.extend_from_slice(line.start.as_bytes());
        let value = line.series.value(target, seconds);
        writeln!(body, "{value}").expect("writing to a vector does not fail");
    }
}

/// Whole seconds, so that two servers that scrape within one second see the same.
#[expect(clippy::disallowed_methods, reason = "the fleet's values follow the wall clock")]
fn now_s() -> f64 {
    let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or(Duration::ZERO).as_secs() as f64
}
