//! `remediations.yml` and `regain.yml`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use regain_config::{
    LimitsOf, MemoryLimit, load_regain_text, load_remediation_files, load_remediation_text,
};
use regain_healing::order::{Action, JenkinsLogin, JobChoice, JobPath, Value};
use regain_healing::settings::{Mode, OnUnknown, StepKind};
use regain_model::Labels;

const FULL: &str = r#"
servers:
- name: main
  jenkins:
    url: https://ci.example/jenkins
    user: regain
    token_file: token
    allow: [production/clean_data_worker, production/start_app]
limits: {concurrent: 2, storm: {targets: 5, within: 1m}}
escalate_to: people
remediations:
- name: by-label
  mode: auto
  limits: {cooldown: 5m, max: [{runs: 2, per: 1h}]}
  when: {firing_for: 10s, not_after: 15m, guard: 'count(up{job="app"} == 1) > 2'}
  steps:
  - jenkins:
      server: main
      job: {label: jenkins_job, folder: production}
      parameters: {HOST: {label: instance, regex: '[a-z0-9.:-]{1,64}'}}
    timeout: 10m
    attempts: 2
    verify: {stable_for: 1m, within: 2m}
  - notify: {receiver: pager, reason: it did not help}
- name: unit
  match: ['alertname="AppDown"', 'severity=~"high|critical"']
  steps:
  - systemd: {unit: app.service, bus: user}
    idempotent: true
    on_unknown: retry
    verify:
      expr: 'node_systemd_unit_state{name="app.service",state="active",instance="{{ $labels.instance }}"} == 1'
"#;

fn text(text: &str) -> Result<regain_config::LoadedRemediations, String> {
    load_remediation_text(Path::new("/etc/regain/heal.yml"), text)
        .map_err(|error| error.to_string())
}

#[test]
fn reads_a_whole_file() {
    let loaded = text(FULL).unwrap();
    assert_eq!((loaded.warnings.len(), loaded.unbuilt.len()), (0, 0));
    let settings = loaded.settings;
    assert_eq!((settings.limits.concurrent, settings.limits.storm.targets), (2, 5));
    let [by_label, unit] = &*settings.list else { panic!("two remediations") };
    assert_eq!((by_label.mode, unit.mode), (Mode::Auto, Mode::Shadow));
    let StepKind::Act(action) = &by_label.steps[0].kind else { panic!("an action") };
    let Action::Jenkins(jenkins) = &**action else { panic!("a Jenkins") };
    let folder = Some(JobPath::parse("production").unwrap());
    assert_eq!(jenkins.job, JobChoice::Label { label: "jenkins_job".to_owned(), folder });
    let file = PathBuf::from("/etc/regain/token");
    assert_eq!(jenkins.server.login, JenkinsLogin::Token { user: "regain".to_owned(), file });
    assert_eq!(jenkins.server.url.as_str(), "https://ci.example/jenkins/");
    assert!(
        matches!(&jenkins.parameters["HOST"], Value::Label(label) if label.label == "instance")
    );
    assert_eq!(by_label.steps[0].timeout, Duration::from_mins(10));
    assert_eq!(by_label.steps[1].what(), "notify pager");
    assert_eq!(unit.steps[0].on_unknown, OnUnknown::Retry);
    assert_eq!(unit.steps[0].what(), "restart app.service");
}

#[test]
fn labels_alone_are_enough() {
    let loaded = text(FULL).unwrap();
    let by_label = &loaded.settings.list[0];
    let asks =
        |pairs: &[(&str, &str)]| by_label.matches(&Labels::from_pairs(pairs.iter().copied()));
    assert!(asks(&[("selfhealing", "true"), ("jenkins_job", "start_app"), ("instance", "a")]));
    assert!(!asks(&[("selfhealing", "true"), ("instance", "a")]));
    assert!(!asks(&[("jenkins_job", "start_app"), ("instance", "a")]));
}

#[test]
fn reports_all_mistakes_with_their_places() {
    let wrong = r#"servers:
- name: main
  jenkins: {url: "https://user:secret@ci", user: x}
remediations:
- name: a b
  mod: auto
  match: []
  target: [job]
  steps:
  - systemd: {unit: app}
    on_unknown: retry
  - notify: {receiver: p}
  - command: {argv: [restart]}
  - systemd: {unit: b.service}
- name: c
  match: ['a="']
  when: {guard: 'up{'}
  steps:
  - jenkins: {server: other, job: job/a/job/b}
    http: {url: "http://h/"}
"#;
    let errors = text(wrong).unwrap_err();
    for wanted in [
        "heal.yml:3:18: the url must not hold a user or a password",
        "heal.yml:3:50: a user needs token_file or password_file",
        "heal.yml:5:9: name must be letters",
        "heal.yml:6:3: field mod not found in type remediation (did you mean \"mode\"?)",
        "heal.yml:7:10: match must name at least one label",
        "heal.yml:8:11: without the label instance in target",
        "heal.yml:10:21: a unit name ends with its type",
        "heal.yml:11:17: on_unknown: retry needs idempotent: true",
        "heal.yml:13:21: argv begins with the absolute path",
        "heal.yml:16:11: ",
        "heal.yml:17:17: ",
        "a step has exactly one of systemd, command, http, jenkins, notify",
        "there is no server \"other\"",
        "a job path is written without \"job/\"",
    ] {
        assert!(errors.contains(wanted), "{wanted}\nis not in\n{errors}");
    }
    assert!(!errors.contains("secret"), "{errors}");
}

#[test]
fn pitfall_17_a_job_in_a_label_needs_a_list_of_what_is_allowed() {
    let open =
        FULL.replace("allow: [production/clean_data_worker, production/start_app]", "allow: []");
    let error = text(&open).unwrap_err();
    assert!(error.contains("allows no jobs to be named by labels"), "{error}");
}

