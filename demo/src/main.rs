//! The demo: a service dies, and is healed before your eyes.
//!
//! The first act heals through systemd, with nothing but labels and one remediation. The second takes the
//! files of the public demo of 2017 as they were and sends alerts to Jenkins: first as stock traffic does,
//! which starts several builds, then with one remediation added, which starts one.

mod house;
mod python;

mod timeline;

mod stage;
mod watch;

mod first;
mod second;

use std::process::ExitCode;
use std::sync::Arc;

use stage::Application;

const USAGE: &str = "usage: regain-demo [1|2]   (both acts without a number)";

fn main() -> ExitCode {
    match play() {
        Ok(()) => {
            say("Both ends meet: it died, it was seen, it was healed once, and everybody knows.");
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("The demo failed: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the demo is there to be watched")]
fn say(line: &str) {
    println!("{line}");
}

fn play() -> anyhow::Result<()> {
    let act = std::env::args().nth(1);
    anyhow::ensure!(matches!(act.as_deref(), None | Some("1" | "2")), "{USAGE}");
    let python = python::python()?;
    house::enter()?;
    let dir = tempfile::tempdir()?;
    say(
        "Starting systemd, the application, the exporter and the server; everything is scraped every 5 s.",
    );
    let application = Arc::new(Application::start(dir.path(), &python)?);
    if act.as_deref() != Some("2") {
        say("\nAct one: systemd restarts what died");
        first::play(&application, &dir.path().join("first"))?;
    }
    if act.as_deref() != Some("1") {
        say("\nAct two: the files of the public demo, and Jenkins");
        second::play(&application, &dir.path().join("second"))?;
    }
    Ok(())
}
