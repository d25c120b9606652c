//! The exporter: its pages, its filters, its end.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Command;

use super::files::write;
use super::http::{get, request};
use super::program::{Program, REGAIN, run, text};

fn start(flags: &[&str]) -> (Program, String) {
    let mut arguments = vec!["node", "--web.listen-address=127.0.0.1:0"];
    arguments.extend(flags);
    let mut program = Program::start(&arguments, Path::new("/"));
    let address = program.address();
    (program, address)
}

#[test]
fn serves_the_hosts_numbers_and_its_own() {
    let (program, address) = start(&[]);
    let first = get(&address, "/metrics");
    assert_eq!(first.status, 200);
    assert!(
        first.head.contains(
            "content-type: text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
        )
    );
    let page = get(&address, "/metrics").body;
    for line in [
        "# TYPE node_cpu_seconds_total counter",
        "node_scrape_collector_success{collector=\"meminfo\"} 1",
        "promhttp_metric_handler_requests_total{code=\"200\"} 1",
        "promhttp_metric_handler_requests_in_flight 1",
        "# TYPE process_cpu_seconds_total counter",
    ] {
        assert!(page.contains(&format!("{line}\n")), "{line} is missing in {page}");
    }
    assert!(page.contains("node_exporter_build_info{") && page.contains("version=\"1.12.1\"} 1\n"));
    let landing = get(&address, "/");
    assert_eq!(landing.status, 200);
    assert!(landing.body.contains("<a href=\"metrics\">Metrics</a>"), "{}", landing.body);
    assert_eq!(get(&address, "/nowhere").status, 404);
    let (status, log, _) = program.stop();
    assert!(status.success(), "{log:#?}");
}

#[test]
fn requests_choose_among_the_collectors() {
    let (_program, address) = start(&["--web.disable-exporter-metrics"]);
    let cases = [
        ("?collect[]=loadavg&collect[]=stat", 200, "node_load1 ", "node_memory_"),
        ("?exclude%5B%5D=loadavg", 200, "node_memory_", "node_load1 "),
        (
            "?collect[]=nope",
            400,
            "Couldn't create filtered metrics handler: couldn't create collector: missing collector: nope",
            "node_",
        ),
        (
            "?collect[]=systemd",
            400,
            "couldn't create collector: disabled collector: systemd",
            "node_",
        ),
        (
            "?collect[]=cpu&exclude[]=os",
            400,
            "Combined collect and exclude queries are not allowed.",
            "node_",
        ),
    ];
    for (query, status, there, absent) in cases {
        let answer = get(&address, &format!("/metrics{query}"));
        assert_eq!(answer.status, status, "{query}");
        assert!(answer.body.contains(there), "{query}: {}", answer.body);
        assert!(!answer.body.contains(absent), "{query}: {}", answer.body);
        assert!(!answer.body.contains("promhttp_"), "{query}: {}", answer.body);
    }
}

#[test]
fn flags_choose_collectors_and_tune_them() {
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("job.prom");
    write(&file, "backup_age_seconds 7\n");
    let directory = format!("--collector.textfile.directory={}", files.path().display());
    let (_program, address) = start(&[
        "--collector.disable-defaults",
        "--collector.textfile",
        "--collector.filefd",
        &directory,
        "--web.telemetry-path=/numbers",
    ]);
    let page = get(&address, "/numbers").body;
    assert!(page.contains("\nbackup_age_seconds 7\n") && page.contains("\nnode_filefd_allocated "));
    assert!(!page.contains("node_cpu_") && !page.contains("node_memory_"));
    assert_eq!(get(&address, "/metrics").status, 404);
}

#[test]
fn listens_on_several_addresses_and_asks_for_a_login_on_each() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("web.yml");
    let hash = bcrypt::hash("secret", 4).unwrap();
    write(&config, format!("basic_auth_users: {{ann: \"{hash}\"}}\n"));
    let config = format!("--web.config.file={}", config.display());
    let arguments =
        ["node", "--web.listen-address=127.0.0.1:0", "--web.listen-address=127.0.0.1:0", &config];
    let mut program = Program::start(&arguments, dir.path());
    let addresses = [program.address(), program.address()];
    assert_ne!(addresses[0], addresses[1]);
    for address in &addresses {
        assert_eq!(get(address, "/metrics").status, 401);
        let login = ["authorization: Basic YW5uOnNlY3JldA=="];
        assert_eq!(request("GET", address, "/metrics?collect[]=stat", &login).status, 200);
    }
}

#[test]
fn a_socket_that_systemd_passes_on_is_taken_over() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // As systemd does: the socket is number 3, and the process is told that it is meant.
    let script = "LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" node --web.systemd-socket 3<&0";
    let mut command = Command::new("sh");
    command.args(["-c", script, REGAIN]).stdin(OwnedFd::from(listener));
    let mut program = Program::spawn(&mut command);
    assert_eq!(program.address(), address);
    assert_eq!(get(&address, "/metrics?collect[]=stat").status, 200);
    let output = run(&["node", "--web.systemd-socket"]);
    assert_eq!(output.status.code(), Some(1));
    let log = text(&output.stderr);
    assert!(log.contains("no socket activation file descriptors found"), "{log}");
}

#[test]
fn a_taken_port_is_named() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap();
    let output = run(&["node", &format!("--web.listen-address={address}")]);
    assert_eq!(output.status.code(), Some(1));
    let expected = format!("msg=\"listen tcp {address}: bind: address already in use\"");
    let log = text(&output.stderr);
    assert!(log.lines().last().unwrap().contains(&expected), "{log}");
}

#[test]
fn settings_that_contradict_each_other_end_the_start() {
    let output = run(&[
        "node",
        "--web.listen-address=127.0.0.1:0",
        "--collector.netdev.device-include=a",
        "--collector.netdev.device-exclude=b",
    ]);
    assert_eq!(output.status.code(), Some(2));
    let log = text(&output.stderr);
    assert!(log.contains("are mutually exclusive"), "{log}");
}