#[test]
fn warns_where_nobody_is_told_and_of_urls_of_jenkins() {
    let quiet = r#"
remediations:
- name: hook
  match: ['a="b"']
  steps:
  - http: {url: "http://jenkins:8080/job/production/clean_data_worker/build"}
"#;
    let warnings: Vec<String> =
        text(quiet).unwrap().warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[1].contains("heal.yml:6:17: if this is a Jenkins"), "{warnings:?}");
    assert!(warnings[0].contains("nobody is told when hook does not heal"), "{warnings:?}");
}

#[test]
fn several_files_are_one_configuration() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::File::create(&path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
            .unwrap();
        path
    };
    let servers =
        write("servers.yml", "servers:\n- name: main\n  jenkins: {url: http://ci, allow: [a]}\n");
    let step = "  steps:\n  - jenkins: {server: main, job: {label: jenkins_job}}\n";
    let one = write("one.yml", &format!("escalate_to: p\nremediations:\n- name: one\n{step}"));
    let two = write("two.yml", &format!("remediations:\n- name: one\n{step}"));
    let loaded = load_remediation_files(&[one.clone(), servers.clone()]).unwrap();
    assert_eq!(loaded.settings.list.len(), 1);
    let error = load_remediation_files(&[servers, one, two]).unwrap_err().to_string();
    assert!(error.ends_with("two.yml:2:9: there is another remediation \"one\""), "{error}");
}

fn reads_limits(path: &Path) {
    let limits = |text: &str| {
        let text = format!("storage: {{limits: {text}}}\n");
        load_regain_text(path, &text).map(|file| file.limits)
    };
    let default = load_regain_text(path, "{}").unwrap().limits;
    assert_eq!(default.memory, MemoryLimit::Percent(80.0));
    assert_eq!((default.series_per_metric, default.series_per_job, default.jobs.len()), (0, 0, 0));
    let jobs = "jobs: [{job: a, series: 0}, {job: b, priority: -3}]";
    let text = format!("{{memory: 2GiB, series_per_metric: 10, series_per_job: 20, {jobs}}}");
    let set = limits(&text).unwrap();
    assert_eq!(set.memory, MemoryLimit::Bytes(2 << 30));
    assert_eq!((set.series_per_metric, set.series_per_job), (10, 20));
    let of = |job: &str, series, priority| LimitsOf { job: job.to_owned(), series, priority };
    assert_eq!(set.jobs, [of("a", Some(0), 0), of("b", None, -3)]);
    for (text, memory) in [
        ("{memory: 62.5%}", MemoryLimit::Percent(62.5)),
        ("{memory: 0}", MemoryLimit::Bytes(0)),
        ("{memory: 0%}", MemoryLimit::Bytes(0)),
    ] {
        assert_eq!(limits(text).unwrap().memory, memory, "{text}");
    }
    for (text, message) in [
        ("{memory: 120%}", "\"120%\" is not between 0% and 100%"),
        ("{memory: much}", "\"much\" is neither a size such as 4GiB nor a part such as 80%"),
        ("{memory: -1GB}", "\"-1GB\" is neither a size"),
        ("{series_per_metric: -1}", "-1"),
        ("{jobs: [{series: 3}]}", "job"),
        ("{jobs: [{job: a}]}", "a job needs series or priority"),
        (
            "{jobs: [{job: a, series: 1}, {job: a, priority: 1}]}",
            "the job \"a\" has limits already",
        ),
        ("{series: 3}", "field series not found"),
    ] {
        let error = limits(text).unwrap_err().to_string();
        assert!(error.contains("regain.yml:1:") && error.contains(message), "{text}: {error}");
    }
}

#[test]
fn reads_what_regain_has_of_its_own() {
    let path = Path::new("/etc/regain/regain.yml");
    let text = "alerting: {config_file: alertmanager.yml, keep_group_state: true}\n\
                healing: {remediations: [heal.yml, /srv/more.yml]}\n";
    let file = load_regain_text(path, text).unwrap();
    let alerting = file.alerting.unwrap();
    assert_eq!(alerting.config_file, Path::new("/etc/regain/alertmanager.yml"));
    assert!(alerting.keep_group_state);
    let healing = file.healing.unwrap();
    assert_eq!(
        healing.remediations,
        [Path::new("/etc/regain/heal.yml"), Path::new("/srv/more.yml")]
    );
    let text = "storage:\n  retention:\n  - {match: '{__name__=~\"go_.+\"}', time: 2d}\n";
    let [kept] = &load_regain_text(path, text).unwrap().retention[..] else { panic!("not one") };
    assert_eq!((kept.time, kept.matchers.len()), (Duration::from_hours(48), 1));
    assert_eq!(kept.matchers[0].to_string(), "__name__=~\"go_.+\"");
    for (text, place, message) in [
        ("[{match: 'up{', time: 2d}]", "1:31", "unexpected end of input inside braces"),
        ("[{match: up}]", "1:23", "time must be longer than 0"),
        ("[{time: 1d}]", "1:23", "match is missing"),
        ("[{match: up, time: 0s}]", "1:41", "time must be longer than 0"),
    ] {
        let text = format!("storage: {{retention: {text}}}\n");
        let error = load_regain_text(path, &text).unwrap_err().to_string();
        assert!(error.contains(&format!("regain.yml:{place}: ")), "{text}{error}");
        assert!(error.contains(message), "{text}{error}");
    }
    reads_limits(path);
    let error = load_regain_text(path, "alertin: {}\nhealing: {}\n").unwrap_err().to_string();
    assert!(error.contains("regain.yml:1:1: field alertin not found"), "{error}");
    assert!(error.contains("regain.yml:2:10: healing needs at least one file"), "{error}");
}
