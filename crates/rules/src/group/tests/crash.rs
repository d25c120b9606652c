//! The process ends at any operation on the disk.

use super::*;

/// Runs evaluations in which alerts come, fire and go, until the disk stops; returns what was sent with a start time.
fn run(world: &World) -> Vec<Arc<OutgoingAlert>> {
    let mut group = Group::new(settings(vec![alerting("Hot", "m > 1", 60)]), &world.shared, true);
    let script = [
        (0, "x", 2.0),
        (60, "x", 2.0),
        (120, "y", 2.0),
        (180, "y", 3.0),
        (240, "x", 0.0),
        (300, "z", 2.0),
        (360, "y", 0.0),
    ];
    for (at, instance, value) in script {
        world.set(at, instance, Some(value));
        world.evaluate(&mut group, at);
    }
    world.sent.0.lock().unwrap().clone()
}

#[test]
fn whatever_was_told_is_known_after_a_kill_at_any_operation() {
    for operation in 0.. {
        let world = World::new();
        world.fs.stop_at(operation);
        run(&world);
        let is_whole = world.fs.operations() <= operation;
        // What was sent before the disk stopped: a process that is killed sends no more. The sends of evaluations after
        // the stop are those of a process with a broken disk, of which less is promised.
        let reference = World::new();
        let mut told = Vec::new();
        let mut group =
            Group::new(settings(vec![alerting("Hot", "m > 1", 60)]), &reference.shared, true);
        let mut last = 0;
        for (at, instance, value) in
            [(0, "x", 2.0), (60, "x", 2.0), (120, "y", 2.0), (180, "y", 3.0), (240, "x", 0.0)]
        {
            reference.set(at, instance, Some(value));
            reference.evaluate(&mut group, at);
            if reference.fs.operations() > operation {
                break;
            }
            told.extend(reference.sent.0.lock().unwrap().drain(..));
            last = at;
        }
        world
            .fs
            .cut_power_with(operation % 2 == 1, |unsynced| unsynced.truncate(unsynced.len() / 2));
        let after = World::on(MemoryStore::new(), world.fs.clone(), last + 60);
        let group = Group::new(settings(vec![alerting("Hot", "m > 1", 60)]), &after.shared, true);
        let known: Vec<_> =
            group.rules[0].alerts.iter().flat_map(crate::alerts::Alerts::iter).collect();
        for alert in &told {
            let same = known.iter().find(|known| known.labels == alert.labels);
            let fired_at = same.and_then(|known| known.fired_at);
            assert_eq!(fired_at, alert.starts_at, "stopped at {operation}: {}", alert.labels);
        }
        if is_whole {
            return;
        }
    }
}
