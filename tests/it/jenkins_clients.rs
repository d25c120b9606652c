//! Two independent clients from the package registry prove the stand-in for Jenkins.

use std::path::{Path, PathBuf};
use std::process::Command;

use regain_tests::jenkins::{BuildResult, Jenkins, Job, Server, User};

#[test]
fn independent_clients_understand_the_stand_in() {
    let Some(python) = python() else { return };
    // An API token needs no crumb, a password does, and its session.
    for (prefix, secret) in [("", "11aa22"), ("/jenkins", "hunter2")] {
        let server = jenkins(prefix);
        drive(&python, &server, secret);

        let builds = server.builds("production/clean_data_worker");
        let ids = builds.iter().map(|build| build.parameters["REGAIN_EXECUTION_ID"].as_str());
        assert_eq!(ids.collect::<Vec<_>>(), ["rx-1", "rx-2"], "{builds:?}");
        let start_app = server.builds("start_app");
        assert_eq!(start_app.len(), 2, "{start_app:?}");
        assert_eq!(start_app[0].causes, ["Started by remote host 127.0.0.1"]);
        assert_eq!(start_app[1].causes, ["Started by user admin"]);
        assert!(
            server
                .builds("production/forever")
                .iter()
                .all(|build| build.result == Some(BuildResult::Aborted)),
            "a build that was stopped is aborted"
        );
        let posts = server.requests().into_iter().filter(|request| request.method == "POST");
        assert!(
            posts.clone().all(|post| post.status != 403 || post.target.contains("token=wrong"))
        );
    }
}

fn jenkins(prefix: &str) -> Server {
    let worker =
        Job::new().parameter("HOST", "").parameter("REGAIN_EXECUTION_ID", "").runs(|run| {
            run.log(&format!("cleaned {}\n", run.parameters["HOST"]));
            BuildResult::Success
        });
    let forever = Job::new().runs(|run| {
        run.wait_for_stop();
        BuildResult::Success
    });
    Jenkins::new()
        .prefix(prefix)
        .user(User::new("admin", "hunter2").token("11aa22"))
        .job("start_app", Job::new().token("token"))
        .job("production/clean_data_worker", worker)
        .job("production/forever", forever.clone())
        .job("flow", forever.pipeline())
        .start()
        .unwrap()
}

fn drive(python: &Path, server: &Server, secret: &str) {
    let script = here().join("drive.py");
    let output = Command::new(python)
        .args([script.as_os_str(), server.url().as_ref(), "admin".as_ref(), secret.as_ref()])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let log: Vec<String> = server
        .requests()
        .iter()
        .map(|request| format!("{} {} {}", request.status, request.method, request.target))
        .collect();
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stderr),
        log.join("\n")
    );
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("it/jenkins_clients")
}

/// A Python with the clients, in an environment below `target`; nothing where it cannot be made.
#[expect(clippy::print_stderr, reason = "a skipped proof has to show")]
fn python() -> Option<PathBuf> {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("jenkins-clients");
    let python = environment.join("bin/python3");
    let requirements = here().join("requirements.txt");
    let installed = environment.join("requirements.txt");
    let wanted = std::fs::read(&requirements).unwrap();
    if std::fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Some(python);
    }
    let mut create = Command::new("python3");
    create.args(["-m", "venv", "--clear"]).arg(&environment);
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
    install.arg(&requirements);
    for mut step in [create, install] {
        match step.output() {
            Ok(output) if output.status.success() => {}
            failed => {
                eprintln!("SKIPPED: no independent clients of Jenkins: {step:?}: {failed:?}");
                return None;
            }
        }
    }
    // What is installed is known only after all of it is.
    std::fs::copy(&requirements, &installed).unwrap();
    Some(python)
}
