//! What a run prints.

/// One figure of every server; less is better.
#[derive(Debug)]
pub(crate) struct Figure {
    /// What it is, with its unit.
    pub(crate) name: &'static str,
    /// The values, in the order of the servers.
    pub(crate) values: Vec<f64>,
}

/// The figure `name` of every server's results.
pub(crate) fn figure<T>(name: &'static str, results: &[T], value: fn(&T) -> f64) -> Figure {
    Figure { name, values: results.iter().map(value).collect() }
}

/// Prints figures with, for every server but the first, how many times more it takes than the first.
pub(crate) fn compare(title: &str, servers: &[String], figures: &[Figure]) {
    let mut head = vec![String::new()];
    for (index, server) in servers.iter().enumerate() {
        head.push(server.clone());
        head.extend((index > 0).then(|| "ratio".to_owned()));
    }
    let mut rows = vec![head];
    for figure in figures {
        let mut row = vec![figure.name.to_owned()];
        for (index, value) in figure.values.iter().enumerate() {
            row.push(if value.is_nan() { "never".to_owned() } else { format!("{value:.2}") });
            row.extend((index > 0).then(|| ratio(*value, figure.values[0])));
        }
        rows.push(row);
    }
    print(title, &rows);
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

/// Says what is being done, so that a run of minutes does not look stuck.
#[expect(clippy::print_stderr, reason = "progress is not part of the table")]
pub(crate) fn progress(what: &str) {
    eprintln!("bench: {what}");
}

/// Says what went wrong.
#[expect(clippy::print_stderr, reason = "the program's last word")]
pub(crate) fn complain(what: &str) {
    eprintln!("regain-bench: {what}");
}

/// How many times larger `theirs` is than `ours`.
pub(crate) fn ratio(theirs: f64, ours: f64) -> String {
    if ours > 0.0 && !theirs.is_nan() { format!("{:.1}x", theirs / ours) } else { "-".to_owned() }
}
