//! The server: start, scrape, answer, end, and what keeps it from starting.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use super::files::write;
use super::http::{get, get_until, request};
use super::program::{Names, Program, REGAIN, run, text};

/// A directory with a configuration, and a server in it.
pub(crate) struct Server {
    pub(crate) program: Program,
    pub(crate) address: String,
    pub(crate) dir: TempDir,
}

impl Server {
    pub(crate) fn start(config: &str, flags: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path().join("prometheus.yml"), config);
        Self::restart(dir, flags)
    }

    pub(crate) fn restart(dir: TempDir, flags: &[&str]) -> Self {
        let mut arguments = vec!["server", "--web.listen-address=127.0.0.1:0"];
        arguments.extend(flags);
        let mut program = Program::start(&arguments, dir.path());
        let address = program.address();
        program.line_with(&["Server is ready to receive web requests."]);
        Self { program, address, dir }
    }

    /// Stops the server and gives its directory.
    fn stop(self) -> TempDir {
        let (status, log, _) = self.program.stop();
        assert!(status.success(), "{log:#?}");
        assert!(log.last().unwrap().contains("See you next time!"), "{log:#?}");
        self.dir
    }
}

/// A job that scrapes `address` every second.
pub(crate) fn job(name: &str, address: &str) -> String {
    format!(
        "scrape_configs:\n- job_name: {name}\n  scrape_interval: 1s\n  static_configs: [{{targets: ['{address}']}}]\n"
    )
}

#[test]
fn scrapes_a_target_and_keeps_what_it_saw() {
    let exporter = {
        let arguments = ["node", "--web.listen-address=127.0.0.1:0"];
        let mut program = Program::start(&arguments, Path::new("/"));
        let address = program.address();
        (program, address)
    };
    let server = Server::start(&job("node", &exporter.1), &[]);
    let up = "/api/v1/query?query=up";
    get_until(&server.address, up, |answer| answer.body.contains(",\"1\"]"));
    let load = get(&server.address, "/api/v1/query?query=node_load1");
    assert!(load.body.contains("\"__name__\":\"node_load1\""), "{}", load.body);
    let targets = get(&server.address, "/api/v1/targets").body;
    assert!(targets.contains("\"health\":\"up\"") && targets.contains("\"scrapePool\":\"node\""));
    let config = get(&server.address, "/api/v1/status/config").body;
    assert!(config.contains("job_name: node"), "{config}");
    let flags = get(&server.address, "/api/v1/status/flags").body;
    assert!(flags.contains("\"web.listen-address\":\"127.0.0.1:0\""), "{flags}");

    let dir = server.stop();
    // Nothing is scraped any more, and what was scraped is still there.
    write(dir.path().join("prometheus.yml"), "");
    let server = Server::restart(dir, &[]);
    let kept = get(&server.address, "/api/v1/query?query=max_over_time(up[1h])");
    assert!(kept.body.contains(",\"1\"]"), "{}", kept.body);
}

#[test]
fn says_about_itself_what_dashboards_ask() {
    let server = Server::start("", &["--enable-feature=promql-experimental-functions"]);
    get(&server.address, "/-/healthy");
    let page = get(&server.address, "/metrics").body;
    for name in [
        "prometheus_build_info{",
        "prometheus_config_last_reload_successful 1\n",
        "prometheus_config_last_reload_success_timestamp_seconds ",
        "prometheus_ready 1\n",
        "prometheus_tsdb_head_series ",
        "prometheus_tsdb_retention_limit_seconds 1.296e+06\n",
        "prometheus_tsdb_wal_corruptions_total 0\n",
        "process_start_time_seconds ",
        "prometheus_http_requests_total{",
    ] {
        assert!(page.contains(&format!("\n{name}")), "{name} is missing in {page}");
    }
    let build = get(&server.address, "/api/v1/status/buildinfo").body;
    assert!(build.contains("\"version\":\"3.14.0\""), "{build}");
    let answer = get(&server.address, "/api/v1/query?query=sort_by_label(vector(1),%22a%22)");
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(request("POST", &server.address, "/-/quit", &[]).status, 403);
}

