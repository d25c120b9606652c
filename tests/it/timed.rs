//! Timed scenarios: alerts go in at given moments, notifications must come out in given windows.
//!
//! Every file of `tests/timed` runs against Regain and against a real Alertmanager, all at the same time,
//! because a scenario mostly waits. Times are seconds since the start of the scenario. What a hook receives
//! must be what the file wants: the same notifications in the same order with the same alerts, none too
//! early and none much too late.

mod file;
mod run;
mod table;

use std::fs;
use std::path::Path;
use std::thread;

use regain_tests::program::{Program, workspace};

use super::peer::{Version, is_at_hand, is_modern, skip};
use file::Scenario;
use run::Outcome;

/// Alertmanager 0.25, which Debian 12 has; what is newer names its version in the file.
const OLDEST: Version = [0, 25, 0];

#[test]
fn notifications_come_as_every_timed_scenario_says() {
    let scenarios = scenarios();
    let mut programs = vec![Program::RegainAlertmanager];
    if is_at_hand(Program::Alertmanager, OLDEST) {
        programs.push(Program::Alertmanager);
    }
    let outcomes = run_all(&scenarios, &programs);
    table::print(&scenarios, &programs, &outcomes);
    let failures: Vec<_> = outcomes.iter().flat_map(Outcome::complaints).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The files in the order of their names.
fn scenarios() -> Vec<Scenario> {
    let dir = workspace("tests/timed");
    let mut paths: Vec<_> =
        fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no scenario in {}", dir.display());
    let read = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap_or_default();
        Scenario::parse(Path::new(name), &fs::read_to_string(path).unwrap()).unwrap()
    };
    paths.iter().map(read).collect()
}

/// The outcomes of all scenarios that a program can run, scenario by scenario.
fn run_all(scenarios: &[Scenario], programs: &[Program]) -> Vec<Outcome> {
    let holds = |program: Program, scenario: &Scenario| match program {
        Program::Alertmanager => {
            let holds = !scenario.ours && is_modern(program, scenario.since);
            if !holds && !scenario.ours {
                skip(&format!("{} needs Alertmanager {:?}", scenario.name, scenario.since));
            }
            holds
        }
        _ => true,
    };
    let runs = scenarios.iter().flat_map(|scenario| {
        programs
            .iter()
            .filter(move |program| holds(**program, scenario))
            .map(move |program| (scenario, *program))
    });
    thread::scope(|scope| {
        let threads: Vec<_> = runs
            .map(|(scenario, program)| scope.spawn(move || run::run(scenario, program)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
