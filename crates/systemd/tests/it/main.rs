//! The client against a systemd of our own on the other end of a socket.

#![cfg(test)]

mod fake;

use std::time::Duration;

use fake::Fake;
use regain_systemd::{Bus, Client, Error, SocketCounters, Tasks, Unit};

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
