use super::*;

static FLAGS: &[Flag] = &[
    Flag::switch("help", "Show help.").short('h'),
    Flag::switch("web.enable-lifecycle", "Enable shutdown and reload."),
    Flag::new("query.timeout", Kind::Duration, "2m", "Maximum time."),
    Flag::new("storage.size", Kind::Size, "0B", "Maximum size."),
    Flag::new("query.max-samples", Kind::Integer, "5e7", "Maximum."),
    Flag::new("web.listen-address", Kind::Text, "0.0.0.0:9090", "Address.").repeated(),
    Flag::switch("web.enable-admin-api", "Not there.").not_built(),
];

static PROGRAM: Command =
    Command { name: "program", about: "About.", flags: &[FLAGS], ..Command::PLAIN };

static TOOL: Command = Command {
    name: "tool",
    about: "A tool.",
    flags: &[BASIC_FLAGS],
    unbuilt: &["tsdb"],
    arguments: &[],
    commands: &[Command {
        name: "query",
        about: "Asks.",
        flags: &[&[
            Flag::new("format", Kind::Choice(&["promql", "json"]), "promql", "How.").short('o')
        ]],
        unbuilt: &["analyze"],
        arguments: &[],
        commands: &[Command {
            name: "series",
            about: "Asks for series.",
            flags: &[&[Flag::new("match", Kind::Text, "", "Which.").repeated().required()]],
            arguments: &[
                Argument::new("server", Kind::Text, "Whom."),
                Argument::new("files", Kind::Text, "What.").repeated(),
            ],
            ..Command::PLAIN
        }],
    }],
};

fn parse(program: &'static Command, arguments: &[&str]) -> Result<Line, String> {
    let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
    match Line::parse(program, &arguments) {
        (line, errors) if errors.is_empty() => Ok(line),
        (_, errors) => Err(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
    }
}

#[test]
fn fills_in_defaults_and_takes_given_values() {
    let line = parse(&PROGRAM, &["--query.timeout", "30s", "--web.enable-lifecycle"]).unwrap();
    assert_eq!(line.millis("query.timeout"), 30_000);
    assert_eq!(line.integer("query.max-samples"), 50_000_000);
    assert!(line.is_on("web.enable-lifecycle"));
    assert!(line.is_given("query.timeout") && !line.is_given("storage.size"));
    assert_eq!(line.texts("web.listen-address"), ["0.0.0.0:9090"]);
    let given = ["--web.listen-address=a:1", "--web.listen-address=b:2"];
    assert_eq!(parse(&PROGRAM, &given).unwrap().texts("web.listen-address"), ["a:1", "b:2"]);
    assert!(
        !parse(&PROGRAM, &["--no-web.enable-lifecycle"]).unwrap().is_on("web.enable-lifecycle")
    );
    assert!(parse(&PROGRAM, &["--no-web.enable-admin-api"]).is_ok());
}

#[test]
fn says_what_is_wrong_as_the_originals_do_and_all_of_it() {
    let cases: [(&[&str], &str); 11] = [
        (&["--foo"], "unknown long flag '--foo'"),
        (&["--no-query.timeout"], "unknown long flag '--no-query.timeout'"),
        (&["stray"], "unexpected stray"),
        (&["--web.enable-lifecycle=3"], "unexpected 3"),
        (&["--query.timeout"], "expected argument for flag '--query.timeout'"),
        (&["--query.max-samples", "-5"], "expected argument for flag '--query.max-samples'"),
        (&["-zz"], "unknown short flag '-z'"),
        (
            &["--query.timeout=5", "--bad"],
            "unknown long flag '--bad'; not a valid duration string: \"5\"",
        ),
        (&["--query.timeout=5m", "--query.timeout=5m"], "flag 'query.timeout' cannot be repeated"),
        (
            &["--web.enable-admin-api"],
            "flag '--web.enable-admin-api' asks for a feature that is not built yet",
        ),
        (
            &["@/nowhere"],
            "failed to open arguments file \"/nowhere\": No such file or directory (os error 2)",
        ),
    ];
    for (arguments, expected) in cases {
        assert_eq!(parse(&PROGRAM, arguments).unwrap_err(), expected, "{arguments:?}");
    }
}

#[test]
fn hints_at_the_flag_that_was_meant() {
    let arguments = ["--query.timeot=1m".to_owned()];
    let (_, errors) = Line::parse(&PROGRAM, &arguments);
    assert_eq!(errors[0].hint().unwrap(), "did you mean '--query.timeout'?");
}

#[test]
fn finds_commands_between_their_flags() {
    let line = parse(&TOOL, &["query", "-ojson", "series", "http://x", "--match", "up", "f", "g"]);
    let line = line.unwrap();
    assert_eq!(line.commands, ["query", "series"]);
    assert_eq!(line.arguments, ["http://x", "f", "g"]);
    assert_eq!((line.text("format"), line.text("match")), ("json", "up"));
    let cases: [(&[&str], &str); 6] = [
        (&["frobnicate", "--x"], "expected command but got \"frobnicate\""),
        (&["tsdb", "list"], "command \"tsdb\" is not built yet"),
        (&["query", "analyze"], "command \"query analyze\" is not built yet"),
        (&["query"], "must select a subcommand of 'query'"),
        (
            &["query", "series"],
            "required flag(s) '--match' not provided; required argument 'server' not provided; \
             required argument 'files' not provided",
        ),
        (&["query", "-o", "xml"], "enum value must be one of promql,json, got 'xml'"),
    ];
    for (arguments, expected) in cases {
        assert_eq!(parse(&TOOL, arguments).unwrap_err(), expected, "{arguments:?}");
    }
}

#[test]
fn help_shows_what_works_with_its_default() {
    let page = usage("prometheus", &[&PROGRAM]);
    assert!(page.starts_with("usage: prometheus [<flags>]\n\nAbout.\n\n\nFlags:\n"), "{page}");
    assert!(page.contains("  -h, --[no-]help                Show help.\n"), "{page}");
    assert!(page.contains("      --query.timeout=2m         Maximum time.\n"), "{page}");
    assert!(!page.contains("admin-api"), "{page}");
    let page = usage("tool", &[&TOOL]);
    assert!(page.contains("  query series <server> <files>...\n    Asks for series.\n"), "{page}");
}
