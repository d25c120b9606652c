//! Targets that come, change and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use regain_tests::process::{wait_for, write_file};
use regain_tests::program::Program;
use regain_tests::server::{Server, Setup};
use serde_json::json;

use super::peer::{ANY, is_at_hand};
use super::target::{AT_ONCE, TEXT, Target, respond};

const LIMIT: Duration = Duration::from_secs(30);
const GLOBAL: &str = "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n";

#[test]
fn regain_ends_series_at_once() {
    series_end(Program::Regain);
}

#[test]
fn prometheus_ends_series_at_once() {
    if is_at_hand(Program::Prometheus, ANY) {
        series_end(Program::Prometheus);
    }
}

#[test]
fn regain_follows_files_of_targets() {
    follow_files(Program::Regain);
}

#[test]
fn prometheus_follows_files_of_targets() {
    if is_at_hand(Program::Prometheus, ANY) {
        follow_files(Program::Prometheus);
    }
}

/// A series that a scrape no longer shows, and all series of a scrape that fails, are gone for queries
/// at that moment and not five minutes later.
fn series_end(program: Program) {
    const BODIES: [&str; 4] = ["a 1\nb 1\n", "b 2\n", "", "a 3\nb{ 3\n"];
    let stage = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&stage);
    let target = Target::serve(move |stream, _| {
        respond(stream, TEXT, "", BODIES[seen.load(Ordering::SeqCst)].as_bytes())
    });
    let config = format!(
        "{GLOBAL}scrape_configs: [{{job_name: app, static_configs: [{{targets: ['{}']}}]}}]\n",
        target.address()
    );
    let dir = tempfile::tempdir().unwrap();
    let server = Setup::new(program, dir.path()).config(config).flag(AT_ONCE).start().unwrap();
    for (index, shown) in [2, 1, 0, 0].into_iter().enumerate() {
        stage.store(index, Ordering::SeqCst);
        let up = f64::from(u8::from(index < 3));
        wait_for(&format!("stage {index}"), LIMIT, || {
            let visible = server.query("{__name__=~\"a|b\"}", None)?.len();
            Ok((visible == shown && server.number("up")? == Some(up)).then_some(()))
        })
        .unwrap();
    }
    let past = server.query("last_over_time({__name__=~\"a|b\"}[1m])", None).unwrap();
    assert_eq!(past.len(), 2, "the samples from before are kept: {past:?}");
}

/// Targets follow the files that name them; a broken file changes nothing.
fn follow_files(program: Program) {
    let target = Target::serve(|stream, _| respond(stream, TEXT, "", b"a 1\n"));
    let dir = tempfile::tempdir().unwrap();
    let name = |names: &[&str]| {
        let group = |name: &&str| json!({"targets": [target.address()], "labels": {"name": name}});
        let groups: Vec<_> = names.iter().map(group).collect();
        write_file(&dir.path().join("targets.json"), &json!(groups).to_string()).unwrap();
    };
    name(&["one", "two"]);
    let config = format!(
        "{GLOBAL}scrape_configs: [{{job_name: app, file_sd_configs: [{{files: ['*.json']}}]}}]\n"
    );
    let setup = Setup::new(program, dir.path()).config(config).flag(AT_ONCE);
    let server = setup.start().unwrap();
    wait_for_names(&server, &["one", "two"]);
    name(&["two", "three"]);
    wait_for_names(&server, &["three", "two"]);
    write_file(&dir.path().join("targets.json"), "[{\"targets\": ").unwrap();
    write_file(
        &dir.path().join("more.json"),
        "[{\"targets\": [\"127.0.0.1:1\"], \"labels\": {\"name\": \"four\"}}]",
    )
    .unwrap();
    wait_for_names(&server, &["four", "three", "two"]);
}

fn wait_for_names(server: &Server, expected: &[&str]) {
    wait_for(&format!("the targets {expected:?}"), LIMIT, || {
        let targets = server.data("/api/v1/targets?state=active")?;
        let targets = targets["activeTargets"].as_array().map_or(&[][..], Vec::as_slice);
        let mut names: Vec<_> =
            targets.iter().filter_map(|target| target["labels"]["name"].as_str()).collect();
        names.sort_unstable();
        Ok((names == expected).then_some(()))
    })
    .unwrap();
}
