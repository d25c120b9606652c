//! Queries beside the peers: two sets of data pushed to each server, and what is asked about them.
//!
//! A fleet over hours is what dashboards look at; a million series with a few samples each is what
//! postings and matchers are made for.

mod fleet;
pub(crate) mod many;

use std::path::{Path, PathBuf};

use regain_tests::process::write_file;
use regain_tests::program::{Program, variable_of};
use regain_tests::queries::Query;
use regain_tests::server::{Server, Setup};

use crate::ask::{self, Caching, Round};
use crate::load::STEP_S;
use crate::measure::settle;
use crate::settings::{Scratch, now, number_or, servers};
use crate::table;

const INSTANCES: u64 = 42;
const MINUTES: u64 = 360;
const SERIES: u64 = 1_000_000;

/// A set of data and what is asked about it.
pub(super) trait Data {
    /// The name of its directory; it tells sets of different sizes apart.
    fn name(&self) -> String;

    /// What it is, for a title.
    fn title(&self) -> String;

    /// The seconds from its first sample to its last.
    fn length_s(&self) -> u64;

    /// What is asked.
    fn queries(&self) -> &'static [Query];

    /// Pushes it all to a server, with samples until `end_s`.
    fn push(&self, server: &Server, end_s: u64) -> anyhow::Result<()>;
}

/// Pushes both sets to every server, asks with caches and without, and prints the tables.
pub(crate) fn run() -> anyhow::Result<()> {
    let scratch = Scratch::new("promql")?;
    let kept = variable_of("PROMQL_DIR").map(PathBuf::from);
    let root = kept.unwrap_or_else(|| scratch.path("data"));
    let instances = number_or("PROMQL_INSTANCES", INSTANCES)?;
    let minutes = number_or("PROMQL_MINUTES", MINUTES)?;
    compare(&fleet::Fleet { instances, minutes }, &root)?;
    let series = number_or("PROMQL_SERIES", SERIES)?;
    if series == 0 { Ok(()) } else { compare(&many::Many { series }, &root) }
}

fn compare(data: &dyn Data, root: &Path) -> anyhow::Result<()> {
    let dir = root.join(data.name());
    std::fs::create_dir_all(&dir)?;
    let dir = dir.canonicalize()?;
    let end_s = end_of(&dir)?;
    let (mut titles, mut running) = (Vec::new(), Vec::new());
    for program in servers()? {
        let title = program.title()?;
        let server = setup(program, &dir.join(program.name())).start()?;
        push_once(data, &server, &title, end_s)?;
        titles.push(title);
        running.push(server);
    }
    table::progress(&format!("asking about {}", data.title()));
    let round = Round { titles: &titles, servers: &running, queries: data.queries() };
    let span = (end_s - data.length_s(), end_s);
    ask::run(round, span, Caching::Off)?;
    ask::run(round, span, Caching::On)?;
    // A killed peer would lose what it has not written yet, and the next run its data.
    running.iter_mut().try_for_each(|server| server.process.terminate())
}

/// When the data in `dir` end: now, unless some are there already.
fn end_of(dir: &Path) -> anyhow::Result<u64> {
    let file = dir.join("end");
    if let Ok(text) = std::fs::read_to_string(&file) {
        return Ok(text.trim().parse()?);
    }
    let end_s = now().as_secs() / STEP_S * STEP_S;
    write_file(&file, &end_s.to_string())?;
    Ok(end_s)
}

fn push_once(data: &dyn Data, server: &Server, title: &str, end_s: u64) -> anyhow::Result<()> {
    let done = server.setup.dir.join("pushed");
    if !done.exists() {
        table::progress(&format!("pushing {} to {title}", data.title()));
        data.push(server, end_s)?;
        write_file(&done, "")?;
    }
    settle(&server.process)
}

/// A server that answers what is asked about so many series.
pub(crate) fn setup(program: Program, dir: &Path) -> Setup {
    let setup = Setup::new(program, dir);
    match program {
        // The last flag of a name counts. The limits are below what is asked for here.
        Program::VictoriaMetrics => setup
            .flag("-search.disableCache=false")
            .flag("-search.maxUniqueTimeseries=10000000")
            .flag("-search.maxLabelsAPISeries=10000000")
            .flag("-search.maxSeries=10000000")
            .flag("-storage.minFreeDiskSpaceBytes=0"),
        _ => setup,
    }
}
