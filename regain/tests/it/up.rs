//! `regain up`: everything at once.

use std::net::TcpListener;

use rustix::process::Signal;

use super::files::write;
use super::http::{get, get_until};
use super::program::Program;

const ANY_PORT: [&str; 3] =
    ["up", "--web.listen-address=127.0.0.1:0", "--node.listen-address=127.0.0.1:0"];

/// The address in the banner line that contains `what`.
fn address(line: &str) -> String {
    let (_, rest) = line.split_once("http://").unwrap();
    rest.split('/').next().unwrap().to_owned()
}

#[test]
fn watches_this_host_without_being_told_how() {
    let dir = tempfile::tempdir().unwrap();
    let mut program = Program::start(&ANY_PORT, dir.path());
    let banner = program.banner();
    let numbers = address(banner.iter().find(|line| line.contains("the numbers")).unwrap());
    let server = address(banner.iter().find(|line| line.contains("the pages")).unwrap());
    assert!(get(&numbers, "/metrics").body.contains("\nnode_load1 "));
    let up = "/api/v1/query?query=sum(up)";
    get_until(&server, up, |answer| answer.body.contains(",\"2\"]"));
    let memory =
        "/api/v1/query?query=topk(3,(1-node_memory_MemFree_bytes/node_memory_MemTotal_bytes))";
    assert!(get(&server, memory).body.contains("\"job\":\"node\""));
    let skew = get(&server, "/api/v1/query?query=count(scrape_clock_skew_seconds)").body;
    assert!(skew.contains(",\"2\"]"), "{skew}");
    program.signal(Signal::INT);
    let (status, log, printed) = program.wait();
    assert!(status.success(), "{log:#?}");
    assert_eq!(log, Vec::<String>::new(), "what runs well is silent");
    assert_eq!(printed, "Stopping …\n");
    assert!(dir.path().join("data").is_dir());
}

#[test]
fn an_exporter_that_is_there_already_is_scraped() {
    let dir = tempfile::tempdir().unwrap();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap();
    let flag = format!("--node.listen-address={taken}");
    let mut program =
        Program::start(&["up", "--web.listen-address=127.0.0.1:0", &flag], dir.path());
    let banner = program.banner();
    let expected = format!("  {taken} is taken: whatever answers there is scraped as this host");
    assert!(banner.contains(&expected), "{banner:#?}");
    let server = address(banner.iter().find(|line| line.contains("the pages")).unwrap());
    let targets = get(&server, "/api/v1/targets").body;
    assert!(targets.contains(&format!("\"scrapeUrl\":\"http://{taken}/metrics\"")), "{targets}");
}

#[test]
fn a_configuration_that_is_there_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let config =
        "scrape_configs: [{job_name: mine, static_configs: [{targets: ['127.0.0.1:1']}]}]\n";
    write(dir.path().join("prometheus.yml"), config);
    let mut program = Program::start(&ANY_PORT, dir.path());
    let banner = program.banner();
    assert_eq!(banner[0], "Watching what prometheus.yml says; data in data.");
    let server = address(banner.iter().find(|line| line.contains("the pages")).unwrap());
    let pools = get(&server, "/api/v1/scrape_pools").body;
    assert!(pools.contains("[\"mine\"]"), "{pools}");
}

#[test]
fn a_directory_has_one_server_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = Program::start(&ANY_PORT, dir.path());
    first.banner();
    let second = Program::start(&ANY_PORT, dir.path());
    let (status, log, printed) = second.wait();
    assert_eq!(status.code(), Some(1));
    assert!(log.last().unwrap().contains("is locked by another process"), "{log:#?}");
    assert_eq!(printed, "");
}

#[test]
fn a_taken_port_of_the_server_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap();
    let flag = format!("--web.listen-address={address}");
    let (status, log, _) = Program::start(&["up", &flag], dir.path()).wait();
    assert_eq!(status.code(), Some(1));
    let expected = format!("regain up: listen tcp {address}: bind: address already in use");
    assert_eq!(log, [expected]);
}
