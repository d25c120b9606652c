//! The second act: the files of the public demo and a Jenkins.
//!
//! First as they are: whatever the webhook receives triggers the job, so that repeats and the recovery build, too.
//! Then one remediation takes the receiver's place, and the job is built once.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use regain_tests::jenkins::{BuildResult, Jenkins, Job, Run, Server, User};
use regain_tests::process::write_file;

use crate::say;
use crate::stage::{Application, Stage};
use crate::timeline::Timeline;
use crate::watch::{COMMON, HEALING, Watch};

const JOB: &str = "start_app";
const API_TOKEN: &str = "11aa22bb33cc44dd55ee66ff7788990011";
/// How long the job works before the application runs again, as a script over SSH would.
const JOB_WORKS: Duration = Duration::from_secs(6);
/// After this a half of the act has failed.
const LIMIT_S: f64 = 150.0;
/// How long to look after the recovery whether anything is built again.
const CALM_S: f64 = 20.0;

const AS_IT_WAS: [&str; 3] =
    ["second/restart.rules.yml", "second/alertmanager.yml", "second/regain.yml"];
const WITH_A_REMEDIATION: [&str; 4] = [
    "second/restart.rules.yml",
    "second/alertmanager.yml",
    "second/remediations.yml",
    "regain.yml",
];

/// Plays both halves; the errors say what did not come to pass.
pub(crate) fn play(application: &Arc<Application>, dir: &Path) -> anyhow::Result<()> {
    application.house.start_unit()?;
    say("As it was: each notification that reaches Jenkins starts a build");
    let builds = half(application, &dir.join("as-it-was"), &AS_IT_WAS, false)?;
    anyhow::ensure!(builds > 1, "stock traffic triggered {builds} builds; more were expected");
    application.house.start_unit()?;
    say("\nWith one remediation that takes the receiver's place, and nothing else changed");
    let builds = half(application, &dir.join("with-a-remediation"), &WITH_A_REMEDIATION, true)?;
    anyhow::ensure!(builds == 1, "with a remediation, {builds} builds ran instead of one");
    Ok(())
}

/// Kills the application, watches until all is calm again, and returns how many builds there were.
fn half(
    application: &Arc<Application>,
    dir: &Path,
    files: &[&str],
    heals: bool,
) -> anyhow::Result<usize> {
    let jenkins = jenkins(application)?;
    std::fs::create_dir_all(dir)?;
    write_file(&dir.join("token"), API_TOKEN)?;
    let fill = [
        ("jenkins", jenkins.address().port().to_string()),
        ("token", API_TOKEN.to_owned()),
        ("token_file", dir.join("token").display().to_string()),
    ];
    let stage = Stage::start(application, dir, files, &fill)?;
    let mut watch = Watch::new(application, &stage, heals);
    application.house.kill_unit()?;
    let mut timeline = Timeline::start();
    timeline.reach("died", "app.service was killed, and nothing but help brings it back");
    let mut stages: Vec<&'static str> = COMMON.to_vec();
    if heals {
        stages.extend(HEALING);
    }
    let mut seen = 0;
    let mut look_at_builds = |timeline: &mut Timeline| {
        let builds = jenkins.builds(JOB);
        for build in builds.iter().skip(seen) {
            timeline.say("jenkins", &format!("{JOB} #{} is built", build.number));
        }
        seen = builds.len();
    };
    watch.look(&mut timeline, LIMIT_S, |timeline| {
        look_at_builds(timeline);
        Ok(timeline.missing(&stages).is_empty())
    })?;
    let missing = timeline.missing(&stages);
    anyhow::ensure!(
        missing.is_empty(),
        "never seen: {}; the server says:\n{}",
        missing.join(", "),
        stage.complaints()
    );
    let calm_until = timeline.elapsed_s() + CALM_S;
    watch.look(&mut timeline, calm_until, |timeline| {
        look_at_builds(timeline);
        Ok(false)
    })?;
    let builds = jenkins.builds(JOB).len();
    let times = if builds == 1 { "once".to_owned() } else { format!("{builds} times") };
    timeline.say("calm", &format!("{JOB} was built {times} in all"));
    Ok(builds)
}

/// A Jenkins with the job of the public demo, whose script starts the application.
fn jenkins(application: &Arc<Application>) -> anyhow::Result<Server> {
    let application = Arc::clone(application);
    let script = move |run: &Run| {
        run.log("+ sudo systemctl start app");
        thread::sleep(JOB_WORKS);
        match application.house.start_unit() {
            Ok(()) => BuildResult::Success,
            Err(error) => {
                run.log(&format!("{error:#}"));
                BuildResult::Failure
            }
        }
    };
    let admin = User::new("admin", "a password that nobody uses").token(API_TOKEN);
    let job = Job::new().token("token").runs(script);
    Ok(Jenkins::new().user(admin).job(JOB, job).start()?)
}
