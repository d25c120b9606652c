//! A million new series, and matchers over them.

use regain_tests::program::Program;
use regain_tests::queries::Query;
use regain_tests::server::Server;

use crate::ask::{self, Caching, Round};
use crate::bar::Tally;
use crate::load::STEP_S;
use crate::measure::{Window, settle};
use crate::promql::many::{Many, QUERIES};
use crate::promql::setup;
use crate::settings::{Scratch, Size, servers};
use crate::table::{self, figure};

const SERIES: Size = Size { variable: "NEW_SERIES", full: 1_000_000, small: 10_000 };
/// The queries whose time is that of regular expressions.
const MATCHERS: [&str; 6] = [
    "m03_suffix",
    "m04_alternation",
    "m05_prefixes",
    "m06_contains",
    "m07_negative_regex",
    "m14_series",
];

/// What one server took.
struct Measured {
    /// Microseconds for a new series: until it was answered, and of processor time until it was idle.
    wall_us: f64,
    cpu_us: f64,
    /// Megabytes for 100,000 series with one sample each.
    rss_mb: f64,
}

/// Pushes one sample of each series to every server, asks, and prints the tables.
pub(super) fn run() -> anyhow::Result<Tally> {
    let many = Many { series: SERIES.get()? };
    let scratch = Scratch::new("create")?;
    let end_s = super::last_step_s();
    let programs = servers()?;
    let (mut running, mut results) = (Vec::new(), Vec::new());
    for program in &programs {
        table::progress(&format!("pushing {} new series to {}", many.series, program.name()));
        let (server, measured) = create(*program, &scratch, &many, end_s)?;
        running.push(server);
        results.push(measured);
    }
    let figures = [
        figure("time of a new series, µs", &results, |it: &Measured| it.wall_us),
        figure("processor time of a new series, µs", &results, |it| it.cpu_us),
        figure("memory of 100k new series, MB", &results, |it| it.rss_mb),
    ];
    let title = format!("Remote write of {} new series, one sample each", many.series);
    let tally = table::compare(&title, &programs, &figures)?;
    let titles = programs.iter().map(|program| program.title()).collect::<Result<Vec<_>, _>>()?;
    let is_matcher = |query: &Query| MATCHERS.contains(&query.name);
    let queries: Vec<Query> = QUERIES.into_iter().filter(is_matcher).collect();
    let round = Round { titles: &titles, servers: &running, queries: &queries };
    ask::run(round, (end_s - STEP_S, end_s), Caching::Off)?;
    Ok(tally)
}

fn create(
    program: Program,
    scratch: &Scratch,
    many: &Many,
    end_s: u64,
) -> anyhow::Result<(Server, Measured)> {
    let server = setup(program, &scratch.path(program.name())).start()?;
    let window = Window::open(&server.process)?;
    let answered = many.push_at(&server, end_s - STEP_S)?;
    settle(&server.process)?;
    let series = many.series as f64;
    let measured = Measured {
        wall_us: answered.as_secs_f64() * 1e6 / series,
        cpu_us: window.spent()?.cpu_us(series),
        rss_mb: server.process.memory_mb()?.0 / series * 1e5,
    };
    Ok((server, measured))
}
