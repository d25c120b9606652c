//! What a run prints.

/// Prints rows under a head, in columns.
#[expect(clippy::print_stdout, reason = "the table is what the program is for")]
pub(crate) fn print(title: &str, rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(String::len).max();
    println!("\n{title}\n");
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<String> = (0..columns)
            .map(|column| {
                let cell = row.get(column).map_or("", String::as_str);
                let width = width(column).unwrap_or_default();
                if column == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
            })
            .collect();
        println!("| {} |", cells.join(" | "));
        if index == 0 {
            let rules: Vec<String> =
                (0..columns).map(|column| "-".repeat(width(column).unwrap_or_default())).collect();
            println!("| {} |", rules.join(" | "));
        }
    }
}

/// Says what is being done, so that a run of minutes does not look stuck.
#[expect(clippy::print_stderr, reason = "progress is not part of the table")]
pub(crate) fn progress(what: &str) {
    eprintln!("bench: {what}");
}

/// Says why the run ended.
#[expect(clippy::print_stderr, reason = "the program's last word")]
pub(crate) fn complain(what: &str) {
    eprintln!("regain-bench: {what}");
}

/// How many times larger `theirs` is than `ours`.
pub(crate) fn ratio(theirs: f64, ours: f64) -> String {
    if ours > 0.0 { format!("{:.1}x", theirs / ours) } else { "-".to_owned() }
}
