//! Stops at every operation on the file system and looks at what the next process finds.

use std::collections::BTreeMap;
use std::sync::Arc;

use regain_model::MatchOp;
use regain_storage::fs::MemFs;

use super::super::core::Core;
use super::super::{Options, SilenceFilter};
use super::{Sketch, at, open};
use crate::silences::{MatcherDraft, Silence, SilenceDraft};

/// The silences that were acknowledged, as they were then.
type Acknowledged = BTreeMap<Arc<str>, Silence>;

fn draft(id: Option<&str>, job: &str, until: f64) -> SilenceDraft {
    let matcher = MatcherDraft { name: "job".into(), op: MatchOp::Regex, value: job.into() };
    SilenceDraft {
        id: id.map(str::to_owned),
        matcher_sets: vec![vec![matcher]],
        ends_at: Some(at(until)),
        created_by: "me".into(),
        comment: "because".into(),
        ..SilenceDraft::default()
    }
}

fn acknowledge(core: &mut Core, acknowledged: &mut Acknowledged, ids: &[&Arc<str>]) -> Option<()> {
    core.commit().ok()?;
    for id in ids {
        acknowledged.insert(Arc::clone(id), Silence::clone(&*core.silence(id)?));
    }
    Some(())
}

/// Works until the file system fails.
fn work(fs: &MemFs, options: &Options, acknowledged: &mut Acknowledged) -> Option<()> {
    let mut core = open(fs, options, Sketch::default().plan(), at(0.0)).ok()?;
    let first = core.set_silence(draft(None, "a", 1000.0), at(1.0)).unwrap();
    acknowledge(&mut core, acknowledged, &[&first])?;
    let second = core.set_silence(draft(None, "b|c", 2000.0), at(2.0)).unwrap();
    acknowledge(&mut core, acknowledged, &[&second])?;
    core.maintain(at(3.0));
    let mut longer = draft(Some(&first), "a", 3000.0);
    longer.starts_at = Some(at(1.0));
    let same = core.set_silence(longer, at(4.0)).unwrap();
    assert_eq!(same, first);
    acknowledge(&mut core, acknowledged, &[&first])?;
    // Other matchers: the old silence ends and a new one takes its place.
    let third = core.set_silence(draft(Some(&second), "d", 2000.0), at(5.0)).unwrap();
    assert_ne!(third, second);
    acknowledge(&mut core, acknowledged, &[&third, &second])?;
    core.expire_silence(&first, at(6.0)).unwrap();
    acknowledge(&mut core, acknowledged, &[&first])?;
    core.close(at(7.0));
    Some(())
}

#[test]
fn an_acknowledged_silence_survives_a_stop_at_any_operation() {
    for keep_group_state in [false, true] {
        let options = Options { keep_group_state, ..Options::default() };
        let mut stops = 0;
        loop {
            for kept in [0, 7, usize::MAX] {
                let fs = MemFs::new();
                fs.stop_at(stops);
                let mut acknowledged = Acknowledged::new();
                work(&fs, &options, &mut acknowledged);
                fs.cut_power(kept);
                let core = open(&fs, &options, Sketch::default().plan(), at(10.0)).unwrap();
                for (id, silence) in &acknowledged {
                    let found = core.silence(id).unwrap_or_else(|| panic!("{stops}: {id} is lost"));
                    assert!(found.updated_at >= silence.updated_at, "{stops}: {id} is old again");
                }
            }
            // The last stop is one that was never reached.
            let fs = MemFs::new();
            work(&fs, &options, &mut Acknowledged::new()).unwrap();
            stops += 1;
            if stops > fs.operations() {
                break;
            }
        }
        assert!(stops > 20, "{stops} operations are too few to have stored anything");
    }
}

#[test]
fn a_replaced_silence_leaves_at_least_one_of_the_two_in_force() {
    let mut stop = 0;
    loop {
        let fs = MemFs::new();
        let options = Options::default();
        let mut core = open(&fs, &options, Sketch::default().plan(), at(0.0)).unwrap();
        let old = core.set_silence(draft(None, "a", 1000.0), at(1.0)).unwrap();
        core.commit().unwrap();
        let before = fs.operations();
        fs.stop_at(before + stop);
        core.set_silence(draft(Some(&old), "a|b", 1000.0), at(2.0)).unwrap();
        let is_done = core.commit().is_ok();
        drop(core);
        fs.cut_power_with(true, |unsynced| unsynced.truncate(unsynced.len() / 2));
        let core = open(&fs, &options, Sketch::default().plan(), at(3.0)).unwrap();
        let filter = SilenceFilter { expired: false, ..SilenceFilter::default() };
        assert!(!core.silences(&filter, at(3.0)).is_empty(), "stopped at {stop}");
        if is_done {
            break;
        }
        stop += 1;
    }
}

#[test]
fn after_a_failed_write_nothing_is_acknowledged_until_the_log_is_whole_again() {
    let fs = MemFs::new();
    let options = Options::default();
    let mut core = open(&fs, &options, Sketch::default().plan(), at(0.0)).unwrap();
    fs.fail_appends("alerting.log");
    let id = core.set_silence(draft(None, "a", 1000.0), at(1.0)).unwrap();
    core.commit().unwrap_err();
    core.set_silence(draft(None, "b", 1000.0), at(2.0)).unwrap();
    core.commit().unwrap_err();
    fs.heal();
    let last = core.set_silence(draft(None, "c", 1000.0), at(3.0)).unwrap();
    core.commit().unwrap();
    drop(core);
    fs.cut_power(0);
    let core = open(&fs, &options, Sketch::default().plan(), at(4.0)).unwrap();
    assert!(core.silence(&id).is_some());
    assert!(core.silence(&last).is_some());
}

#[test]
fn a_directory_is_used_by_one_process() {
    let fs = MemFs::new();
    let options = Options::default();
    let _core = open(&fs, &options, Sketch::default().plan(), at(0.0)).unwrap();
    let error = open(&fs, &options, Sketch::default().plan(), at(0.0)).unwrap_err();
    assert_eq!(error.to_string(), "/data: in use by another process");
}
