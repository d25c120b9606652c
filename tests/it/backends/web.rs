//! One request to whatever listens.

use std::time::Duration;

use regain_healing::order::{
    Action, Backend as _, Found, Handle, HttpAction, Order, Outcome, Progress, Triggered,
};
use regain_http::ClientConfig;
use regain_http::client::config::{BasicAuth, Secret};
use regain_tests::jenkins::{Fault, Jenkins, Server, Trouble, User};

use super::errand::{Workshop, attempt, label};

fn action(server: &Server) -> HttpAction {
    HttpAction {
        url: HttpAction::check_url(&format!("{}hook", server.url())).unwrap(),
        path: Vec::new(),
        query: Vec::new(),
        method: "POST".parse().unwrap(),
        headers: Vec::new(),
        body: None,
        http: ClientConfig::default(),
        idempotent: false,
        timeout: HttpAction::TIMEOUT,
    }
}

fn order(action: HttpAction, number: u32) -> Order {
    attempt(Action::Http(Box::new(action)), &[("instance", "web/1?x#y"), ("job", "a&b")], number)
}

/// Something that listens, and answers with what a fault says.
fn listener() -> Server {
    Jenkins::new().user(User::new("healer", "hunter2")).without_crumbs().start().unwrap()
}

#[tokio::test]
async fn the_status_is_the_outcome_and_what_is_lost_stays_unknown() {
    let (server, shop) = (listener(), Workshop::new());
    let unknown = |found: &Found| matches!(found, Found::Unknown { .. });
    let done = |found: &Found| matches!(found, Found::Done(_, Outcome::Succeeded));
    let nothing = |found: &Found| *found == Found::Nothing;
    for (number, trouble, expected, found) in [
        (1, Trouble::StatusBefore(200), "Done", done as fn(&Found) -> bool),
        (2, Trouble::StatusBefore(204), "Done", done),
        (3, Trouble::StatusBefore(400), "Refused { why: \"the server answered 400 Bad", nothing),
        (4, Trouble::StatusBefore(429), "retryable: true", nothing),
        (5, Trouble::StatusBefore(500), "Unknown", unknown),
        (6, Trouble::StatusBefore(503), "Unknown", unknown),
        (7, Trouble::HangUpAfter, "Unknown", unknown),
        (8, Trouble::HangUpBefore, "Unknown", unknown),
        (9, Trouble::HalfAnswer, "Unknown", unknown),
    ] {
        server.inject(Fault::post("/hook", trouble.clone()));
        let order = order(action(&server), number);
        assert_eq!(shop.backends.lookup(&order).await, Found::Nothing, "it was never sent");
        let triggered = format!("{:?}", shop.backends.trigger(&order).await);
        assert!(triggered.contains(expected), "{trouble:?}: {triggered}");
        for backends in [&shop.backends, &shop.restarted()] {
            let answer = backends.lookup(&order).await;
            assert!(found(&answer), "{trouble:?}: {answer:?}");
        }
    }
    drop(server);
}

#[tokio::test]
async fn a_request_is_sent_once_unless_the_server_tells_two_apart() {
    let (server, shop) = (listener(), Workshop::new());
    for (number, idempotent, sent) in [(1, false, 1), (2, true, 2)] {
        let order = order(HttpAction { idempotent, ..action(&server) }, number);
        server.inject(Fault::post("/hook", Trouble::HangUpAfter));
        server.inject(Fault::post("/hook", Trouble::StatusBefore(200)));
        let before = server.requests().len();
        assert!(matches!(shop.backends.trigger(&order).await, Triggered::Unknown { .. }));
        let again = shop.backends.trigger(&order).await;
        assert_eq!(matches!(again, Triggered::Done(_)), idempotent, "{again:?}");
        assert_eq!(server.requests().len() - before, sent);
        if idempotent {
            let progress = shop.backends.poll(&order, &Handle(String::new())).await;
            assert_eq!(progress, Progress::Done(Outcome::Succeeded));
        } else {
            // Takes the answer that nobody asked for.
            shop.backends.trigger(&self::order(action(&server), 100)).await;
        }
    }
}

#[tokio::test]
async fn pitfall_17_labels_fill_segments_and_fields_and_cannot_leave_them() {
    let (server, shop) = (listener(), Workshop::new());
    let hostile = HttpAction {
        path: vec![label("instance", ".*")],
        query: vec![("job".to_owned(), label("job", ".*"))],
        ..action(&server)
    };
    shop.backends.trigger(&order(hostile.clone(), 1)).await;
    assert_eq!(server.requests()[0].target, "/hook/web%2F1%3Fx%23y?job=a%26b");
    for (number, step) in (2..).zip(["..", ".", ""]) {
        let mut order = order(hostile.clone(), number);
        order.labels = regain_model::Labels::from_pairs([("instance", step), ("job", "x")]);
        let triggered = shop.backends.trigger(&order).await;
        assert!(matches!(triggered, Triggered::Refused { retryable: false, .. }), "{triggered:?}");
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn pitfall_18_a_redirect_takes_neither_login_nor_body_along() {
    let (server, elsewhere, shop) = (listener(), listener(), Workshop::new());
    let basic_auth = Some(BasicAuth {
        username: "healer".to_owned(),
        password: Secret::new("hunter2"),
        ..BasicAuth::default()
    });
    let http = ClientConfig { basic_auth, ..ClientConfig::default() };
    for (number, status) in (1..).zip([301, 302, 303, 307, 308]) {
        let to = format!("{}hook", elsewhere.url());
        server.inject(Fault::post("/hook", Trouble::Redirect(status, to)));
        let order = order(HttpAction { http: http.clone(), ..action(&server) }, number);
        let triggered = shop.backends.trigger(&order).await;
        let Triggered::Refused { why, .. } = triggered else { panic!("{triggered:?}") };
        assert!(why.ends_with("redirects are not followed"), "{why}");
    }
    assert_eq!(elsewhere.requests(), []);
    assert!(server.requests().iter().all(|request| request.authorization.is_some()));
}

#[tokio::test]
async fn nobody_who_listens_is_a_refusal_and_silence_is_not() {
    let (server, shop) = (listener(), Workshop::new());
    let silent = HttpAction { timeout: Duration::from_millis(200), ..action(&server) };
    server.inject(Fault::post("/hook", Trouble::Silence));
    let order = order(silent.clone(), 1);
    assert!(matches!(shop.backends.trigger(&order).await, Triggered::Unknown { .. }));

    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", free.local_addr().unwrap());
    drop(free);
    let url = HttpAction::check_url(&url).unwrap();
    let order = self::order(HttpAction { url, ..silent }, 2);
    let triggered = shop.backends.trigger(&order).await;
    assert!(matches!(triggered, Triggered::Refused { retryable: true, .. }), "{triggered:?}");
    assert_eq!(shop.backends.lookup(&order).await, Found::Nothing);
}
