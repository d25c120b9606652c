//! From the queue to the result, to the log, and to the end by force.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use regain_healing::order::{
    Backend as _, Cancelled, Handle, JenkinsAction, JenkinsServer, LOG_BYTES_MAX, Order, Outcome,
    Progress, Triggered, UnstableIs,
};
use regain_tests::jenkins::{BuildResult, Job};

use super::errand::{CLEAN, ID, Workshop, build, jenkins, marked, order};

async fn start(shop: &Workshop, order: &Order) -> Handle {
    match shop.backends.trigger(order).await {
        Triggered::Started(handle) => handle,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_way_of_a_build_is_seen_stage_by_stage() {
    let (go, gate) = mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let job = marked().runs(move |_| {
        gate.lock().unwrap().recv().unwrap();
        BuildResult::Success
    });
    let jenkins = jenkins(job).executors(0).prefix("/ci").root_url("http://elsewhere.example/ci");
    let (server, shop) = (jenkins.start().unwrap(), Workshop::new());
    let order = order(build(shop.server(&server), CLEAN));
    let handle = start(&shop, &order).await;

    let Progress::Queued { handle, why } = shop.backends.poll(&order, &handle).await else {
        panic!("not queued")
    };
    assert_eq!(why, "Waiting for next available executor");
    let job = format!("{}job/production/job/clean/", server.url());
    assert_eq!(shop.backends.link(&order, &handle), Some(job.clone()));

    server.quiet_down(true);
    let Progress::Queued { handle, why } = shop.backends.poll(&order, &handle).await else {
        panic!("not queued")
    };
    assert_eq!(why, "Jenkins is about to shut down");

    server.quiet_down(false);
    server.set_executors(1);
    server.wait_for_started(CLEAN, 1);
    let Progress::Running { handle, note } = shop.backends.poll(&order, &handle).await else {
        panic!("not running")
    };
    assert_eq!(note, "build #1 of production/clean");
    assert_eq!(shop.backends.link(&order, &handle), Some(format!("{job}1/")));

    go.send(()).unwrap();
    server.wait_for_ended(CLEAN, 1);
    assert_eq!(shop.backends.poll(&order, &handle).await, Progress::Done(Outcome::Succeeded));
    server.set_starting(true);
    let progress = shop.backends.poll(&order, &handle).await;
    assert!(matches!(progress, Progress::Unreachable { .. }), "{progress:?}");
}

#[tokio::test]
async fn results_are_taken_for_what_they_are() {
    for (result, unstable, failure) in [
        (BuildResult::Success, UnstableIs::Failure, None),
        (BuildResult::Unstable, UnstableIs::Failure, Some("UNSTABLE")),
        (BuildResult::Unstable, UnstableIs::Success, None),
        (BuildResult::Failure, UnstableIs::Success, Some("FAILURE")),
        (BuildResult::NotBuilt, UnstableIs::Success, Some("NOT_BUILT")),
        (BuildResult::Aborted, UnstableIs::Success, Some("ABORTED")),
    ] {
        let (server, shop) =
            (jenkins(marked().runs(move |_| result)).start().unwrap(), Workshop::new());
        let order = order(JenkinsAction { unstable, ..build(shop.server(&server), CLEAN) });
        let handle = start(&shop, &order).await;
        let expected = failure.map_or(Outcome::Succeeded, |word| {
            Outcome::failed(format!("build #1 of production/clean ended as {word}"))
        });
        assert_eq!(shop.outcome(&order, handle).await, expected, "{result:?}");
    }
}

#[tokio::test]
async fn jobs_are_found_under_any_name_that_jenkins_allows() {
    for name in ["plain", "a/b/c/d", "with blank", "feature%2Fx", "größe", "a+b", "dot.dash-_~"] {
        let (server, shop) =
            (jenkins(marked()).job(name, marked()).start().unwrap(), Workshop::new());
        let order = order(build(shop.server(&server), name));
        let handle = start(&shop, &order).await;
        assert_eq!(shop.outcome(&order, handle).await, Outcome::Succeeded, "{name}");
        assert_eq!(server.builds(name).len(), 1, "{name}");
    }
}

#[tokio::test]
async fn the_end_of_a_log_is_shown_without_what_pages_hide_in_it() {
    let job = marked().runs(|run| {
        for number in 0..LOG_BYTES_MAX {
            run.log(&format!("line {number}\n"));
        }
        run.log("\u{1b}[8mha:////4Fzzz=\u{1b}[0mCleaned \u{1b}[32m5 GB\u{1b}[0m\n");
        BuildResult::Success
    });
    let (server, shop) = (jenkins(job).start().unwrap(), Workshop::new());
    let order = order(build(shop.server(&server), CLEAN));
    let handle = start(&shop, &order).await;
    assert_eq!(shop.backends.log(&order, &handle).await, None, "an item has no log");
    server.wait_for_ended(CLEAN, 1);
    let handle = Handle(format!("{handle} build=1"));

    let log = shop.backends.log(&order, &handle).await.unwrap();

    assert!(log.len() <= LOG_BYTES_MAX, "{}", log.len());
    assert!(log.starts_with("line "), "{log:.40}");
    assert!(log.ends_with("\nCleaned 5 GB\nFinished: SUCCESS\n"), "{log}");
}

#[tokio::test]
async fn an_order_is_stopped_wherever_it_is() {
    let patient = marked().runs(|run| {
        run.wait_for_stop();
        BuildResult::Success
    });
    let (server, shop) = (jenkins(patient).executors(0).start().unwrap(), Workshop::new());
    let login = JenkinsServer { stop_grace: Duration::from_mins(1), ..shop.server(&server) };
    let order = order(build(login, CLEAN));

    let handle = start(&shop, &order).await;
    assert_eq!(shop.backends.cancel(&order, &handle).await, Cancelled::Stopped);
    assert_eq!(server.queue(), Vec::<u64>::new());
    let cancelled = Outcome::failed("somebody cancelled it in Jenkins' queue");
    assert_eq!(shop.backends.poll(&order, &handle).await, Progress::Done(cancelled));

    server.set_executors(1);
    let handle = start(&shop, &order).await;
    server.wait_for_started(CLEAN, 1);
    assert_eq!(shop.backends.cancel(&order, &handle).await, Cancelled::Stopped);
    let builds = server.wait_for_ended(CLEAN, 1);
    assert_eq!(builds[0].result, Some(BuildResult::Aborted));

    let ended = shop.backends.cancel(&order, &Handle("build=1".to_owned())).await;
    let aborted = Outcome::failed("build #1 of production/clean ended as ABORTED");
    assert_eq!(ended, Cancelled::Ended(aborted));
}

#[tokio::test]
async fn a_pipeline_that_does_not_stop_is_terminated_and_killed() {
    let (go, gate) = mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let stubborn = Job::new().parameter(ID, "").pipeline().runs(move |_| {
        // Until the test is over.
        gate.lock().unwrap().recv().ok();
        BuildResult::Success
    });
    let (server, shop) = (jenkins(stubborn).start().unwrap(), Workshop::new());
    let order = order(build(shop.server(&server), CLEAN));
    let handle = start(&shop, &order).await;
    server.wait_for_started(CLEAN, 1);

    assert_eq!(shop.backends.cancel(&order, &handle).await, Cancelled::Stopped);

    let ways: Vec<String> = server
        .requests()
        .iter()
        .filter(|request| request.method == "POST" && request.target.contains("/1/"))
        .map(|request| request.target.rsplit('/').next().unwrap().to_owned())
        .collect();
    assert_eq!(ways, ["stop", "term", "kill"]);
    drop(go);
}

#[tokio::test]
async fn a_build_that_ended_before_it_could_be_stopped_tells_its_result() {
    let (server, shop) = (jenkins(marked()).start().unwrap(), Workshop::new());
    let order = order(build(shop.server(&server), CLEAN));
    let handle = start(&shop, &order).await;
    server.wait_for_ended(CLEAN, 1);
    let cancelled = shop.backends.cancel(&order, &handle).await;
    assert_eq!(cancelled, Cancelled::Ended(Outcome::Succeeded));
    server.advance(Duration::from_mins(6));
    let cancelled = shop.backends.cancel(&order, &handle).await;
    assert_eq!(cancelled, Cancelled::Ended(Outcome::Succeeded), "though the item is forgotten");
}
