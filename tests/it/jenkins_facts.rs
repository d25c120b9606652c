//! What is known of Jenkins' API and no client asks for, held against the stand-in.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regain_tests::http::{Answer, Connection};
use regain_tests::jenkins::{BuildResult, Jenkins, Job, Server, User};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

fn login(user: &str, secret: &str) -> String {
    format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{user}:{secret}")))
}

fn setup() -> Jenkins {
    Jenkins::new()
        .user(User::new("admin", "hunter2").token("11aa"))
        .user(User::new("reader", "x").token("22bb").reads_only())
        .user(User::new("blind", "x").token("33cc").sees_nothing())
        .job("plain", Job::new().token("let-me-in"))
        .job("folder/asks", Job::new().parameter("HOST", "none"))
}

fn send(server: &Server, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let mut connection = Connection::open(server.address().port()).unwrap();
    connection.send(method, path, headers, body.as_bytes()).unwrap()
}

#[test]
fn every_answer_has_the_status_that_jenkins_gives_it() {
    let (admin, reader, blind) =
        (login("admin", "11aa"), login("reader", "22bb"), login("blind", "33cc"));
    let alert = "{\"version\":\"4\",\"status\":\"firing\"}";
    let json = format!("{admin}Content-Type: application/json\r\n");
    let form = format!("{admin}{FORM}");
    for (method, path, headers, body, status) in [
        // What Alertmanager sends: the body is not looked at, unless the job has parameters.
        ("POST", "/job/plain/build?token=let-me-in", &json, alert, 201),
        ("POST", "/job/folder/job/asks/build", &json, alert, 400),
        ("POST", "/job/folder/asks/build", &json, alert, 404),
        ("POST", "/job/plain/build", &admin, "", 201),
        ("POST", "/job/plain/build?token=wrong", &admin, "", 403),
        ("POST", "/job/plain/build", &reader, "", 403),
        ("POST", "/job/plain/build?token=let-me-in", &reader, "", 201),
        ("POST", "/job/plain/build", &blind, "", 404),
        ("POST", "/job/plain/build", &login("admin", "wrong"), "", 401),
        ("POST", "/job/plain/build", &login("admin", "hunter2"), "", 403),
        ("POST", "/job/plain/build", &String::new(), "", 403),
        ("GET", "/job/plain/build", &admin, "", 405),
        ("GET", "/job/plain/build?token=let-me-in", &admin, "", 201),
        ("GET", "/job/folder/job/asks/build", &admin, "", 405),
        ("POST", "/job/folder/job/asks/build", &form, "json=%7B%22parameter%22%3A%5B%5D%7D", 201),
        ("POST", "/job/folder/job/asks/buildWithParameters", &form, "HOST=web1", 201),
        ("POST", "/job/folder/job/asks/buildWithParameters", &form, "HOST=web1", 303),
        ("POST", "/job/folder/job/asks/buildWithParameters", &form, "HOST=web1&OTHER=x", 303),
        ("GET", "/job/folder/job/asks/buildWithParameters", &admin, "", 405),
        ("POST", "/job/plain/buildWithParameters", &form, "HOST=web1", 400),
        ("GET", "/job/plain", &admin, "", 302),
        ("GET", "/job/plain/", &admin, "", 200),
        ("GET", "/job/plain/api/json", &blind, "", 404),
        ("GET", "/job/plain/api/json", &String::new(), "", 403),
        ("GET", "/queue/item/1/", &admin, "", 200),
        ("GET", "/queue/item/1/api/json", &admin, "", 200),
        ("GET", "/queue/item/1/api/json", &blind, "", 404),
        ("GET", "/queue/item/99/api/json", &admin, "", 404),
        ("POST", "/queue/cancelItem?id=1", &reader, "", 422),
        ("POST", "/queue/cancelItem?id=1", &blind, "", 404),
        ("POST", "/queue/cancelItem?id=1", &admin, "", 204),
        ("POST", "/queue/cancelItem?id=1", &admin, "", 500),
        ("POST", "/queue/cancelItem?id=99", &admin, "", 404),
        ("GET", "/queue/cancelItem?id=2", &admin, "", 405),
        ("POST", "/job/plain/disable", &admin, "", 302),
        ("POST", "/job/plain/build", &admin, "", 409),
        ("GET", "/job/plain/build", &admin, "", 409),
        ("POST", "/job/plain/buildWithParameters", &form, "", 409),
    ]
    .map(|(method, path, headers, body, status)| (method, path, headers.clone(), body, status))
    {
        let server = held();
        let answer = send(server, method, path, &headers, body);
        assert_eq!(answer.status, status, "{method} {path} {body}");
        assert_eq!(answer.header("x-jenkins"), Some("2.579"));
        assert!(answer.header("x-jenkins-session").is_some());
        if status == 405 {
            assert_eq!(answer.header("allow"), Some("POST"), "{path}");
        }
        if status == 201 || status == 303 {
            let location = answer.header("location").unwrap();
            assert!(location.starts_with(&format!("{}queue/item/", server.url())), "{location}");
        }
    }
}

