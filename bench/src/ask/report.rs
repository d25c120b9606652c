//! What a round of queries prints.

use regain_tests::program::Program;

use super::{Caching, Round, Timed};
use crate::table;

/// The classes for which there are means: what a name starts with, or the names.
const CLASSES: [(&str, &[&str]); 5] = [
    ("instant", &["i"]),
    ("range", &["r"]),
    ("about the data", &["a"]),
    ("high cardinality", &["i08", "i09", "r18"]),
    ("a million series", &["m"]),
];

/// A column of one server: its title and its number.
type Field = (&'static str, fn(&Timed) -> f64);

/// The columns of one server.
const FIELDS: [Field; 4] = [
    ("p50", |one| one.p50_ms),
    ("p95", |one| one.p95_ms),
    ("cpu", |one| one.cpu_ms),
    ("cold", |one| one.cold_ms),
];

/// Noise: a query counts as slower from this share of the better peer's time on.
const SLOWER: f64 = 1.05;

/// Prints the times of `asked`, which has a row for each query and a column for each server.
pub(super) fn print(round: Round<'_>, asked: &[Vec<Timed>], memory: &[f64], caching: Caching) {
    let names = round.queries.iter().map(|query| query.name);
    let mut rows = vec![head(round.titles)];
    rows.extend(names.zip(asked).map(|(name, timed)| row(name, timed)));
    rows.push(sum(asked, round.titles.len()));
    let how = match caching {
        Caching::Off => "without caches",
        Caching::On => "with caches",
    };
    table::print(&format!("{} queries, {how}, ms", round.queries.len()), &rows);
    summary(round, asked, memory, how);
    complain(round, asked);
}

fn head(titles: &[String]) -> Vec<String> {
    let mut head = vec!["query".to_owned()];
    for (index, title) in titles.iter().enumerate() {
        let fields = FIELDS.iter().map(|(name, _)| *name);
        head.extend(fields.map(|name| match name {
            "p50" => format!("{title} p50"),
            name => name.to_owned(),
        }));
        head.extend((index > 0).then(|| "ratio".to_owned()));
    }
    head
}

fn row(name: &str, timed: &[Timed]) -> Vec<String> {
    let mut row = vec![name.to_owned()];
    for (index, one) in timed.iter().enumerate() {
        row.extend(FIELDS.iter().map(|(_, field)| format!("{:.2}", field(one))));
        row.extend((index > 0).then(|| table::ratio(one.p50_ms, timed[0].p50_ms)));
    }
    row
}

fn sum(asked: &[Vec<Timed>], servers: usize) -> Vec<String> {
    let total = |index: usize, field: fn(&Timed) -> f64| -> f64 {
        asked.iter().map(|timed| field(&timed[index])).sum()
    };
    let sums = (0..servers).map(|index| Timed {
        cold_ms: total(index, |one| one.cold_ms),
        p50_ms: total(index, |one| one.p50_ms),
        p95_ms: total(index, |one| one.p95_ms),
        cpu_ms: total(index, |one| one.cpu_ms),
        difference: None,
    });
    row("sum", &sums.collect::<Vec<_>>())
}

/// The means of the ratios of each class, the memory, and how many answers are Prometheus'.
fn summary(round: Round<'_>, asked: &[Vec<Timed>], memory: &[f64], how: &str) {
    let mut head = vec![String::new(), round.titles[0].clone()];
    head.extend(round.titles[1..].iter().cloned());
    let mut rows = vec![head];
    for (name, starts) in CLASSES {
        let of_class = round.queries.iter().zip(asked);
        let of_class =
            of_class.filter(|(query, _)| starts.iter().any(|start| query.name.starts_with(start)));
        let of_class: Vec<_> = of_class.map(|(_, timed)| timed).collect();
        if of_class.is_empty() {
            continue;
        }
        let mean = |ratio: &dyn Fn(&Vec<Timed>) -> f64| -> f64 {
            let logs: f64 = of_class.iter().map(|timed| ratio(timed).ln()).sum();
            (logs / of_class.len() as f64).exp()
        };
        let means = (1..round.titles.len())
            .map(|index| mean(&|timed: &Vec<Timed>| timed[index].p50_ms / timed[0].p50_ms));
        let mut row = vec![format!("{name}, times as long"), "1".to_owned()];
        row.extend(means.map(|mean| format!("{mean:.2}")));
        rows.push(row);
    }
    let mut row = vec!["highest memory meanwhile, MB".to_owned()];
    row.extend(memory.iter().map(|memory| format!("{memory:.0}")));
    rows.push(row);
    let is_referee = |index: usize| round.servers[index].setup.program == Program::Prometheus;
    if (0..round.servers.len()).any(is_referee) {
        let mut row = vec!["answers equal to Prometheus' within 1e-9".to_owned()];
        row.extend((0..round.servers.len()).map(|index| {
            let equal = asked.iter().filter(|timed| timed[index].difference.is_none()).count();
            format!("{equal} of {}", asked.len())
        }));
        rows.push(row);
    }
    table::print(&format!("Geometric means, {how}"), &rows);
}

/// Names the queries in which ours is slower than the better peer, or answers something else than
/// Prometheus. Other peers differ by design; only ours has to explain itself.
fn complain(round: Round<'_>, asked: &[Vec<Timed>]) {
    if round.servers[0].setup.program != Program::Regain {
        return;
    }
    for (query, timed) in round.queries.iter().zip(asked) {
        let best = timed[1..].iter().map(|one| one.p50_ms).fold(f64::INFINITY, f64::min);
        let (name, ours) = (query.name, timed[0].p50_ms);
        if ours > best * SLOWER {
            table::complain(&format!("{name}: {ours:.2} ms, and the better peer {best:.2} ms"));
        }
        if let Some(what) = &timed[0].difference {
            table::complain(&format!("{name}: the answer differs from Prometheus': {what}"));
        }
    }
}
