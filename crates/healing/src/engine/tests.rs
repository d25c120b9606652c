use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use jiff::Timestamp;
use regain_alerting::{Alert, Annotations, Clock};
use regain_metrics::Registry;
use regain_model::{Labels, Matcher};
use regain_storage::fs::MemFs;
use tokio::time::Instant;

use super::{EscalationError, EscalationSink, Healing, Surroundings};
use crate::journal::AuditQuery;
use crate::machine::{Decision, Escalation, Pause, Scope, State};
use crate::order::{
    Action, Backend, Cancelled, CommandAction, ExecutionId, Found, Handle, Order, Outcome,
    Progress, Triggered,
};
use crate::settings::{
    CancelOnResolve, Limits, Mode, Observation, Remediation, Remediations, Step, StepKind,
    Suppression, When,
};
use crate::verify::{Ask, AskError, Samples};

/// A backend that counts, and takes a second for an action.
#[derive(Debug, Default)]
struct Counting(Mutex<BTreeMap<ExecutionId, u32>>);

impl Backend for Counting {
    fn trigger<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Triggered> {
        *self.0.lock().unwrap().entry(order.id.clone()).or_default() += 1;
        ready(Triggered::Started(Handle("h".to_owned()))).boxed()
    }

    fn lookup<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Found> {
        let known = self.0.lock().unwrap().contains_key(&order.id);
        let found = Found::Running(Handle("h".to_owned()));
        ready(if known { found } else { Found::Nothing }).boxed()
    }

    fn poll<'a>(&'a self, _: &'a Order, _: &'a Handle) -> BoxFuture<'a, Progress> {
        ready(Progress::Done(Outcome::Succeeded)).boxed()
    }

    fn cancel<'a>(&'a self, _: &'a Order, _: &'a Handle) -> BoxFuture<'a, Cancelled> {
        ready(Cancelled::Stopped).boxed()
    }

    fn log<'a>(&'a self, _: &'a Order, _: &'a Handle) -> BoxFuture<'a, Option<String>> {
        ready(Some("restarted".to_owned())).boxed()
    }

    fn link(&self, _: &Order, _: &Handle) -> Option<String> {
        Some("http://build/7".to_owned())
    }
}

/// Says that everything is up, with a sample of this moment.
#[derive(Debug)]
struct Up;

impl Ask for Up {
    fn ask<'a>(
        &'a self,
        expr: &'a str,
        time: Timestamp,
    ) -> BoxFuture<'a, Result<Samples, AskError>> {
        let taken_s = time.as_millisecond() as f64 / 1000.0;
        let value = if expr.starts_with("timestamp(") { taken_s } else { 1.0 };
        ready(Ok(vec![(Labels::empty(), time, value)])).boxed()
    }
}

#[derive(Debug, Default)]
struct People(Mutex<Vec<String>>);

impl EscalationSink for People {
    fn escalate<'a>(
        &'a self,
        escalation: &'a Escalation,
    ) -> BoxFuture<'a, Result<(), EscalationError>> {
        self.0.lock().unwrap().push(escalation.title.clone());
        ready(Ok(())).boxed()
    }
}

struct House {
    fs: MemFs,
    backend: Arc<Counting>,
    began: Instant,
    registry: Registry,
}

impl House {
    fn new() -> Self {
        Self {
            fs: MemFs::new(),
            backend: Arc::default(),
            began: Instant::now(),
            registry: Registry::new(),
        }
    }

    fn now(&self) -> Timestamp {
        at(self.began)
    }

    async fn open(&self) -> Healing {
        let began = self.began;
        let surroundings = Surroundings {
            fs: Arc::new(self.fs.clone()),
            dir: PathBuf::from("/healing"),
            backend: Arc::clone(&self.backend) as Arc<dyn Backend>,
            asker: Arc::new(Up),
            sink: Arc::new(People::default()),
            clock: Clock::new(move || at(began)),
            registry: self.registry.clone(),
        };
        Healing::open(settings(), surroundings).await.unwrap()
    }

    fn triggers(&self) -> u32 {
        self.backend.0.lock().unwrap().values().sum()
    }

    fn alert(&self, firing: bool) -> Observation {
        let labels = [("alertname", "Ill"), ("instance", "a"), ("selfhealing", "true")];
        let alert = Alert {
            labels: Labels::from_pairs(labels),
            annotations: Annotations::new(),
            starts_at: at_second(0),
            ends_at: None,
            generator_url: String::new(),
            updated_at: self.now(),
            timeout: false,
        };
        Observation { alert, firing, suppression: Suppression::default() }
    }
}

fn at_second(second: u64) -> Timestamp {
    let begin = Timestamp::from_second(1_800_000_000).unwrap();
    begin.checked_add(Duration::from_secs(second)).unwrap()
}

fn at(began: Instant) -> Timestamp {
    at_second(0).checked_add(began.elapsed()).unwrap()
}

