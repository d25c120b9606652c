//! Hours of the fleet's data on disk: the whole directory, for samples at steady times and at jittered ones.

use std::thread;
use std::time::Duration;

use regain_tests::process::size_bytes;
use regain_tests::program::Program;
use regain_tests::push::time_of;
use regain_tests::series::scatter;
use regain_tests::server::{Server, Setup};

use crate::bar::{Tally, at_most, less};
use crate::load::{Load, STEP_S};
use crate::settings::{Scratch, Size, servers};
use crate::table::{self, figure};

const INSTANCES: Size = Size { variable: "DISK_INSTANCES", full: 15, small: 4 };
const MINUTES: Size = Size { variable: "DISK_MINUTES", full: 360, small: 10 };
/// How long after the last write a directory is looked at.
const WAIT_SECONDS: Size = Size { variable: "DISK_WAIT_SECONDS", full: 60, small: 12 };
/// How much later than planned a scrape is at most.
const JITTER_MS: u64 = 5;
/// Growth below this is noise.
const NO_GROWTH: f64 = 1.02;

/// The bytes of a sample on one server.
struct Measured {
    steady: f64,
    jittered: f64,
}

/// Pushes both kinds of data to each server and prints the table.
pub(super) fn run() -> anyhow::Result<Tally> {
    let end_s = super::last_step_s();
    let start_s = end_s - MINUTES.get()? * 60;
    let steady = Load { instances: INSTANCES.get()?, start_s, end_s, time_ms: time_of };
    let jittered = Load { time_ms: jittered_time, ..steady };
    let wait = Duration::from_secs(WAIT_SECONDS.get()?);
    let scratch = Scratch::new("disk")?;
    let servers = servers()?;
    let results = thread::scope(|scope| {
        // A server goes on working on its files while the others are filled.
        let mut filled = Vec::new();
        for program in &servers {
            let fill = |load: &Load, kind| -> anyhow::Result<_> {
                let server = fill(*program, &scratch, load, kind)?;
                Ok(scope.spawn(move || look(&server, wait)))
            };
            filled.push([fill(&steady, "steady")?, fill(&jittered, "jittered")?]);
        }
        let sizes = filled.into_iter().map(|pair| {
            let [steady_bytes, jittered_bytes] =
                pair.map(|look| look.join().map_err(|_| anyhow::anyhow!("a look panicked")));
            let samples = steady.samples();
            Ok(Measured { steady: steady_bytes? / samples, jittered: jittered_bytes? / samples })
        });
        sizes.collect::<anyhow::Result<Vec<_>>>()
    })?;
    let figures = [
        figure("data directory, bytes a sample", &results, |it: &Measured| it.steady)
            .bars(less((5.7, 1.2), (7.0, 1.5))),
        figure("the same with jitter", &results, |it| it.jittered),
        figure("times as much with jitter", &results, |it| it.jittered / it.steady)
            .bars(at_most(NO_GROWTH, NO_GROWTH)),
    ];
    let title = format!(
        "On disk {} s after the last of {} series, {} minutes every {STEP_S} s: {:.1} M samples, with up \
         to {JITTER_MS} ms of jitter and without",
        wait.as_secs(),
        steady.series(),
        (end_s - start_s) / 60,
        steady.samples() / 1e6
    );
    table::compare(&title, &servers, &figures)
}

fn fill(program: Program, scratch: &Scratch, load: &Load, kind: &str) -> anyhow::Result<Server> {
    let name = program.name();
    table::progress(&format!("{kind}: pushing {:.1} M samples to {name}", load.samples() / 1e6));
    let server = Setup::new(program, &scratch.path(&format!("{name}-{kind}"))).start()?;
    load.push(&server)?;
    Ok(server)
}

/// The bytes of a server's data after a while in which it runs on.
fn look(server: &Server, wait: Duration) -> f64 {
    thread::sleep(wait);
    size_bytes(&server.setup.data_dir()) as f64
}

/// What one scrape of an instance shows shares a time, another one each time.
fn jittered_time(instance: u64, seconds: u64) -> i64 {
    time_of(instance, seconds)
        + (scatter(seconds ^ scatter(instance)) % (JITTER_MS + 1)).cast_signed()
}
