//! Reloads: a good file is in force at once, a bad one changes nothing.

use rustix::process::Signal;

use super::files::write;
use super::http::{get, get_until, request};
use super::server::{Server, job};

const POOLS: &str = "/api/v1/scrape_pools";

impl Server {
    fn write_config(&self, config: &str) {
        write(self.dir.path().join("prometheus.yml"), config);
    }

    fn metric(&self, name: &str) -> String {
        let page = get(&self.address, "/metrics").body;
        let line = page.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
        line.rsplit(' ').next().unwrap().to_owned()
    }
}

#[test]
fn a_hangup_puts_a_new_file_into_force() {
    let mut server = Server::start(&job("a", "127.0.0.1:1"), &[]);
    assert!(get(&server.address, POOLS).body.contains("[\"a\"]"));
    server.write_config(&job("b", "127.0.0.1:1"));
    server.program.signal(Signal::HUP);
    server.program.line_with(&["Completed loading of configuration file"]);
    assert!(get(&server.address, POOLS).body.contains("[\"b\"]"));
}

#[test]
fn a_bad_file_changes_nothing_and_is_explained() {
    let mut server = Server::start(&job("a", "127.0.0.1:1"), &["--web.enable-lifecycle"]);
    let before = get(&server.address, "/api/v1/status/config").body;
    assert_eq!(server.metric("prometheus_config_last_reload_successful"), "1");
    server.write_config("global: {evaluation_interval: soon}\nfoo: 1\n");

    let answer = request("POST", &server.address, "/-/reload", &[]);
    assert_eq!(answer.status, 500);
    let expected = "failed to reload config: couldn't load configuration \
                    (--config.file=\"prometheus.yml\"): prometheus.yml:1:";
    assert!(answer.body.starts_with(expected), "{}", answer.body);
    assert!(answer.body.contains("prometheus.yml:2:1: field foo not found"), "{}", answer.body);
    server.program.line_with(&["level=ERROR", "msg=\"Error reloading config\""]);
    assert_eq!(server.metric("prometheus_config_last_reload_successful"), "0");
    assert_eq!(get(&server.address, "/api/v1/status/config").body, before);
    assert!(get(&server.address, POOLS).body.contains("[\"a\"]"));

    server.write_config(&job("c", "127.0.0.1:1"));
    assert_eq!(request("PUT", &server.address, "/-/reload", &[]).status, 200);
    assert_eq!(server.metric("prometheus_config_last_reload_successful"), "1");
    assert!(get(&server.address, POOLS).body.contains("[\"c\"]"));
}

#[test]
fn files_that_change_are_noticed() {
    let flags = ["--config.auto-reload", "--config.auto-reload-interval=1s"];
    let server = Server::start(&job("a", "127.0.0.1:1"), &flags);
    server.write_config(&job("d", "127.0.0.1:1"));
    get_until(&server.address, POOLS, |answer| answer.body.contains("[\"d\"]"));
}
