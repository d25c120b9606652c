//! A crate may use crates on floors below its own, and none on its own floor or above.
//!
//! The table is ARCHITECTURE.md's; both change together.

use std::path::Path;

use crate::complaint::Complaints;
use crate::sources::Sources;

/// The floor of each crate.
const FLOORS: [(&str, u8); 30] = [
    ("go-format", 0),
    ("go-regexp", 0),
    ("yaml", 0),
    ("protowire", 0),
    ("model", 1),
    ("go-template", 1),
    ("exposition", 2),
    ("metrics", 3),
    ("storage", 3),
    ("http", 4),
    ("systemd", 4),
    ("discovery", 5),
    ("tsdb", 5),
    ("prometheus-tsdb", 5),
    ("promql", 5),
    ("remote", 5),
    ("scrape", 6),
    ("rules", 6),
    ("alerting", 6),
    ("cluster", 6),
    ("collectors", 6),
    ("healing", 7),
    ("config", 8),
    ("api", 9),
    ("web-ui", 9),
    ("regain", 10),
    ("tests", 10),
    ("bench", 11),
    ("demo", 11),
    ("fuzz", 11),
];

/// Crates of the house that must stay free of the asynchronous runtime.
const SYNCHRONOUS: [&str; 5] = ["storage", "tsdb", "prometheus-tsdb", "promql", "model"];

/// Complains about manifests that break the table, and about a table that ARCHITECTURE.md lacks.
pub(crate) fn check(sources: &Sources, complaints: &mut Complaints) {
    let architecture = sources.get(Path::new("ARCHITECTURE.md")).map_or("", |file| &file.text);
    for source in sources.iter().filter(|source| source.path.ends_with("Cargo.toml")) {
        let dir = source.path.parent().unwrap_or(Path::new(""));
        let name = dir.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.is_empty() || name == "xtask" {
            continue;
        }
        let Some(floor) = floor_of(name) else {
            complaints.about(name, "the crate has no floor; add it to the table in xtask");
            continue;
        };
        if dir.starts_with("crates") && !architecture.contains(&format!("`{name}`")) {
            complaints.about(name, "ARCHITECTURE.md does not name this crate");
        }
        for line in source.text.lines() {
            let used = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if let Some(used) = used.strip_prefix("regain-")
                && let Some(below) = floor_of(used)
                && below >= floor
            {
                let what = format!("floor {floor} may not use `{used}` on floor {below}");
                complaints.about(name, &what);
            }
            if used == "tokio" && SYNCHRONOUS.contains(&name) {
                complaints.about(name, "this crate is synchronous and may not use tokio");
            }
        }
    }
}

fn floor_of(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor)
}
