//! The table of outcomes, for those who run the test with `--nocapture`.

use std::io::Write as _;

use regain_tests::program::Program;

use super::file::Scenario;
use super::run::Outcome;

/// Prints what each program sent in each scenario, and whether that is what the file wants.
pub(super) fn print(scenarios: &[Scenario], programs: &[Program], outcomes: &[Outcome]) {
    let mut out = std::io::stdout().lock();
    let titles: Vec<_> = programs.iter().map(|program| program.title().unwrap()).collect();
    writeln!(out, "| scenario | {} |", titles.join(" | ")).unwrap();
    writeln!(out, "| --- |{}", " --- |".repeat(programs.len())).unwrap();
    for scenario in scenarios {
        let cells = programs.iter().map(|program| {
            let outcome = outcomes
                .iter()
                .find(|one| one.scenario == scenario.name && one.program == *program);
            outcome.map_or_else(|| "-".to_owned(), cell)
        });
        let cells: Vec<_> = cells.collect();
        writeln!(out, "| {}: {} | {} |", scenario.name, scenario.about, cells.join(" | ")).unwrap();
    }
}

fn cell(outcome: &Outcome) -> String {
    let verdict = if outcome.wrong.is_empty() { "as wanted" } else { "WRONG" };
    let sent: Vec<_> = outcome
        .received
        .iter()
        .map(|came| {
            let alerts = came.body["alerts"].as_array().map_or(0, Vec::len);
            let refused = if came.status == 200 { "" } else { "!" };
            format!("{:.1}s{refused}:{alerts}", came.at)
        })
        .collect();
    format!("{verdict}: {}", sent.join(" "))
}
