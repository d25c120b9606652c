//! Answers, items and servers that get lost: nothing is built twice, and nothing is believed too early.

use std::sync::Arc;
use std::time::Duration;

use regain_healing::order::{
    Backend as _, Found, Handle, JenkinsServer, Order, Outcome, Progress, Triggered,
};
use regain_tests::jenkins::{BuildResult, Fault, Job, Server, Trouble};

use super::errand::{CLEAN, ID, Workshop, attempt, build, jenkins, marked, order};

fn started(triggered: Triggered) -> Handle {
    match triggered {
        Triggered::Started(handle) => handle,
        other => panic!("{other:?}"),
    }
}

fn found(found: Found) -> Handle {
    match found {
        Found::Running(handle) | Found::Done(handle, _) => handle,
        other => panic!("{other:?}"),
    }
}

fn is_unknown(found: &Found) -> bool {
    matches!(found, Found::Unknown { .. })
}

fn is_ours(server: &Server, order: &Order) {
    let builds = server.wait_for_ended(CLEAN, 1);
    assert_eq!(builds.len(), 1, "exactly one build");
    assert_eq!(builds[0].parameters[ID], order.id.as_str());
}

#[tokio::test]
async fn pitfall_05_timeout_after_acceptance_is_reconciled() {
    for trouble in [
        Trouble::HangUpAfter,
        Trouble::HalfAnswer,
        Trouble::Silence,
        Trouble::StatusAfter(500),
        Trouble::StatusAfter(502),
        Trouble::StatusAfter(503),
    ] {
        let (server, shop) = (jenkins(marked()).start().unwrap(), Workshop::new());
        let timeout = match trouble {
            Trouble::Silence => Duration::from_millis(300),
            _ => JenkinsServer::TIMEOUT,
        };
        let order = order(build(JenkinsServer { timeout, ..shop.server(&server) }, CLEAN));
        server.inject(Fault::post("/buildWithParameters", trouble.clone()));

        let triggered = shop.backends.trigger(&order).await;

        assert!(matches!(triggered, Triggered::Unknown { .. }), "{trouble:?}: {triggered:?}");
        let handle = found(shop.backends.lookup(&order).await);
        assert_eq!(shop.outcome(&order, handle).await, Outcome::Succeeded, "{trouble:?}");
        is_ours(&server, &order);
    }
}

#[tokio::test]
async fn pitfall_05_what_never_arrived_is_not_found_and_may_be_sent_again() {
    for trouble in [Trouble::HangUpBefore, Trouble::StatusBefore(502), Trouble::StatusBefore(503)] {
        let (server, shop) = (jenkins(marked()).start().unwrap(), Workshop::new());
        let order = order(build(shop.server(&server), CLEAN));
        server.inject(Fault::post("/buildWithParameters", trouble.clone()));

        let triggered = shop.backends.trigger(&order).await;
        assert!(matches!(triggered, Triggered::Unknown { .. }), "{trouble:?}: {triggered:?}");
        assert_eq!(shop.backends.lookup(&order).await, Found::Nothing, "{trouble:?}");

        let handle = started(shop.backends.trigger(&order).await);
        assert_eq!(shop.outcome(&order, handle).await, Outcome::Succeeded);
        is_ours(&server, &order);
    }
}

#[tokio::test]
async fn pitfall_05_a_server_that_cannot_be_asked_leaves_the_question_open() {
    let (server, shop) = (jenkins(marked()).start().unwrap(), Workshop::new());
    let order = order(build(shop.server(&server), CLEAN));
    server.inject(Fault::post("/buildWithParameters", Trouble::HangUpAfter));
    assert!(matches!(shop.backends.trigger(&order).await, Triggered::Unknown { .. }));

    server.set_starting(true);
    assert!(is_unknown(&shop.backends.lookup(&order).await));
    server.set_starting(false);
    found(shop.backends.lookup(&order).await);

    let gone = order.clone();
    drop(server);
    assert!(is_unknown(&shop.backends.lookup(&gone).await));
}

#[tokio::test]
async fn pitfall_05_without_an_id_only_what_did_not_happen_is_certain() {
    let (server, shop) = (jenkins(Job::new()).start().unwrap(), Workshop::new());
    let order = order(build(shop.server(&server), CLEAN));
    assert_eq!(shop.backends.lookup(&order).await, Found::Nothing);

    server.inject(Fault::post("/build", Trouble::HangUpAfter));
    assert!(matches!(shop.backends.trigger(&order).await, Triggered::Unknown { .. }));
    server.wait_for_ended(CLEAN, 1);
    assert!(is_unknown(&shop.backends.lookup(&order).await), "it may be somebody else's");

    // Once the intent is much younger than the build, the build cannot be its own.
    let mut later = order.clone();
    later.intended_at += Duration::from_mins(10);
    assert_eq!(shop.backends.lookup(&later).await, Found::Nothing);
}

