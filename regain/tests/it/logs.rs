//! The log, line by line, in both layouts.

use std::path::Path;

use super::program::{Program, run, text};

/// What stands before the first field of the line's own.
fn head(line: &str) -> Vec<&str> {
    line.split(' ').take(3).map(|pair| pair.split('=').next().unwrap()).collect()
}

#[test]
fn logfmt_lines_begin_as_upstreams_do() {
    let mut program = Program::start(&["node", "--web.listen-address=127.0.0.1:0"], Path::new("/"));
    let line = program.line_with(&["Starting node_exporter"]);
    assert_eq!(head(&line), ["time", "level", "source"]);
    let time = line.strip_prefix("time=").unwrap().split(' ').next().unwrap();
    assert!(time.len() <= "2026-11-26T21:59:45.198Z".len() && time.ends_with('Z'), "{time}");
    assert!(line.contains(" level=INFO source=node.rs:"), "{line}");
    assert!(line.contains(" msg=\"Starting node_exporter\" version=\"(version=1.12.1, "), "{line}");
    let line = program.line_with(&["TLS is disabled."]);
    assert!(line.contains(" msg=\"TLS is disabled.\" http2=false address=127.0.0.1:"), "{line}");
}

#[test]
fn json_lines_keep_numbers_and_truths_as_they_are() {
    let arguments = ["node", "--web.listen-address=127.0.0.1:0", "--log.format=json"];
    let mut program = Program::start(&arguments, Path::new("/"));
    let line = program.line_with(&["TLS is disabled."]);
    let fields: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(fields["level"], "INFO");
    assert_eq!(fields["msg"], "TLS is disabled.");
    assert_eq!(fields["http2"], false);
    assert!(line.starts_with("{\"time\":\""), "{line}");
}

#[test]
fn less_severe_lines_are_left_out() {
    let arguments = ["node", "--web.listen-address=127.0.0.1", "--log.level=error"];
    let log = text(&run(&arguments).stderr);
    assert!(log.lines().all(|line| line.contains(" level=ERROR ")), "{log}");
    assert!(log.contains("missing port in address"), "{log}");
}