/// One server for a whole list of requests, of which nothing leaves the queue by itself.
fn held() -> &'static Server {
    static SERVER: std::sync::OnceLock<Server> = std::sync::OnceLock::new();
    SERVER.get_or_init(|| setup().executors(0).start().unwrap())
}

#[test]
fn an_item_waits_out_its_quiet_period_and_is_forgotten_after_five_minutes() {
    let server = setup().quiet_period(Duration::from_hours(1)).start().unwrap();
    let admin = login("admin", "11aa");
    assert_eq!(send(&server, "POST", "/job/plain/build", &admin, "").status, 201);
    let item = || send(&server, "GET", "/queue/item/1/api/json", &admin, "");
    let why = item().json().unwrap()["why"].as_str().unwrap().to_owned();
    assert!(why.starts_with("In the quiet period. Expires in "), "{why}");
    assert_eq!(item().json().unwrap()["_class"], "hudson.model.Queue$WaitingItem");

    server.advance(Duration::from_hours(1));
    server.wait_for_ended("plain", 1);
    let left = item().json().unwrap();
    assert_eq!(left["_class"], "hudson.model.Queue$LeftItem");
    assert_eq!(left["executable"]["number"], 1);
    server.advance(Duration::from_secs(299));
    assert_eq!(item().status, 200);
    server.advance(Duration::from_secs(2));
    assert_eq!(item().status, 404);

    let delay = send(&server, "POST", "/job/plain/build?delay=0sec", &admin, "");
    assert_eq!(delay.status, 201);
    assert_eq!(server.wait_for_ended("plain", 2)[1].queue_id, 2);
}

#[test]
fn a_job_may_run_a_program_and_shows_what_it_writes() {
    let touch = Job::new().parameter("HOST", "none").command(&[
        "/bin/sh",
        "-c",
        "echo cleaned $HOST in $JOB_NAME; test $HOST != broken",
    ]);
    let server = setup().job("runs", touch).start().unwrap();
    let form = format!("{}{FORM}", login("admin", "11aa"));
    for (host, result) in [("web1", BuildResult::Success), ("broken", BuildResult::Failure)] {
        let body = format!("HOST={host}");
        let before = server.builds("runs").len();
        send(&server, "POST", "/job/runs/buildWithParameters", &form, &body);
        let build = server.wait_for_ended("runs", before + 1).pop().unwrap();
        assert_eq!(build.result, Some(result));
        assert!(build.console.contains(&format!("cleaned {host} in runs\n")), "{}", build.console);
    }
}

#[test]
fn a_log_is_handed_out_from_where_it_was_read_to() {
    let server = setup().job(
        "talks",
        Job::new().runs(|run| {
            run.log("one\n");
            run.wait_for_stop();
            BuildResult::Success
        }),
    );
    let (server, admin) = (server.start().unwrap(), login("admin", "11aa"));
    send(&server, "POST", "/job/talks/build", &admin, "");
    server.wait_for_started("talks", 1);
    let from = |start: usize| {
        let path = format!("/job/talks/1/logText/progressiveText?start={start}");
        let answer = send(&server, "GET", &path, &admin, "");
        let size: usize = answer.header("x-text-size").unwrap().parse().unwrap();
        (answer.text(), size, answer.header("x-more-data") == Some("true"))
    };
    let (mut text, mut size, more) = from(0);
    assert!(more);
    send(&server, "POST", "/job/talks/1/stop", &admin, "");
    server.wait_for_ended("talks", 1);
    let (rest, end, more) = from(size);
    text.push_str(&rest);
    assert_eq!((text.as_str(), more), ("Started by user admin\none\nFinished: ABORTED\n", false));
    size = end;
    assert_eq!(from(size).0, "");
    assert_eq!(from(size + 1).0, text, "behind the end is the beginning");
}