fn settings() -> Remediations {
    let action = Action::Command(CommandAction {
        program: "/bin/restart".into(),
        arguments: Vec::new(),
        env: BTreeMap::new(),
        cwd: "/".into(),
        grace: CommandAction::GRACE,
    });
    let remediation = Remediation {
        name: "app".into(),
        matchers: vec![Matcher::equal("selfhealing", "true")],
        target: vec!["instance".to_owned()],
        mode: Mode::Auto,
        when: When::default(),
        limits: Limits::default(),
        cancel_on_resolve: CancelOnResolve::default(),
        steps: vec![Step::new(StepKind::Act(Arc::new(action)))],
        escalate_to: Some("people".into()),
        replaces: None,
    };
    Remediations { list: vec![Arc::new(remediation)], ..Remediations::default() }
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn heals_proves_it_and_says_so() {
    let house = House::new();
    let healing = house.open().await;
    healing.observe_all(vec![house.alert(true)]).await;
    pass(5).await;
    healing.observe_all(Vec::new()).await;
    pass(60).await;
    let view = healing.view();
    let run = &view.runs[0];
    assert_eq!((run.state(), house.triggers()), (State::Succeeded, 1));
    assert_eq!(
        (run.link.as_deref(), run.log.as_deref()),
        (Some("http://build/7"), Some("restarted"))
    );
    let states: Vec<State> = run.stages.iter().map(|stage| stage.state).collect();
    assert_eq!(states.first(), Some(&State::Scheduled));
    assert_eq!(states.last(), Some(&State::Succeeded));
    assert!(states.contains(&State::Verifying), "{states:?}");
    assert_eq!((view.remediations[0].succeeded, view.remediations[0].limits[0].1), (1, 1));
    let audit = healing.audit(AuditQuery { limit: 100, ..AuditQuery::default() }).await;
    let decisions: Vec<Decision> = audit.entries.iter().rev().map(|one| one.decision).collect();
    let course = [Decision::Started, Decision::Triggered, Decision::Acted, Decision::Verified];
    assert_eq!(decisions.iter().filter(|one| course.contains(one)).count(), 4, "{decisions:?}");
    healing.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_across_a_restart() {
    let house = House::new();
    let healing = house.open().await;
    let pause = Pause {
        scope: Scope::Remediation("app".into()),
        by: "eve".to_owned(),
        reason: "release".to_owned(),
        since: house.now(),
        until: None,
    };
    healing.pause(pause).await.unwrap();
    healing.stop().await;
    let healing = house.open().await;
    healing.observe(vec![house.alert(true)]).await;
    pass(30).await;
    assert_eq!((healing.view().pauses.len(), house.triggers()), (1, 0));
    healing.resume(Scope::Remediation("app".into()), "eve".to_owned()).await.unwrap();
    pass(5).await;
    assert_eq!(house.triggers(), 1);
    let error = healing.cancel("rx-none", "eve".to_owned()).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no live run \"rx-none\"");
    healing.stop().await;
}

/// A process that ends at any operation of the file system, and the one after it, trigger each attempt once.
#[tokio::test(start_paused = true)]
async fn a_stop_at_any_operation_triggers_nothing_twice() {
    let whole = House::new();
    let healing = whole.open().await;
    healing.observe(vec![whole.alert(true)]).await;
    pass(10).await;
    healing.stop().await;
    let operations = whole.fs.operations();
    assert!(operations > 10);
    for operation in 0..operations {
        for kept in [0, usize::MAX] {
            let house = House::new();
            house.fs.stop_at(operation);
            let first = house.open().await;
            first.observe(vec![house.alert(true)]).await;
            pass(10).await;
            first.stop().await;
            house.fs.cut_power(kept);
            let second = house.open().await;
            second.observe(vec![house.alert(true)]).await;
            pass(60).await;
            second.observe(vec![house.alert(false)]).await;
            pass(60).await;
            let counts: Vec<u32> = house.backend.0.lock().unwrap().values().copied().collect();
            assert_eq!(counts, [1], "stopped at {operation}, {kept} bytes kept");
            assert_eq!(second.view().runs[0].state(), State::Succeeded, "stopped at {operation}");
            second.stop().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn damage_pauses_everything_until_somebody_has_looked() {
    let house = House::new();
    let healing = house.open().await;
    healing.observe(vec![house.alert(true)]).await;
    pass(60).await;
    healing.stop().await;
    let path = std::path::Path::new("/healing/00000001.journal");
    let mut bytes = house.fs.bytes(path).unwrap();
    bytes[100] ^= 1;
    house.fs.set_bytes(path, bytes);
    let healing = house.open().await;
    pass(1).await;
    let view = healing.view();
    assert_eq!(view.pauses.first().map(|pause| &*pause.by), Some("regain"));
    assert!(!view.damage.is_empty());
    healing.stop().await;
}
