//! Which of the real programs is at hand.

use std::io::Write as _;
use std::path::PathBuf;

use regain_tests::program::Program;

/// The first three numbers of a version.
pub(crate) type Version = [u32; 3];

/// Any version will do.
pub(crate) const ANY: Version = [0; 3];

/// Prometheus 3.0, whose language and API Regain's are.
pub(crate) const MODERN_PROMETHEUS: Version = [3, 0, 0];

/// Whether `program` can be run and is as new as `oldest`; where not, the reason goes past the test's
/// captured output. One without a version was built from its source and counts as new.
pub(crate) fn is_at_hand(program: Program, oldest: Version) -> bool {
    if program.find().unwrap().is_none() {
        skip(&format!("no {} at hand", program.name()));
        return false;
    }
    let new = is_modern(program, oldest);
    if !new {
        skip(&format!("{} is too old", program.title().unwrap()));
    }
    new
}

/// Whether the `program` at hand is as new as `oldest`.
pub(crate) fn is_modern(program: Program, oldest: Version) -> bool {
    let version = program.version().unwrap();
    version.as_deref().and_then(numbers).is_none_or(|version| version >= oldest)
}

/// The tool that comes with the Prometheus at hand, if there is one.
pub(crate) fn promtool() -> Option<PathBuf> {
    if !is_at_hand(Program::Prometheus, MODERN_PROMETHEUS) {
        return None;
    }
    let path = Program::Prometheus.need().unwrap().with_file_name("promtool");
    if !path.is_file() {
        skip("no promtool beside Prometheus");
        return None;
    }
    Some(path)
}

/// Says that something is not tested, where everybody sees it.
pub(crate) fn skip(why: &str) {
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    writeln!(std::io::stderr(), "SKIPPED {name}: {why}").unwrap();
}

/// The three numbers of a version.
pub(crate) fn numbers(version: &str) -> Option<Version> {
    let parts: Vec<u32> = version.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    parts.try_into().ok()
}
