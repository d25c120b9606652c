//! The client against a systemd of our own on the other end of a socket.

#![cfg(test)]

mod fake;

use std::time::Duration;

use fake::Fake;
use regain_systemd::{Bus, Client, Error, JobResult, SocketCounters, Tasks, Unit, UnitState, Verb};

const PATIENT: Duration = Duration::from_mins(1);

async fn unit(client: &Client, name: &str) -> Unit {
    let units = client.units().await.unwrap();
    units.into_iter().find(|unit| unit.name == name).unwrap()
}

#[tokio::test]
async fn reads_the_manager_and_every_unit() {
    let fake = Fake::start();
    let client = Client::new(fake.bus(), PATIENT);

    let manager = client.manager().await.unwrap();
    assert_eq!(manager.version.as_deref(), Some("252.39-1~deb12u1"));
    assert_eq!(manager.virtualization.as_deref(), Some("kvm"));
    assert_eq!(manager.system_state.as_deref(), Some("degraded"));

    let units = client.units().await.unwrap();
    let seen: Vec<(&str, &str, &str, &str)> = units
        .iter()
        .map(|unit| {
            (
                unit.name.as_str(),
                unit.load_state.as_str(),
                unit.active_state.as_str(),
                unit.suffix(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("app.service", "loaded", "active", "service"),
            ("web.socket", "loaded", "active", "socket"),
            ("daily.timer", "loaded", "inactive", "timer"),
            ("gone.service", "not-found", "inactive", "service"),
        ]
    );
    assert_eq!(fake.connections(), 1, "one connection serves every call");
}

#[tokio::test]
async fn reads_the_properties_each_type_has() {
    let fake = Fake::start();
    let client = Client::new(fake.bus(), PATIENT);

    let service = unit(&client, "app.service").await;
    assert_eq!(client.unit_type(&service).await.unwrap().as_deref(), Some("notify"));
    assert_eq!(client.restarts(&service).await.unwrap(), Some(3));
    assert_eq!(client.active_since_us(&service).await.unwrap(), Some(1_700_000_000_000_000));
    assert_eq!(
        client.tasks(&service).await.unwrap(),
        Tasks { current: Some(17), max: None },
        "no limit is not a number"
    );

    let socket = unit(&client, "web.socket").await;
    assert_eq!(client.unit_type(&socket).await.unwrap(), None);
    assert_eq!(
        client.socket_counters(&socket).await.unwrap(),
        SocketCounters { accepted: Some(9), current: Some(2), refused: None },
        "a systemd before 239 has no count of refused connections"
    );

    let timer = unit(&client, "daily.timer").await;
    assert_eq!(client.last_trigger_us(&timer).await.unwrap(), Some(1_600_000_000_000_000));
}

#[tokio::test]
async fn replaces_a_connection_that_broke_without_losing_the_call() {
    let fake = Fake::start();
    let client = Client::new(fake.bus(), PATIENT);
    client.units().await.unwrap();

    fake.hang_up().await;

    assert_eq!(client.units().await.unwrap().len(), 4);
    assert_eq!(fake.connections(), 2);
}

#[tokio::test]
async fn gives_up_on_a_systemd_that_does_not_answer() {
    let fake = Fake::start();
    fake.hang(true);
    let client = Client::new(fake.bus(), Duration::from_millis(20));

    assert!(matches!(client.units().await, Err(Error::TimedOut { .. })));

    fake.hang(false);
    let client = Client::new(fake.bus(), PATIENT);
    assert_eq!(client.units().await.unwrap().len(), 4);
}

#[tokio::test]
async fn says_so_when_there_is_no_systemd() {
    let dir = tempfile::tempdir().unwrap();
    let client = Client::new(Bus::Private(dir.path().join("private")), PATIENT);

    let error = client.manager().await.unwrap_err();

    assert!(error.is_unreachable(), "{error}");
}

#[tokio::test]
async fn a_job_is_heard_to_its_end_among_the_jobs_of_others() {
    let fake = Fake::start();
    let client = Client::new(fake.bus(), PATIENT);
    for (unit, result) in [
        ("app.service", JobResult::Done),
        ("broken.service", JobResult::Failed("failed".to_owned())),
    ] {
        let mut job = client.submit(unit, Verb::Restart).await.unwrap();
        assert_eq!(job.id(), 41);
        assert_eq!(job.result(PATIENT).await.unwrap(), Some(result));
    }
    let mut job = client.submit("app.service", Verb::Start).await.unwrap();
    assert_eq!(job.result(Duration::ZERO).await.unwrap(), None, "it goes on");

    let again = client.job(41, "app.service").await.unwrap().unwrap();
    assert_eq!(again.id(), 41);
    assert!(client.job(41, "other.service").await.unwrap().is_none());
    assert!(client.job(42, "app.service").await.unwrap().is_none());
}

#[tokio::test]
async fn a_refusal_is_certain_and_a_silence_is_not() {
    let fake = Fake::start();
    let client = Client::new(fake.bus(), PATIENT);
    let error = client.submit("nothing.service", Verb::Restart).await.unwrap_err();
    assert!(error.is_refusal() && error.is_without_effect(), "{error}");
    let error = client.cancel_job(41).await.unwrap_err();
    assert!(error.is_refusal(), "there is no such method here: {error}");

    fake.hang(true);
    let hasty = Client::new(fake.bus(), Duration::from_millis(20));
    let error = hasty.units().await.unwrap_err();
    assert!(!error.is_refusal() && !error.is_without_effect(), "{error}");
}

#[tokio::test]
async fn reads_the_state_of_one_unit() {
    let fake = Fake::start();
    let client = Client::new(fake.bus(), PATIENT);
    let state = client.unit_state("app.service").await.unwrap();
    let expected = UnitState {
        load_state: "loaded".to_owned(),
        active_state: "active".to_owned(),
        sub_state: "running".to_owned(),
        invocation: "0aff".to_owned(),
        changed_us: 1_700_000_000_000_001,
        job: Some(41),
    };
    assert_eq!(state, expected);
}

#[test]
fn verbs_are_read_as_they_are_written() {
    for verb in [Verb::Start, Verb::Stop, Verb::Restart, Verb::Reload, Verb::ResetFailedAndRestart]
    {
        assert_eq!(Verb::parse(&verb.to_string()), Some(verb));
    }
    assert_eq!(Verb::parse("kill"), None);
}
