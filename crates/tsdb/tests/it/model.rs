//! The store against a plain map, in a world in which everything happens: several lanes that share
//! series, samples that are late, repeated or contradict others, deletes, seals, merges, retention,
//! clean stops, crashes, power cuts, single failures of the disk, a clock that jumps.
//!
//! The seed is printed. `REGAIN_SEED=<seed>` replays a run, `REGAIN_STEPS=<number>` makes it longer,
//! `REGAIN_TRACE=1` prints each step.

mod expected;
mod random;
mod world;

use std::hash::{BuildHasher as _, RandomState};

use world::World;

const STEPS: u64 = 6000;

fn variable(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "a failed run is replayed by its seed")]
    std::env::var(name).ok()?.parse().ok()
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "the seed replays the run, the summary says what it has seen"
)]
fn what_is_appended_is_what_comes_back_whatever_happens() {
    let seed = variable("REGAIN_SEED").unwrap_or_else(|| RandomState::new().hash_one("seed") >> 16);
    let steps = variable("REGAIN_STEPS").unwrap_or(STEPS);
    println!("seed: REGAIN_SEED={seed}");
    let mut world = World::new(seed, variable("REGAIN_TRACE").is_some());
    for _ in 0..steps {
        world.step();
    }
    world.check("at the end");
    let counts = &world.counts;
    let table: Vec<String> = counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
    println!("model: {steps} steps, {}", table.join(", "));
    // A world in which nothing happens proves nothing.
    if steps >= STEPS {
        for what in [
            "samples accepted",
            "histograms",
            "repeated",
            "Duplicate",
            "OutOfOrder",
            "TooNew",
            "TooOld",
            "late",
            "seals",
            "merges",
            "series evicted",
            "archives damaged",
            "deletes",
            "retained away",
            "clean stops",
            "kills",
            "power cuts",
            "failures of the disk",
            "jumps of the clock",
            "batches lost",
        ] {
            assert!(counts.get(what).is_some_and(|&count| count > 0), "never: {what}");
        }
    }
}
