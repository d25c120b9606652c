//! The first act: systemd's unit dies, one remediation restarts it.

use std::path::Path;

use crate::stage::{Application, Stage};
use crate::timeline::Timeline;
use crate::watch::{COMMON, HEALING, Watch};

const FILES: [&str; 4] =
    ["first/restart.rules.yml", "first/alertmanager.yml", "first/remediations.yml", "regain.yml"];
/// After this the act has failed.
const LIMIT_S: f64 = 150.0;
/// How long to look after the recovery whether anything is started again.
const CALM_S: f64 = 15.0;

/// Plays the act; the errors say what did not come to pass.
pub(crate) fn play(application: &Application, dir: &Path) -> anyhow::Result<()> {
    let stage = Stage::start(application, dir, &FILES, &[])?;
    let mut watch = Watch::new(application, &stage, true);
    application.house.kill_unit()?;
    let mut timeline = Timeline::start();
    timeline.reach("died", "app.service was killed, and nothing but help brings it back");
    let stages: Vec<&'static str> = COMMON.into_iter().chain(HEALING).collect();
    watch.look(&mut timeline, LIMIT_S, |timeline| Ok(timeline.missing(&stages).is_empty()))?;
    let missing = timeline.missing(&stages);
    anyhow::ensure!(
        missing.is_empty(),
        "never seen: {}; the server says:\n{}",
        missing.join(", "),
        stage.complaints()
    );
    let calm_until = timeline.elapsed_s() + CALM_S;
    watch.look(&mut timeline, calm_until, |_| Ok(false))?;
    let runs = watch.runs();
    anyhow::ensure!(runs == 1, "{runs} remediations ran");
    timeline.say("calm", "exactly one remediation ran, and none on the recovery");
    Ok(())
}
