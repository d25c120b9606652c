//! The language in which queries and their answers are written down as tests.
//!
//! A file loads samples and evaluates queries; each evaluation is a case that passes, fails, or
//! depends on something that is not here. One that does not pass never keeps the others from being
//! looked at. The language is upstream's (`promql/promqltest/README.md`, 3.14):
//!
//! ```text
//! load 1m
//!     requests_total{job="a"} 0+60x10
//!
//! eval instant at 10m rate(requests_total[5m])
//!     expect no_warn
//!     {job="a"} 1
//! ```

mod classic;
mod compare;
mod judge;
mod lines;
mod mistake;
mod read;
mod report;
mod script;
mod series;
mod walk;
mod world;

pub use judge::{Ask, When};
pub use mistake::{BadScript, Mistake, Problem};
pub use report::{
    Asked, CaseReport, Failure, FileReport, Gap, Level, Mismatch, Shown, Tally, TimedValue, Verdict,
};
pub use series::{SeriesProblem, SeriesText, SeriesValue, WrittenHistogram, parse as parse_series};

use regain_storage::Queryable;

use crate::ast::Expr;
use crate::engine::{Engine, EngineOptions, Features};
use crate::eval_error::EvalError;
use crate::value::QueryResult;
use judge::judge;
use script::Command;
use world::World;

/// Runs the cases of the file `name` whose content is `text`, one after another.
///
/// The engine is set as upstream sets it for its own tests: as by default, but names are dropped at
/// the end of a query, and start timestamps count.
pub fn run(name: &str, text: &str) -> Result<FileReport, BadScript> {
    let features =
        Features { delayed_name_removal: true, start_timestamps: true, ..Features::default() };
    let options = EngineOptions { workers: 1, features, ..EngineOptions::default() };
    run_with(&Engine::new(options), name, text)
}

/// Runs the cases of a file on an engine that is set differently.
pub fn run_with(engine: &Engine, name: &str, text: &str) -> Result<FileReport, BadScript> {
    run_asking((engine, &plainly), name, text)
}

/// Runs the cases of a file with every query asked in a way of its own.
pub fn run_asking(
    (engine, ask): (&Engine, Ask<'_>),
    name: &str,
    text: &str,
) -> Result<FileReport, BadScript> {
    let bad = |mistakes| BadScript { name: name.to_owned(), mistakes };
    let (mut world, mut cases) = (World::default(), Vec::new());
    for command in read::read(text).map_err(bad)? {
        match command {
            Command::Clear => world = World::default(),
            Command::Load(load) => world.load(&load).map_err(|mistake| bad(vec![mistake]))?,
            Command::Case(case) => {
                let verdict = judge(engine, &world, &case, ask);
                cases.push(CaseReport { line: case.line, query: case.query, verdict });
            }
        }
    }
    Ok(FileReport { name: name.to_owned(), cases })
}

fn plainly(
    engine: &Engine,
    source: &dyn Queryable,
    expr: &Expr,
    when: When,
) -> Result<QueryResult, EvalError> {
    match when {
        When::At(time) => engine.instant(source, expr, time, &engine.context()),
        When::Over(steps) => engine.range(source, expr, steps, &engine.context()),
    }
}
