//! Units of a systemd of our own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use regain_healing::order::{
    Action, AllowList, Backend as _, Cancelled, Found, Handle, Order, Outcome, Progress,
    SystemdAction, Triggered, UnitChoice, UnitName,
};
use regain_systemd::{Bus, Client, JobResult, UnitState, Verb};
use regain_tests::systemd::UserManager;
use tempfile::TempDir;

use super::errand::{Workshop, attempt, order_of};

const PATIENCE: Duration = Duration::from_mins(1);

const UNITS: &[(&str, &str)] = &[
    ("app.service", "[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/true\n"),
    ("broken.service", "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/false\n"),
    // Starts for as long as somebody holds the pipe closed.
    ("slow.service", "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/cat %h/gate\n"),
    (
        "limited.service",
        "[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=1\n\
        [Service]\nExecStart=/bin/sleep infinity\n",
    ),
];

struct Host {
    // Before the directory, which it still uses while it stops.
    manager: UserManager,
    shop: Workshop,
    dir: TempDir,
    /// Each order has an id of its own.
    orders: AtomicU32,
}

impl Host {
    /// A host with the units; nothing where there can be none.
    #[expect(clippy::print_stderr, reason = "a skipped proof has to show")]
    fn start() -> Option<Self> {
        if !UserManager::is_possible() {
            eprintln!("SKIPPED: this host can start no systemd of its own");
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let manager = UserManager::start(dir.path(), UNITS).unwrap();
        Some(Self { manager, shop: Workshop::new(), dir, orders: AtomicU32::new(1000) })
    }

    fn client(&self) -> Client {
        Client::new(self.bus(), PATIENCE)
    }

    fn bus(&self) -> Bus {
        Bus::Private(self.manager.socket())
    }

    fn order(&self, verb: Verb, unit: &str) -> Order {
        self.attempt(verb, unit, self.orders.fetch_add(1, Ordering::SeqCst))
    }

    fn attempt(&self, verb: Verb, unit: &str, number: u32) -> Order {
        let unit = UnitChoice::Fixed(UnitName::parse(unit).unwrap());
        attempt(Action::Systemd(SystemdAction { unit, verb, bus: self.bus() }), &[], number)
    }

    async fn state(&self, unit: &str) -> UnitState {
        self.client().unit_state(unit).await.unwrap()
    }

    async fn trigger(&self, verb: Verb, unit: &str) -> Triggered {
        self.shop.backends.trigger(&self.order(verb, unit)).await
    }
}

#[tokio::test]
async fn a_dead_unit_is_restarted_and_an_active_one_is_another_afterwards() {
    let Some(host) = Host::start() else { return };
    assert_eq!(host.state("app.service").await.active_state, "inactive");
    let done = Triggered::Done(Outcome::Succeeded);

    assert_eq!(host.trigger(Verb::Restart, "app.service").await, done);
    let first = host.state("app.service").await;
    assert_eq!((first.active_state.as_str(), first.sub_state.as_str()), ("active", "running"));

    assert_eq!(host.trigger(Verb::Restart, "app.service").await, done);
    let second = host.state("app.service").await;
    assert_eq!(second.active_state, "active");
    assert_ne!(second.invocation, first.invocation);

    assert_eq!(host.trigger(Verb::Reload, "app.service").await, done);
    assert_eq!(host.state("app.service").await.invocation, second.invocation);

    assert_eq!(host.trigger(Verb::Stop, "app.service").await, done);
    assert_eq!(host.state("app.service").await.active_state, "inactive");
    assert_eq!(host.manager.systemctl(&["is-active", "app.service"]).unwrap(), "inactive");
}

#[tokio::test]
async fn a_job_that_fails_says_how() {
    let Some(host) = Host::start() else { return };
    let Triggered::Done(Outcome::Failed { why }) =
        host.trigger(Verb::Restart, "broken.service").await
    else {
        panic!("a broken unit cannot start")
    };
    assert_eq!(
        why,
        "systemd's job to restart broken.service ended as failed, the unit is failed (failed)"
    );
    for unit in ["nothing.service", "app@1.service"] {
        let triggered = host.trigger(Verb::Restart, unit).await;
        let Triggered::Refused { why, retryable: false } = triggered else {
            panic!("{unit}: {triggered:?}")
        };
        assert_eq!(why, format!("unit {unit} is not-found"));
    }
}

#[tokio::test]
async fn a_unit_that_started_too_often_starts_again_once_its_failure_is_cleared() {
    let Some(host) = Host::start() else { return };
    let done = Triggered::Done(Outcome::Succeeded);
    assert_eq!(host.trigger(Verb::Restart, "limited.service").await, done);
    let again = host.trigger(Verb::Restart, "limited.service").await;
    assert!(matches!(again, Triggered::Done(Outcome::Failed { .. })), "{again:?}");
    assert_eq!(host.trigger(Verb::ResetFailedAndRestart, "limited.service").await, done);
    assert_eq!(host.state("limited.service").await.active_state, "active");
}

#[tokio::test]
async fn a_long_job_is_followed_under_its_number_and_can_be_cancelled() {
    let Some(host) = Host::start() else { return };
    let gate = host.dir.path().join("gate");
    let made = std::process::Command::new("mkfifo").arg(&gate).status().unwrap();
    assert!(made.success());
    let order = host.order(Verb::Restart, "slow.service");
    let backends = &host.shop.backends;

    let triggered = backends.trigger(&order).await;
    let Triggered::Started(handle) = triggered else { panic!("{triggered:?}") };
    let progress = backends.poll(&order, &handle).await;
    assert!(matches!(progress, Progress::Running { .. }), "{progress:?}");
    let found = backends.lookup(&order).await;
    assert!(matches!(found, Found::Running(_)), "{found:?}");
    // Opening the pipe lets the unit go on.
    std::fs::OpenOptions::new().write(true).open(&gate).unwrap();
    let mut handle = handle;
    let outcome = loop {
        match backends.poll(&order, &handle).await {
            Progress::Running { handle: next, .. } => handle = next,
            Progress::Done(outcome) => break outcome,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(outcome, Outcome::Succeeded);
    assert_eq!(host.state("slow.service").await.active_state, "active");

    let order = host.order(Verb::Restart, "slow.service");
    let triggered = backends.trigger(&order).await;
    let Triggered::Started(handle) = triggered else { panic!("{triggered:?}") };
    assert_eq!(backends.cancel(&order, &handle).await, Cancelled::Stopped);
    let progress = backends.poll(&order, &handle).await;
    assert!(matches!(progress, Progress::Done(Outcome::Failed { .. })), "{progress:?}");
}

#[tokio::test]
async fn after_a_crash_the_mark_tells_whether_a_unit_was_touched() {
    let Some(host) = Host::start() else { return };
    let backends = &host.shop.backends;
    let submit = async |verb| {
        let mut job = host.client().submit("app.service", verb).await.unwrap();
        assert_eq!(job.result(PATIENCE).await.unwrap(), Some(JobResult::Done));
    };
    submit(Verb::Start).await;

    let restart = host.order(Verb::Restart, "app.service");
    assert_eq!(backends.lookup(&restart).await, Found::Nothing, "there is no mark");
    assert!(matches!(backends.trigger(&restart).await, Triggered::Done(_)));
    let found = backends.lookup(&restart).await;
    assert!(matches!(found, Found::Done(_, Outcome::Succeeded)), "{found:?}");
    let before = host.state("app.service").await;
    let again = backends.trigger(&restart).await;
    assert!(matches!(again, Triggered::Unknown { .. }), "one id is one restart: {again:?}");
    assert_eq!(host.state("app.service").await, before);

    // The crash came between the mark and the record of the job.
    let restart = host.attempt(Verb::Restart, "app.service", 2);
    host.shop.write(&format!("marks/{}", restart.id), "intended 0\n");
    let found = backends.lookup(&restart).await;
    assert!(matches!(found, Found::Unknown { .. }), "nothing changed since: {found:?}");
    submit(Verb::Restart).await;
    let found = backends.lookup(&restart).await;
    assert!(matches!(found, Found::Done(_, Outcome::Succeeded)), "{found:?}");
    submit(Verb::Stop).await;
    let found = backends.lookup(&restart).await;
    assert!(matches!(found, Found::Unknown { .. }), "somebody stopped it: {found:?}");
}

#[tokio::test]
async fn pitfall_17_a_label_names_allowed_units_and_nothing_else() {
    let Some(host) = Host::start() else { return };
    let names = vec![UnitName::parse("app.service").unwrap()];
    let allow = AllowList { names, patterns: Vec::new() };
    for (name, allowed) in [
        ("app.service", true),
        ("app", false),
        ("limited.service", false),
        ("../app.service", false),
        ("app.service\n", false),
        ("app.service;reboot.target", false),
        ("reboot.target", false),
        ("app@.service", false),
    ] {
        let unit = UnitChoice::Label { label: "name".to_owned(), allow: allow.clone() };
        let action = SystemdAction { unit, verb: Verb::Restart, bus: host.bus() };
        let order = order_of(Action::Systemd(action), &[("name", name)]);
        let triggered = host.shop.backends.trigger(&order).await;
        assert_eq!(matches!(triggered, Triggered::Done(_)), allowed, "{name}: {triggered:?}");
    }
    assert_eq!(host.state("limited.service").await.active_state, "inactive");
}

#[tokio::test]
async fn without_a_systemd_nothing_starts_and_it_may_come_back() {
    let shop = Workshop::new();
    let bus = Bus::Private(shop.file("nothing"));
    let unit = UnitChoice::Fixed(UnitName::parse("app.service").unwrap());
    let order = order_of(Action::Systemd(SystemdAction { unit, verb: Verb::Restart, bus }), &[]);
    let triggered = shop.backends.trigger(&order).await;
    assert!(matches!(triggered, Triggered::Refused { retryable: true, .. }), "{triggered:?}");
    assert_eq!(shop.backends.lookup(&order).await, Found::Nothing);
    let handle = Handle("job=1 before=".to_owned());
    let progress = shop.backends.poll(&order, &handle).await;
    assert!(matches!(progress, Progress::Unreachable { .. }), "{progress:?}");
}

#[tokio::test]
async fn the_result_of_a_job_is_heard_though_another_client_ordered_it() {
    let Some(host) = Host::start() else { return };
    let gate = host.dir.path().join("gate");
    assert!(std::process::Command::new("mkfifo").arg(&gate).status().unwrap().success());
    let client = host.client();
    let first = client.submit("slow.service", Verb::Start).await.unwrap();
    let mut second = client.job(first.id(), "slow.service").await.unwrap().unwrap();
    assert!(client.job(first.id(), "app.service").await.unwrap().is_none(), "not this unit's");
    assert_eq!(second.result(Duration::ZERO).await.unwrap(), None);
    std::fs::OpenOptions::new().write(true).open(&gate).unwrap();
    assert_eq!(second.result(PATIENCE).await.unwrap(), Some(JobResult::Done));
    assert!(client.job(first.id(), "slow.service").await.unwrap().is_none(), "it has ended");
}
