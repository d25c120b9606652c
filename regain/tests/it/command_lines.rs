//! Bad command lines: what they are answered, and that the originals answer the same.

use std::path::Path;
use std::process::Command;

use super::program::{Names, original, run, text};

/// A command line, its exit code, and the lines on standard error without the hints.
type Case = (&'static str, i32, &'static [&'static str]);

const NODE: &[Case] = &[
    ("--foo", 1, &["node_exporter: error: unknown long flag '--foo', try --help"]),
    ("stray", 1, &["node_exporter: error: unexpected stray, try --help"]),
    ("-z", 1, &["node_exporter: error: unknown short flag '-z', try --help"]),
    ("--collector.cpu=3", 1, &["node_exporter: error: unexpected 3, try --help"]),
    (
        "--web.max-requests=x",
        1,
        &["node_exporter: error: strconv.ParseFloat: parsing \"x\": invalid syntax, try --help"],
    ),
    ("--log.level=loud", 1, &["node_exporter: error: unrecognized log level loud, try --help"]),
    (
        "--web.telemetry-path",
        1,
        &["node_exporter: error: expected argument for flag '--web.telemetry-path', try --help"],
    ),
    (
        "--no-web.telemetry-path=x",
        1,
        &["node_exporter: error: unknown long flag '--no-web.telemetry-path', try --help"],
    ),
    (
        "--collector.filesystem.mount-timeout=5",
        1,
        &["node_exporter: error: time: missing unit in duration \"5\", try --help"],
    ),
    (
        "--path.procfs=/a --path.procfs=/b",
        1,
        &["node_exporter: error: flag 'path.procfs' cannot be repeated, try --help"],
    ),
    ("-", 1, &["node_exporter: error: unexpected , try --help"]),
    (
        "--web.max-requests -5",
        1,
        &["node_exporter: error: expected argument for flag '--web.max-requests', try --help"],
    ),
];

const PROMTOOL: &[Case] = &[
    ("frobnicate", 1, &["promtool: error: expected command but got \"frobnicate\", try --help"]),
    ("check", 1, &["promtool: error: must select a subcommand of 'check', try --help"]),
    (
        "check config",
        1,
        &["promtool: error: required argument 'config-files' not provided, try --help"],
    ),
    ("check rules /nowhere", 1, &["promtool: error: path '/nowhere' does not exist, try --help"]),
    (
        "check web-config /nowhere",
        1,
        &["promtool: error: path '/nowhere' does not exist, try --help"],
    ),
    (
        "query series http://127.0.0.1:1",
        1,
        &["promtool: error: required flag(s) '--match' not provided, try --help"],
    ),
    (
        "query -o xml instant http://127.0.0.1:1 up",
        1,
        &["promtool: error: enum value must be one of promql,json, got 'xml', try --help"],
    ),
    (
        "query instant http://127.0.0.1:1 up --header=foo",
        1,
        &["promtool: error: expected KEY=VALUE got 'foo', try --help"],
    ),
    (
        "query range http://127.0.0.1:1 up --start=5 --end=4",
        1,
        &["start time is not before end time"],
    ),
    (
        "query range http://127.0.0.1:1 up --start=x",
        1,
        &["error parsing start time: cannot parse \"x\" to a valid timestamp"],
    ),
    (
        "query instant http://127.0.0.1:1 up",
        1,
        &[
            "query error: Post \"http://127.0.0.1:1/api/v1/query\": dial tcp 127.0.0.1:1: connect: connection refused",
        ],
    ),
];

const SERVER: &[Case] = &[
    (
        "--foo",
        1,
        &[
            "Error parsing command line arguments: unknown long flag '--foo'",
            "prometheus: error: unknown long flag '--foo'",
        ],
    ),
    (
        "stray",
        1,
        &[
            "Error parsing command line arguments: unexpected stray",
            "prometheus: error: unexpected stray",
        ],
    ),
    (
        "--config.file",
        1,
        &[
            "Error parsing command line arguments: expected argument for flag '--config.file'",
            "prometheus: error: expected argument for flag '--config.file'",
        ],
    ),
    (
        "--query.timeout=5",
        2,
        &["Error parsing command line arguments: not a valid duration string: \"5\""],
    ),
    (
        "--web.max-connections=x",
        2,
        &[
            "Error parsing command line arguments: strconv.ParseFloat: parsing \"x\": invalid syntax",
        ],
    ),
    ("--log.format=xml", 2, &["Error parsing command line arguments: unrecognized log format xml"]),
    (
        "--storage.tsdb.retention.size=5",
        2,
        &["Error parsing command line arguments: units: unknown unit  in 5"],
    ),
    (
        "--storage.tsdb.wal-compression-type=x",
        2,
        &["Error parsing command line arguments: enum value must be one of snappy,zstd, got 'x'"],
    ),
    (
        "--query.timeout=1m --query.timeout=2m",
        2,
        &["Error parsing command line arguments: flag 'query.timeout' cannot be repeated"],
    ),
    (
        "--storage.agent.path=x",
        3,
        &["The following flag(s) can only be used in agent mode: [\"--storage.agent.path\"]"],
    ),
    (
        "--auto-gomemlimit.ratio=2",
        1,
        &["--auto-gomemlimit.ratio must be greater than 0 and less than or equal to 1."],
    ),
    (
        "--web.external-url='x'",
        2,
        &["parse external URL \"'x'\": URL must not begin or end with quotes"],
    ),
    (
        "--web.listen-address=127.0.0.1",
        2,
        &["parse external URL \"\": address 127.0.0.1: missing port in address"],
    ),
    (
        "--web.cors.origin=(",
        2,
        &[
            "could not compile CORS regex string \"(\": error parsing regexp: missing closing ): `^(?s:()$`",
        ],
    ),
];

/// Runs a program and gives its exit code and its complaints without the hints.
fn complaints(program: &Path, line: &str) -> (i32, Vec<String>) {
    let output = Command::new(program).args(line.split_whitespace()).output().unwrap();
    let stderr = text(&output.stderr);
    let lines = stderr.lines().filter(|line| !line.starts_with("  hint: ")).map(str::to_owned);
    (output.status.code().unwrap(), lines.collect())
}

fn check(name: &str, variable: &str, cases: &[Case]) {
    let names = Names::new();
    let original = original(variable);
    for (line, code, expected) in cases {
        let expected: (i32, Vec<String>) =
            (*code, expected.iter().map(|&line| line.to_owned()).collect());
        assert_eq!(complaints(&names.path(name), line), expected, "{name} {line}");
        if let Some(original) = &original {
            assert_eq!(complaints(original, line), expected, "the original with {line}");
        }
    }
}

#[test]
fn the_server_complains_as_prometheus_does() {
    check("prometheus", "PROMETHEUS", SERVER);
}

#[test]
fn the_exporter_complains_as_node_exporter_does() {
    check("node_exporter", "NODE_EXPORTER", NODE);
}

#[test]
fn the_tools_complain_as_promtool_does() {
    check("promtool", "PROMTOOL", PROMTOOL);
}

#[test]
fn every_mistake_is_named_at_once_with_a_hint() {
    let output = run(&["node", "--web.config=x", "--collector.netclass", "--log.level=loud"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stderr),
        "regain node: error: unknown long flag '--web.config', try --help\n\
         regain node: error: flag '--collector.netclass' asks for a feature that is not built yet, try --help\n  \
         hint: leave it out; docs/flags.md lists what works\n\
         regain node: error: unrecognized log level loud, try --help\n  \
         hint: this is the value of '--log.level'\n"
    );
    let output = run(&["promtool", "debug", "all"]);
    assert_eq!(
        text(&output.stderr),
        "regain promtool: error: command \"debug\" is not built yet, try --help\n  \
         hint: the commands are check, query, test, tsdb\n"
    );
    let output = run(&["server", "--enable-feature=st-synthesis,search-api"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stderr),
        "Error parsing feature list: not built yet: st-synthesis, search-api\n"
    );
    let output = run(&["nod"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr)
            .contains("the parts are up, server, alertmanager, node, heal and promtool")
    );
}

#[test]
fn every_part_has_a_version_and_a_help_page() {
    let names = Names::new();
    let versions = [("prometheus", "3.14.0"), ("node_exporter", "1.12.1"), ("promtool", "3.14.0")];
    for (name, version) in versions {
        let output = Command::new(names.path(name)).arg("--version").output().unwrap();
        assert!(output.status.success());
        let printed = text(&output.stdout);
        assert!(printed.starts_with(&format!("{name}, version {version} (branch: ")), "{printed}");
        let output = Command::new(names.path(name)).arg("--help").output().unwrap();
        assert!(output.status.success());
        let printed = text(&output.stdout);
        assert!(printed.starts_with(&format!("usage: {name} [<flags>]")), "{printed}");
    }
    let printed = text(&run(&["--help"]).stdout);
    for part in ["up", "server", "alertmanager", "node", "heal", "promtool"] {
        assert!(printed.contains(&format!("\n  {part} ")), "{printed}");
    }
}
