//! The state machine against a world in which everything goes wrong that can: 100,000 random steps, with the
//! promises of the machine asserted at each of them.
//!
//! The seed is printed. `REGAIN_SEED=<seed>` replays a run, `REGAIN_STEPS=<number>` makes it longer,
//! `REGAIN_TRACE=1` prints each event and each command.

use std::collections::BTreeMap;

mod chaos;
mod random;
mod settings;
mod world;

use chaos::Chaos;

const STEPS: u64 = 120_000;

fn variable(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "a failed run is replayed by its seed")]
    std::env::var(name).ok()?.parse().ok()
}

/// A seed that differs from run to run.
fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one("seed") >> 16
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "the seed replays the run, the summary says what it has seen"
)]
fn keeps_its_promises_whatever_happens() {
    let seed = variable("REGAIN_SEED").unwrap_or_else(fresh_seed);
    let steps = variable("REGAIN_STEPS").unwrap_or(STEPS);
    println!("seed: REGAIN_SEED={seed}");
    let mut chaos = Chaos::new(seed, variable("REGAIN_TRACE").is_some());
    for _ in 0..steps {
        chaos.step();
    }
    chaos.calm_down();
    let summary = &chaos.summary;
    println!("steps: {} (and {} to let every run end)", summary.steps, summary.calm_steps);
    println!("crashes: {}, clock steps: {}", summary.crashes, summary.clock_steps);
    println!("failed writes: {}, answers lost: {}", summary.failed_writes, summary.lost_answers);
    println!("triggers sent: {}, actions begun: {}", summary.triggers, chaos.world.begun());
    println!("runs by outcome: {}", table(&summary.runs));
    println!("decisions: {}", table(&summary.decisions));
    // A world in which nothing happens proves nothing.
    for (what, count) in [
        ("succeeded", summary.runs.get("succeeded")),
        ("escalated", summary.runs.get("escalated")),
        ("cancelled", summary.runs.get("cancelled")),
        ("unknown", summary.runs.get("unknown")),
    ] {
        assert!(count.is_some_and(|count| *count > 0), "no run was {what}");
    }
    assert!(summary.crashes > 100 && summary.triggers > 100);
}

fn table(counts: &BTreeMap<String, u64>) -> String {
    let counted: Vec<String> =
        counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    counted.join(", ")
}
