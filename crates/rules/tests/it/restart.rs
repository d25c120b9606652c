//! One process after another on the same disk and store.

use std::time::Duration;

use regain_model::{Labels, Timestamp};
use regain_storage::Gate;
use regain_storage::fs::MemFs;
use regain_storage::memory::MemoryStore;
use tokio::time::{Instant, advance};

use crate::support::{INTERVAL, Process, START, alerting, group};

#[tokio::test(start_paused = true)]
async fn an_alert_survives_a_kill() {
    let begin = Instant::now();
    let groups = || vec![group("a", vec![alerting("Hot", "m > 1", INTERVAL)])];
    let process = Process::on(MemoryStore::new(), MemFs::new(), begin, |_| {});
    process.apply(groups()).await;
    process.set(begin, "x", 2.0);
    process.evaluate().await;
    process.evaluate().await;
    assert_eq!(process.alerts(), ["x:firing"]);
    let sent = process.sink.take();
    let (store, fs) = (process.store.clone(), process.fs.clone());
    // Nobody stops the process in order: it is gone, and so is what was not synced.
    drop(process);
    fs.cut_power(0);

    advance(Duration::from_secs(15)).await;
    let process = Process::on(store, fs, begin, |_| {});
    process.apply(groups()).await;
    assert_eq!(process.alerts(), ["x:firing"], "before the first evaluation");
    process.set(begin, "x", 2.0);
    process.evaluate().await;
    assert_eq!(process.alerts(), ["x:firing"]);
    let again = process.sink.take();
    assert_eq!(again.len(), 1, "receivers may have forgotten it");
    assert_eq!(again[0].starts_at, sent[0].starts_at);
    for _ in 0..3 {
        process.set(begin, "x", 2.0);
        process.evaluate().await;
    }
    assert_eq!(process.sink.take().len(), 0, "the next time is a resend delay after the last");
    process.rules.stop().await;
}

#[tokio::test(start_paused = true)]
async fn no_rule_is_evaluated_before_the_store_has_read_its_log() {
    let begin = Instant::now();
    let gate = Gate::default();
    let disk = (MemoryStore::new(), MemFs::new());
    let process = Process::behind(gate.clone(), disk, begin, |_| {});
    process.apply(vec![group("a", vec![alerting("Gone", "absent(m)", Duration::ZERO)])]).await;
    for _ in 0..3 {
        advance(INTERVAL).await;
        process.settle().await;
    }
    assert_eq!(process.group().last_evaluation, None);
    let start = i64::try_from(START.as_millis()).unwrap();
    let labels = Labels::from_pairs([("__name__", "m")]);
    process.store.add(&labels, [(Timestamp(start), 1.0)]).unwrap();
    gate.open();
    process.evaluate_after(Duration::ZERO).await;
    assert_eq!(process.group().last_evaluation.map(|_| ()), Some(()));
    assert_eq!(process.alerts(), [""; 0], "what was missing has come");
    assert_eq!(process.sink.take().len(), 0);
    process.rules.stop().await;
}

#[tokio::test(start_paused = true)]
async fn rules_that_wait_for_a_store_end_with_their_process() {
    let gate = Gate::default();
    let disk = (MemoryStore::new(), MemFs::new());
    let process = Process::behind(gate.clone(), disk, Instant::now(), |_| {});
    process.apply(vec![group("a", vec![alerting("Gone", "absent(m)", Duration::ZERO)])]).await;
    advance(INTERVAL).await;
    process.settle().await;
    gate.give_up();
    process.settle().await;
    assert_eq!(process.group().last_evaluation, None, "a store that never opens is not asked");
    process.rules.stop().await;
}
