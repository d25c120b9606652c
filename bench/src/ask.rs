//! Dashboard queries on what was pushed: the same on every server, timed and compared.

use std::time::Instant;

use regain_tests::answer::difference;
use regain_tests::program::Program;
use regain_tests::queries::QUERIES;
use regain_tests::server::Server;
use serde_json::Value;

use crate::table;

const RUNS: usize = 20;

/// One query on one server.
struct Timed {
    p50_ms: f64,
    p95_ms: f64,
    answer: Value,
}

/// Asks every server every query and prints the times, the ratios and the disagreements.
pub(crate) fn run(
    titles: &[String],
    servers: &[Server],
    start_s: u64,
    end_s: u64,
) -> anyhow::Result<()> {
    let mut asked = Vec::new();
    for query in &QUERIES {
        table::progress(&format!("asking {}", query.name));
        // A cache would hide what answering takes.
        let path = format!("{}&nocache=1", query.path(start_s, end_s));
        let timed =
            servers.iter().map(|server| ask(server, &path)).collect::<Result<Vec<_>, _>>()?;
        asked.push(timed);
    }
    let mut rows = vec![head(titles)];
    rows.extend(QUERIES.iter().zip(&asked).map(|(query, timed)| row(query.name, timed)));
    for (kind, name) in [("i", "instant"), ("r", "range"), ("a", "about the data")] {
        rows.push(geometric_mean(name, kind, &asked));
    }
    rows.push(sum(&asked));
    let agreement = agreement(titles, servers, &asked);
    table::print(&format!("Queries, {RUNS} warm runs, without caches, ms{agreement}"), &rows);
    Ok(())
}

fn ask(server: &Server, path: &str) -> anyhow::Result<Timed> {
    let mut connection = server.connect()?;
    let answer = connection.get(path)?.json()?;
    if answer["status"] != "success" {
        table::complain(&format!("{}: {path}: {answer}", server.setup.program.name()));
    }
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let start = Instant::now();
        connection.get(path)?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(Timed { p50_ms: times[RUNS / 2 - 1], p95_ms: times[RUNS * 95 / 100 - 1], answer })
}

fn head(titles: &[String]) -> Vec<String> {
    let mut head = vec!["query".to_owned()];
    for (index, title) in titles.iter().enumerate() {
        head.extend([format!("{title} p50"), "p95".to_owned()]);
        head.extend((index > 0).then(|| "ratio".to_owned()));
    }
    head
}

fn row(name: &str, timed: &[Timed]) -> Vec<String> {
    let mut row = vec![name.to_owned()];
    for (index, one) in timed.iter().enumerate() {
        row.extend([format!("{:.2}", one.p50_ms), format!("{:.2}", one.p95_ms)]);
        row.extend((index > 0).then(|| table::ratio(one.p50_ms, timed[0].p50_ms)));
    }
    row
}

/// The geometric mean of the ratios of one kind of query.
fn geometric_mean(name: &str, kind: &str, asked: &[Vec<Timed>]) -> Vec<String> {
    let mut row = vec![format!("{name}, geometric mean")];
    let of_kind: Vec<_> =
        QUERIES.iter().zip(asked).filter(|(query, _)| query.name.starts_with(kind)).collect();
    for index in 0..asked.first().map_or(0, Vec::len) {
        row.extend([String::new(), String::new()]);
        if index > 0 {
            let logs =
                of_kind.iter().map(|(_, timed)| (timed[index].p50_ms / timed[0].p50_ms).ln());
            let mean = (logs.sum::<f64>() / of_kind.len() as f64).exp();
            row.push(format!("{mean:.1}x"));
        }
    }
    row
}

fn sum(asked: &[Vec<Timed>]) -> Vec<String> {
    let total = |index: usize, field: fn(&Timed) -> f64| -> f64 {
        asked.iter().map(|timed| field(&timed[index])).sum()
    };
    let sums: Vec<_> = (0..asked.first().map_or(0, Vec::len))
        .map(|index| Timed {
            p50_ms: total(index, |one| one.p50_ms),
            p95_ms: total(index, |one| one.p95_ms),
            answer: Value::Null,
        })
        .collect();
    row("sum", &sums)
}

/// How many answers of each server are Prometheus', as the end of a title; nothing without Prometheus.
fn agreement(titles: &[String], servers: &[Server], asked: &[Vec<Timed>]) -> String {
    let is_referee = |server: &Server| server.setup.program == Program::Prometheus;
    let is_ours = |server: &Server| server.setup.program == Program::Regain;
    let Some(referee) = servers.iter().position(is_referee) else { return String::new() };
    let counts = titles.iter().enumerate().filter(|(index, _)| *index != referee);
    let counts = counts.map(|(index, title)| {
        let equal = QUERIES.iter().zip(asked).filter(|(query, timed)| {
            let (found, expected) = (&timed[index].answer, &timed[referee].answer);
            let what = difference(found, expected, query.is_ordered());
            // Other peers differ by design; only ours has to explain itself.
            if let Some(what) = what.as_ref().filter(|_| is_ours(&servers[index])) {
                table::complain(&format!("{}: {title} differs: {what}", query.name));
            }
            what.is_none()
        });
        format!(" {title} {} of {}", equal.count(), QUERIES.len())
    });
    let counts: Vec<_> = counts.collect();
    format!("; equal to {} within 1e-9:{}", titles[referee], counts.join(","))
}
