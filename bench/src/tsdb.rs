//! What collecting and keeping cost, beside the peers: every row but those of queries.
//!
//! Each part starts every server in turn with fresh directories, so that one has the machine for itself
//! while it is measured, and prints its table at once.

mod create;
mod disk;
mod push;
mod rules;
mod scrape;
mod start;

use std::time::Instant;

use crate::bar::Tally;
use crate::settings::now;
use crate::table;

type Part = (&'static str, fn() -> anyhow::Result<Tally>);

/// The parts by the names under which one can be asked for.
const PARTS: [Part; 5] = [
    ("start", start::run),
    ("scrape", scrape::run),
    ("push", push::run),
    ("disk", disk::run),
    ("create", create::run),
];

/// Runs the named parts, all where none is named, and prints how many bars were reached.
pub(crate) fn run(named: &[&str]) -> anyhow::Result<()> {
    let is_known = |name: &&str| PARTS.iter().any(|(known, _)| known == name);
    if let Some(name) = named.iter().find(|name| !is_known(name)) {
        let known = PARTS.map(|(name, _)| name).join(", ");
        anyhow::bail!("no part {name:?}; there are {known}");
    }
    let (start, mut tally) = (Instant::now(), Tally::default());
    for (name, part) in PARTS {
        if named.is_empty() || named.contains(&name) {
            tally.add(part()?);
        }
    }
    let (must, moonshot, seconds) = (tally.must, tally.moonshot, start.elapsed().as_secs());
    table::conclude(&format!(
        "Of what must be, {must} hold; of the moonshots, {moonshot}. The run took {seconds} s."
    ));
    Ok(())
}

/// The last whole step before now.
fn last_step_s() -> u64 {
    now().as_secs() / crate::load::STEP_S * crate::load::STEP_S
}
