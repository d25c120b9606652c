//! What is answered while a server that was killed starts again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use regain_tests::http::{Connection, encode};
use regain_tests::port::free_port;
use regain_tests::process::wait_for;
use regain_tests::program::Program;
use regain_tests::push::{Push, send};
use regain_tests::server::{Server, Setup};
use serde_json::Value;

use super::crash::now_ms;

const KILLS: u64 = 5;
const PUSHES: u64 = 40;
const SERIES: u64 = 500;
const LIMIT: Duration = Duration::from_mins(1);

/// What the pushes of one life are pushed with.
fn push(server: &Server, life: u64) {
    let mut connection = server.connect().unwrap();
    let mut push = Push::default();
    for number in 0..PUSHES {
        let time_ms = now_ms();
        push.clear();
        for series in 0..SERIES {
            let (series, life) = (series.to_string(), life.to_string());
            let labels = [("__name__", "pushed"), ("life", &*life), ("series", &series)];
            // Each push has a time of its own, however fast they are.
            let at = time_ms - i64::try_from(PUSHES - number).unwrap();
            push.series(&labels, &[(at, 1.0)]);
        }
        assert_eq!(send(&mut connection, &push.compressed().unwrap()).unwrap().status, 204);
    }
}

/// What is answered to a question while the server starts: how many samples there are, and whether the answer says that it
/// may be partial; nothing while nobody answers.
fn ask(connection: &mut Connection) -> Option<(f64, bool)> {
    let query = encode("sum(count_over_time(pushed[1h])) or vector(0)");
    let answer = connection.get(&format!("/api/v1/query?query={query}")).ok()?;
    if answer.status == 503 {
        return None;
    }
    let json = answer.json().unwrap();
    assert_eq!(json["status"], "success", "{json}");
    let count = json["data"]["result"][0]["value"][1].as_str().unwrap().parse().unwrap();
    let warnings = json["warnings"].as_array().map_or(&[][..], Vec::as_slice);
    let is_partial = |warning: &Value| warning.as_str().unwrap().contains("may be partial");
    assert!(warnings.iter().all(is_partial), "{json}");
    Some((count, !warnings.is_empty()))
}

#[test]
fn an_answer_during_a_start_is_whole_or_says_that_it_may_not_be() {
    let dir = tempfile::tempdir().unwrap();
    let mut setup = Setup::new(Program::Regain, dir.path());
    let mut server = setup.start().unwrap();
    for life in 0..KILLS {
        push(&server, life);
        setup = server.kill().unwrap();
        let all = ((life + 1) * PUSHES * SERIES) as f64;
        let port = free_port().unwrap();
        let is_ready = AtomicBool::new(false);
        server = thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let mut connection =
                    wait_for("the listener", LIMIT, || Ok(Connection::open(port).ok())).unwrap();
                while !is_ready.load(Ordering::SeqCst) {
                    if let Some((count, is_partial)) = ask(&mut connection) {
                        assert!(count <= all && (is_partial || count >= all), "{count} of {all}");
                    }
                }
            });
            let server = setup.start_on(port).unwrap();
            is_ready.store(true, Ordering::SeqCst);
            asking.join().unwrap();
            server
        });
        let mut connection = server.connect().unwrap();
        assert_eq!(ask(&mut connection), Some((all, false)), "once it is ready");
        let replay = server.data("/api/v1/status/walreplay").unwrap();
        assert_eq!(replay["current"], replay["max"]);
    }
}
