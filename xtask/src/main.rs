//! The checks of the house that no compiler makes: `cargo xtask tidy`.

use std::path::Path;
use std::process::ExitCode;

mod complaint;
mod sources;

mod floors;
mod licences;
mod modules;
mod text;

use complaint::Complaints;
use sources::Sources;

const USAGE: &str = "usage: cargo xtask tidy";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("tidy"), None) => match tidy() {
            Ok(complaints) => complaints.report(),
            Err(error) => fail(&format!("xtask: {error:#}")),
        },
        _ => fail(USAGE),
    }
}

#[expect(clippy::print_stderr, reason = "this is the program's face")]
fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(2)
}

fn tidy() -> anyhow::Result<Complaints> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace");
    let sources = Sources::read(root)?;
    let mut complaints = Complaints::default();
    text::check(&sources, &mut complaints);
    modules::check(&sources, &mut complaints);
    floors::check(&sources, &mut complaints);
    licences::check(root, &mut complaints)?;
    Ok(complaints)
}