#[test]
fn ends_in_order_for_either_signal_and_over_http() {
    for signal in [Signal::TERM, Signal::INT] {
        let server = Server::start("", &[]);
        server.program.signal(signal);
        let (status, log, _) = server.program.wait();
        assert!(status.success(), "{log:#?}");
        let steps = [
            "Received an OS signal, exiting gracefully...",
            "Scrape manager stopped",
            "Web handler stopped",
            "TSDB stopped",
            "See you next time!",
        ];
        let mut rest = log.iter();
        for step in steps {
            assert!(rest.any(|line| line.contains(step)), "{step} is missing in {log:#?}");
        }
    }
    let server = Server::start("", &["--web.enable-lifecycle"]);
    assert_eq!(request("PUT", &server.address, "/-/quit", &[]).status, 200);
    let (status, log, _) = server.program.wait();
    assert!(status.success(), "{log:#?}");
    assert!(log.iter().any(|line| line.contains("Received termination request via web service")));
}

#[test]
fn a_second_signal_ends_the_program_at_once() {
    let mut server = Server::start("", &[]);
    // A request that never ends keeps the server from ending in order.
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let request = "POST /api/v1/query HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\
                   content-type: application/x-www-form-urlencoded\r\n\
                   expect: 100-continue\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    // The server says that it waits for the rest.
    let mut waits = [0; "HTTP/1.1 100 Continue".len()];
    stream.read_exact(&mut waits).unwrap();
    server.program.signal(Signal::TERM);
    server.program.line_with(&["Stopping web handler..."]);
    server.program.signal(Signal::TERM);
    let (status, log, _) = server.program.wait();
    assert_eq!(status.code(), Some(1), "{log:#?}");
    assert!(log.last().unwrap().contains("exiting at once"), "{log:#?}");
}

#[test]
fn routes_have_the_prefix_of_the_external_url() {
    let server = Server::start("", &["--web.external-url=http://example.org/prom/"]);
    assert_eq!(get(&server.address, "/prom/-/ready").status, 200);
    assert_eq!(get(&server.address, "/-/ready").status, 404);
    let flags = get(&server.address, "/prom/api/v1/status/flags").body;
    assert!(flags.contains("\"web.route-prefix\":\"/prom\""), "{flags}");
}

#[test]
fn a_taken_port_and_a_data_directory_in_use_are_named() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap();
    let server = Server::start("", &[]);
    let flag = format!("--web.listen-address={address}");
    let file = format!("--config.file={}", server.dir.path().join("prometheus.yml").display());
    let output = run(&["server", &flag, &file]);
    assert_eq!(output.status.code(), Some(1));
    let log = text(&output.stderr);
    let expected = format!(
        "msg=\"Unable to start web listener\" err=\"listen tcp {address}: bind: address already in use\""
    );
    assert!(log.contains(&expected), "{log}");

    let data = format!("--storage.tsdb.path={}", server.dir.path().join("data").display());
    let output = run(&["server", "--web.listen-address=127.0.0.1:0", &file, &data]);
    assert_eq!(output.status.code(), Some(1));
    let log = text(&output.stderr);
    assert!(log.contains("msg=\"Fatal error\" err=\"opening storage failed: "), "{log}");
    assert!(log.contains("is locked by another process"), "{log}");
}

#[test]
fn a_bad_file_ends_the_start_with_all_its_mistakes() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bad.yml");
    let cases = [
        (
            "global:\n  scrape_intervall: 5s\nscrape_configs:\n- job_name: a\n- job_name: a\n",
            vec![
                "bad.yml:2:3: field scrape_intervall not found",
                "did you mean \\\"scrape_interval\\\"?",
                "found multiple scrape configs with job name",
            ],
        ),
        (
            "scrape_configs:\n- job_name: a\n  kubernetes_sd_configs: [{role: pod}]\n",
            vec!["bad.yml:3:", ": kubernetes_sd_configs is not built yet"],
        ),
    ];
    for (config, expected) in cases {
        write(&file, config);
        let flag = format!("--config.file={}", file.display());
        let output = run(&["server", "--web.listen-address=127.0.0.1:0", &flag]);
        assert_eq!(output.status.code(), Some(2));
        let log = text(&output.stderr);
        assert!(
            log.contains(&format!("msg=\"Error loading config (--config.file={}", file.display()))
        );
        for expected in expected {
            assert!(log.contains(expected), "{expected} is missing in {log}");
        }
    }
}

#[test]
fn the_name_of_the_program_decides_what_it_is() {
    let names = Names::new();
    let dir = tempfile::tempdir().unwrap();
    write(dir.path().join("prometheus.yml"), "");
    let output = Command::new(names.path("prometheus"))
        .args(["--web.listen-address=127.0.0.1:0", "--storage.tsdb.path=/dev/null/x"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("msg=\"Starting Prometheus Server\" mode=server"));
    assert!(Path::new(REGAIN).is_file());
}