#[tokio::test]
async fn pitfall_05_the_cause_carries_the_id_where_the_job_has_a_token() {
    let job = Job::new().token("let-me-in");
    let (server, shop) = (jenkins(job).start().unwrap(), Workshop::new());
    shop.write("build-token", "let-me-in\n");
    let action = build(shop.server(&server), CLEAN);
    let order = order(regain_healing::order::JenkinsAction {
        build_token_file: Some(shop.file("build-token")),
        ..action
    });
    server.inject(Fault::post("/build", Trouble::HangUpAfter));
    assert!(matches!(shop.backends.trigger(&order).await, Triggered::Unknown { .. }));

    let handle = found(shop.backends.lookup(&order).await);

    assert_eq!(shop.outcome(&order, handle).await, Outcome::Succeeded);
    let builds = server.builds(CLEAN);
    assert_eq!(builds.len(), 1);
    assert!(builds[0].causes[0].ends_with(&format!("with note: regain:{}", order.id)));
}

#[tokio::test]
async fn pitfall_08_a_forgotten_queue_item_leads_to_its_build() {
    let (server, shop) = (jenkins(marked()).start().unwrap(), Workshop::new());
    let order = order(build(shop.server(&server), CLEAN));
    let handle = started(shop.backends.trigger(&order).await);
    server.wait_for_ended(CLEAN, 1);

    server.advance(Duration::from_mins(6));

    assert_eq!(shop.outcome(&order, handle).await, Outcome::Succeeded);
    let asked = server.requests();
    let item = asked.iter().find(|request| request.target.starts_with("/queue/item/")).unwrap();
    assert_eq!(item.status, 404, "the item is forgotten");
}

#[tokio::test]
async fn pitfall_08_after_a_restart_the_number_of_an_item_may_be_anothers() {
    let job = marked();
    let jenkins = jenkins(job.clone()).job("other", job).executors(0);
    let (server, shop) = (jenkins.start().unwrap(), Workshop::new());
    let ours = order(build(shop.server(&server), CLEAN));
    let handle = started(shop.backends.trigger(&ours).await);

    server.restart(false);
    let other = attempt_of("other", &shop, &server, 2);
    let others = started(shop.backends.trigger(&other).await);
    let item = |handle: &Handle| handle.0.split(' ').next().unwrap().to_owned();
    assert_eq!(item(&handle), item(&others), "the numbers begin anew");

    let progress = shop.backends.poll(&ours, &handle).await;
    assert!(matches!(progress, Progress::Lost { .. }), "{progress:?}");
    assert_eq!(shop.backends.lookup(&ours).await, Found::Nothing);
}

#[tokio::test]
async fn pitfall_08_a_build_survives_the_restart_that_its_item_does_not() {
    let (server, shop) = (jenkins(marked()).start().unwrap(), Workshop::new());
    let order = order(build(shop.server(&server), CLEAN));
    let handle = started(shop.backends.trigger(&order).await);
    server.wait_for_ended(CLEAN, 1);
    server.restart(false);
    assert_eq!(shop.outcome(&order, handle).await, Outcome::Succeeded);
}

#[tokio::test]
async fn pitfall_08_an_equal_item_in_the_queue_is_the_same_one() {
    let (server, shop) = (jenkins(marked()).executors(0).start().unwrap(), Workshop::new());
    let order = order(build(shop.server(&server), CLEAN));
    let first = started(shop.backends.trigger(&order).await);
    let second = started(shop.backends.trigger(&order).await);
    assert_eq!(first, second);
    let posts: Vec<u16> = server
        .requests()
        .iter()
        .filter(|request| request.method == "POST")
        .map(|request| request.status)
        .collect();
    assert_eq!(posts, [201, 303]);

    server.set_executors(1);
    assert_eq!(shop.outcome(&order, first).await, Outcome::Succeeded);
    is_ours(&server, &order);
}

#[tokio::test]
async fn pitfall_08_builds_that_were_thrown_away_make_the_answer_unknown() {
    let (server, shop) = (jenkins(marked()).start().unwrap(), Workshop::new());
    let order = order(build(shop.server(&server), CLEAN));
    // More builds than one answer lists, all after the intent.
    for number in 2..=102 {
        let other = attempt_of(CLEAN, &shop, &server, number);
        started(shop.backends.trigger(&other).await);
        server.wait_for_ended(CLEAN, number as usize - 1);
    }
    assert!(is_unknown(&shop.backends.lookup(&order).await));
}

fn attempt_of(job: &str, shop: &Workshop, server: &Server, number: u32) -> Order {
    let action = build(shop.server(server), job);
    attempt(regain_healing::order::Action::Jenkins(Box::new(action)), &[], number)
}

#[tokio::test]
async fn two_orders_for_one_job_are_told_apart() {
    let fails = marked().runs(|run| match run.number {
        1 => BuildResult::Failure,
        _ => BuildResult::Success,
    });
    let (server, shop) = (jenkins(fails).start().unwrap(), Workshop::new());
    let shop = Arc::new(shop);
    let (one, two) = (attempt_of(CLEAN, &shop, &server, 1), attempt_of(CLEAN, &shop, &server, 2));
    started(shop.backends.trigger(&one).await);
    server.wait_for_ended(CLEAN, 1);
    started(shop.backends.trigger(&two).await);
    server.wait_for_ended(CLEAN, 2);
    let Found::Done(_, first) = shop.backends.lookup(&one).await else { panic!("not found") };
    let Found::Done(_, second) = shop.backends.lookup(&two).await else { panic!("not found") };
    assert_eq!(first, Outcome::failed("build #1 of production/clean ended as FAILURE"));
    assert_eq!(second, Outcome::Succeeded);
}
