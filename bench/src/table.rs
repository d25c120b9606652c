//! What a run prints.

use std::sync::OnceLock;
use std::time::Instant;

use regain_tests::program::Program;

use crate::bar::{Bar, Bars, Count, Tally};

/// One figure of every server; less is better.
#[derive(Debug)]
pub(crate) struct Figure {
    /// What it is, with its unit.
    name: &'static str,
    /// The values, in the order of the servers; not a number where a server never gets there.
    values: Vec<Option<f64>>,
    /// What it has to reach.
    bars: Option<Bars>,
}

/// The figure `name` of every server's results; nothing where it is not measured.
pub(crate) fn figure<T, V: Into<Option<f64>>>(
    name: &'static str,
    results: &[T],
    value: impl Fn(&T) -> V,
) -> Figure {
    let values = results.iter().map(|result| value(result).into()).collect();
    Figure { name, values, bars: None }
}

impl Figure {
    /// The same with what it has to reach.
    pub(crate) fn bars(self, bars: Bars) -> Self {
        Self { bars: Some(bars), ..self }
    }
}

/// Prints figures with, for every server but the first, how many times more it takes than the first,
/// and whether the bars are reached, which it counts.
pub(crate) fn compare(
    title: &str,
    servers: &[Program],
    figures: &[Figure],
) -> anyhow::Result<Tally> {
    let mut head = vec![String::new()];
    for (index, server) in servers.iter().enumerate() {
        head.push(server.title()?);
        head.extend((index > 0).then(|| "ratio".to_owned()));
    }
    head.extend(["must".to_owned(), "moonshot".to_owned()]);
    let (mut rows, mut tally) = (vec![head], Tally::default());
    for figure in figures {
        let mut row = vec![figure.name.to_owned()];
        for (index, value) in figure.values.iter().enumerate() {
            row.push(number(*value));
            row.extend((index > 0).then(|| match (value, figure.values[0]) {
                (Some(theirs), Some(ours)) => ratio(*theirs, ours),
                _ => "-".to_owned(),
            }));
        }
        let mut judge = |bar: Bar, count: &mut Count| {
            let is_reached = bar.is_reached(servers, &figure.values);
            count.judge(is_reached);
            row.push(match is_reached {
                None => bar.to_string(),
                Some(true) => format!("{bar}: yes"),
                Some(false) => format!("{bar}: no"),
            });
        };
        if let Some(bars) = figure.bars {
            judge(bars.must, &mut tally.must);
            judge(bars.moonshot, &mut tally.moonshot);
        }
        rows.push(row);
    }
    print(title, &rows);
    Ok(tally)
}

fn number(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value.is_nan() => "never".to_owned(),
        Some(value) => format!("{value:.2}"),
    }
}

/// Prints rows under a head, in columns.
#[expect(clippy::print_stdout, reason = "the table is what the program is for")]
pub(crate) fn print(title: &str, rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let lengths = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    let widths: Vec<usize> =
        (0..columns).map(|column| lengths(column).map(String::len).max().unwrap_or(0)).collect();
    println!("\n{title}\n");
    for (index, row) in rows.iter().enumerate() {
        let cells = widths.iter().enumerate().map(|(column, &width)| {
            let cell = row.get(column).map_or("", String::as_str);
            if column == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
        });
        println!("| {} |", cells.collect::<Vec<_>>().join(" | "));
        if index == 0 {
            let rules = widths.iter().enumerate().map(|(column, &width)| {
                if column == 0 { "-".repeat(width) } else { format!("{:->1$}", ":", width.max(1)) }
            });
            println!("| {} |", rules.collect::<Vec<_>>().join(" | "));
        }
    }
}

/// Prints a line below the tables.
#[expect(clippy::print_stdout, reason = "the tables are what the program is for")]
pub(crate) fn conclude(what: &str) {
    println!("\n{what}");
}

/// Says what is being done and how long after the first such word, so that a run of minutes does not look stuck.
#[expect(clippy::print_stderr, reason = "progress is not part of the table")]
pub(crate) fn progress(what: &str) {
    static START: OnceLock<Instant> = OnceLock::new();
    let seconds = START.get_or_init(Instant::now).elapsed().as_secs();
    eprintln!("bench: {seconds:4} s: {what}");
}

/// Says what went wrong.
#[expect(clippy::print_stderr, reason = "the program's last word")]
pub(crate) fn complain(what: &str) {
    eprintln!("regain-bench: {what}");
}

/// How many times larger `theirs` is than `ours`.
pub(crate) fn ratio(theirs: f64, ours: f64) -> String {
    match theirs / ours {
        times if !times.is_finite() => "-".to_owned(),
        times if times < 1.0 => format!("{times:.2}x"),
        times => format!("{times:.1}x"),
    }
}
