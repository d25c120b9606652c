//! One process after another on the same disk and store.

use std::time::Duration;

use regain_storage::fs::MemFs;
use regain_storage::memory::MemoryStore;
use tokio::time::{Instant, advance};

use crate::support::{INTERVAL, Process, alerting, group};

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
