use super::*;

#[test]
fn an_id_is_the_same_for_the_same_attempt_and_another_for_any_other() {
    let target = Labels::from_pairs([("instance", "web1")]);
    let id = ExecutionId::of("clean", &target, "e1", 0, 1);
    assert_eq!(id.as_str(), "rx-ecb152f36d033aa90826");
    assert_eq!(ExecutionId::parse(id.as_str()), Some(id.clone()));
    let split = Labels::from_pairs([("instanc", "eweb1")]);
    for other in [
        ExecutionId::of("cleans", &target, "e1", 0, 1),
        ExecutionId::of("clean", &split, "e1", 0, 1),
        ExecutionId::of("clean", &Labels::empty(), "e1", 0, 1),
        ExecutionId::of("clean", &target, "e10", 0, 1),
        ExecutionId::of("clean", &target, "e1", 1, 1),
        ExecutionId::of("clean", &target, "e1", 0, 2),
        ExecutionId::of("clean", &target, "e", 10, 1),
    ] {
        assert_ne!(other, id);
    }
    for broken in ["", "rx-", "rx-1234", "rx-../../../../etc/passwd", "rx-ECB152F36D033AA90826"] {
        assert_eq!(ExecutionId::parse(broken), None, "{broken}");
    }
}

#[test]
fn pitfall_17_job_paths_have_names_and_nothing_else() {
    for (text, url) in [
        ("clean", "job/clean/"),
        ("production/clean", "job/production/job/clean/"),
        ("a b/ü+%2F", "job/a%20b/job/%C3%BC%2B%252F/"),
        ("...", "job/.../"),
        ("job", "job/job/"),
    ] {
        let path = JobPath::parse(text).unwrap();
        assert_eq!(path.url_path(), url);
        assert_eq!(path.to_string(), text);
    }
    let deep = vec!["a"; JobPath::SEGMENTS_MAX].join("/");
    assert!(JobPath::parse(&deep).is_ok());
    let long = "a".repeat(JobPath::SEGMENT_BYTES_MAX);
    assert!(JobPath::parse(&long).is_ok());
    for (text, error) in [
        ("", JobPathError::NoName),
        ("/clean", JobPathError::NoName),
        ("clean/", JobPathError::NoName),
        ("a//b", JobPathError::NoName),
        ("a/../b", JobPathError::NoName),
        (".", JobPathError::NoName),
        ("job/a/job/b", JobPathError::UrlPath),
        (&format!("{deep}/a"), JobPathError::TooDeep),
        (&format!("{long}a"), JobPathError::TooLong),
        ("a?b", JobPathError::Letter { name: "a?b".to_owned(), letter: '?' }),
        ("a\r\nb", JobPathError::Letter { name: "a\r\nb".to_owned(), letter: '\r' }),
        (" a", JobPathError::Blank { name: " a".to_owned() }),
    ] {
        assert_eq!(JobPath::parse(text), Err(error), "{text:?}");
    }
}

#[test]
fn pitfall_17_unit_names_are_those_of_systemd() {
    for name in ["app.service", "worker@3.service", "a-b\\x2dc.mount", "x.y.timer"] {
        assert_eq!(UnitName::parse(name).unwrap().as_str(), name);
    }
    let long = format!("{}.service", "a".repeat(UnitName::BYTES_MAX - 8));
    assert!(UnitName::parse(&long).is_ok());
    for (name, error) in [
        ("app", UnitNameError::NoType),
        ("app.exe", UnitNameError::NoType),
        (".service", UnitNameError::NoName),
        ("@1.service", UnitNameError::NoName),
        ("app@.service", UnitNameError::Template),
        ("../app.service", UnitNameError::Letter('/')),
        ("app.service\n", UnitNameError::Letter('\n')),
        ("app *.service", UnitNameError::Letter(' ')),
        (&format!("a{long}"), UnitNameError::TooLong),
    ] {
        assert_eq!(UnitName::parse(name), Err(error), "{name:?}");
    }
}

#[test]
fn pitfall_17_a_pattern_matches_whole_values_and_no_line_feeds() {
    let pattern = Pattern::new("web[0-9]+|db").unwrap();
    let value = LabelValue { label: "host".to_owned(), pattern, bytes_max: 5 };
    for (text, matches) in [
        ("web1", true),
        ("db", true),
        ("web1x", false),
        ("xdb", false),
        ("web1\n", false),
        ("web11", true),
        ("web111", false),
        ("", false),
    ] {
        let labels = Labels::from_pairs([("host", text)]);
        assert_eq!(value.resolve(&labels).is_ok(), matches, "{text:?}");
    }
}

#[test]
fn an_action_says_what_it_does_and_keeps_its_secrets() {
    let mut env = std::collections::BTreeMap::new();
    env.insert("KEY".to_owned(), regain_http::Secret::new("hunter2"));
    let command = Action::Command(CommandAction {
        program: "/usr/bin/clean".into(),
        arguments: vec![Value::Fixed("hunter2".to_owned())],
        env,
        cwd: "/".into(),
        grace: CommandAction::GRACE,
    });
    assert_eq!((command.kind(), command.to_string().as_str()), ("command", "run /usr/bin/clean"));
    assert!(format!("{command:?}").contains("KEY\": <secret>"));
    let systemd = Action::Systemd(SystemdAction {
        unit: UnitChoice::Fixed(UnitName::parse("app.service").unwrap()),
        verb: regain_systemd::Verb::ResetFailedAndRestart,
        bus: regain_systemd::Bus::System,
    });
    assert_eq!(systemd.to_string(), "reset-failed-and-restart app.service");
}

#[test]
fn an_action_names_the_unit_that_a_label_may_name() {
    let action = |unit| {
        let (verb, bus) = (regain_systemd::Verb::Restart, regain_systemd::Bus::System);
        Action::Systemd(SystemdAction { unit, verb, bus })
    };
    let allow = AllowList {
        names: vec![UnitName::parse("app.service").unwrap()],
        patterns: vec![Pattern::new("worker@[0-9]+\\.service").unwrap()],
    };
    let by_label = action(UnitChoice::Label { label: "unit".to_owned(), allow });
    for (unit, text) in [
        ("app.service", "restart app.service"),
        ("worker@3.service", "restart worker@3.service"),
        ("sshd.service", "restart the unit in label unit"),
        ("app", "restart the unit in label unit"),
        ("", "restart the unit in label unit"),
    ] {
        let labels = Labels::from_pairs([("unit", unit), ("name", "sshd.service")]);
        assert_eq!(by_label.text_for(&labels), text, "{unit:?}");
    }
    assert_eq!(by_label.to_string(), "restart the unit in label unit");
    let fixed = action(UnitChoice::Fixed(UnitName::parse("db.service").unwrap()));
    assert_eq!(fixed.text_for(&Labels::empty()), "restart db.service");
}
