//! `promtool test rules`: what passes, what fails and what is said about it; promtool says the same.

use std::path::Path;
use std::process::Command;

use super::files::write;
use super::program::{REGAIN, original, text};

/// The exit code and both outputs.
type Said = (i32, String, String);

/// Rules of two groups, the first of which needs the second.
const RULES: &str = "\
groups:
- name: last
  rules:
  - {record: twice, expr: 2 * once}
  - alert: Busy
    expr: twice > 4
    for: 1m
    labels: {severity: page, where: '{{ $externalLabels.zone }}'}
    annotations: {text: '{{ $labels.i }} at {{ $value }}, see {{ $externalURL }}/x', empty: ''}
- name: first
  rules: [{record: once, expr: load}]
";

const GOOD: &str = r#"
rule_files: ['rul*.yml']
evaluation_interval: 1m
group_eval_order: [first, last]
tests:
- name: alerts and samples
  start_timestamp: 2020-01-01T00:00:00Z
  external_labels: {zone: eu}
  external_url: http://here
  input_series:
  - {series: 'load{i="a"}', values: '1+1x4 stale'}
  - {series: 'load{i="b"}', values: '_x2 1'}
  - {series: h, values: '{{schema:0 sum:1 count:1 buckets:[1]}}x3'}
  alert_rule_test:
  - {eval_time: 2m59s, alertname: Busy, exp_alerts: []}
  - eval_time: 3m
    alertname: Busy
    exp_alerts:
    - exp_labels: {i: a, severity: page, where: eu}
      exp_annotations: {text: 'a at 8, see http://here/x', empty: ''}
  promql_expr_test:
  - expr: twice
    eval_time: 2m
    exp_samples:
    - {labels: 'twice{i="b"}', value: 2}
    - {labels: 'twice{i="a"}', value: 6}
  - {expr: time(), eval_time: 1m, exp_samples: [{value: 1577836860}]}
  - {expr: 'count(ALERTS{alertstate="firing"})', eval_time: 4m, exp_samples: [{labels: '{}', value: 1}]}
  - expr: h
    eval_time: 0s
    exp_samples: [{labels: h, histogram: '{{sum:1 count:1 buckets:[1]}}'}]
- name: no future
  interval: 30s
  input_series: [{series: load, values: '1+1x100'}]
  promql_expr_test:
  - {expr: load offset -5m, eval_time: 1m, exp_samples: [{labels: load, value: 9}]}
  - {expr: twice, eval_time: 4m59s, exp_samples: [{labels: twice, value: 18}]}
"#;

const BAD: &str = r#"
rule_files: [rules.yml]
group_eval_order: [first, last]
fuzzy_compare: true
tests:
- name: wrong
  input_series:
  - {series: 'load{i="a"}', values: 3x5}
  - {series: 'load{i="b"}', values: 4x5}
  alert_rule_test:
  - eval_time: 2m
    alertname: Busy
    exp_alerts:
    - exp_labels: {i: a, severity: page}
      exp_annotations: {text: "a \"at\" 7", empty: ''}
    - {}
    - exp_labels: {i: z}
  - {eval_time: 90s, alertname: Busy}
  promql_expr_test:
  - {expr: once, eval_time: 90s, exp_samples: [{labels: 'once{i="a"}', value: 1e-7}]}
  - {expr: 'once{i="a"}', eval_time: 90s, exp_samples: [{labels: 'once{i="a"}', value: 3.0000000000000004}]}
  - {expr: 'once[1m]', eval_time: 1m}
  - {expr: 'load{', eval_time: 1m}
  - {expr: '1', eval_time: 1m, exp_samples: [{value: 1, histogram: '1x2'}]}
- name: right
  promql_expr_test: [{expr: '1', exp_samples: [{value: 1}]}]
- alert_rule_test: [{eval_time: 5m}]
"#;

/// What is said of [`BAD`] after the alerts of the test `wrong`.
const BAD_END: &str = r#"
    expr: "once", time: 1m30s,
        exp: {__name__="once", i="a"} 1E-07
        got: {__name__="once", i="a"} 3E+00, {__name__="once", i="b"} 4E+00
    expr: "once[1m]", time: 1m, err: rule result is not a vector or scalar
    expr: "load{", time: 1m, err: 1:6: parse error: unexpected end of input inside braces
    expr: "1", time: 1m, err: labels "": expected 1 value, got 3
an item under alert_rule_test misses required attribute alertname at eval_time 5m
"#;

/// The alerts as lists; the lines that end with a space do so in the original.
const BAD_LISTS: &str = r#"  FAILED:
    name: wrong,
    alertname: Busy, time: 1m30s,~
        exp:[],~
        got:[
            0:
              Labels:{alertname="Busy", i="a", severity="page"}
              Annotations:{empty="", text="a at 6, see /x"},
            1:
              Labels:{alertname="Busy", i="b", severity="page"}
              Annotations:{empty="", text="b at 8, see /x"}
            ]
    name: wrong,
    alertname: Busy, time: 2m,~
        exp:[
            0:
              Labels:{alertname="Busy"}
              Annotations:{},
            1:
              Labels:{alertname="Busy", i="a", severity="page"}
              Annotations:{empty="", text="a \"at\" 7"},
            2:
              Labels:{alertname="Busy", i="z"}
              Annotations:{}
            ],~
        got:[
            0:
              Labels:{alertname="Busy", i="a", severity="page"}
              Annotations:{empty="", text="a at 6, see /x"},
            1:
              Labels:{alertname="Busy", i="b", severity="page"}
              Annotations:{empty="", text="b at 8, see /x"}
            ]"#;

/// The second comparison as a diff: `+`, `-` and `!` for the colours, `.` for their end.
const BAD_DIFF: &str = r#"    alertname: Busy, time: 2m,~
        diff: [
                {
                    "Annotations": {
                        +"empty": "".,
                        +"text": "a at 6, see /x".
                    },
                    "Labels": {
                        "alertname": "Busy",
                        +"i": "a".,
                        +"severity": "page".
                    }
                },
                {
                    "Annotations": {
                        "empty": "",
                        "text": !"a \"at\" 7" => "b at 8, see /x".
                    },
                    "Labels": {
                        "alertname": "Busy",
                        "i": !"a" => "b".,
                        "severity": "page"
                    }
                },
                -{.
                    -"Annotations": {},.
                    -"Labels": {.
                        -"alertname": "Busy",.
                        -"i": "z".
                    -}.
                -}.
            ]"#;

const BROKEN_RULES: &str = "\
groups: [{name: g, owner: me, rules: [{record: j, expr: 'label_replace(x, \"a\", \"\", \"\", \"\")'}]}]\n";

const BROKEN: &str = "\
rule_files: [bad-rules.yml]
tests:
- input_series: [{series: 'x{a=\"1\"}', values: 1}, {series: 'x{a=\"2\"}', values: 1}]
  promql_expr_test: [{expr: x, eval_time: 1m}]
";

const DELAYED: &str = "\
tests:
- input_series: [{series: x, values: 1x5}, {series: y, values: 1x5}]
  promql_expr_test:
  - expr: count(rate({__name__=~\"x|y\"}[2m]))
    eval_time: 4m
    exp_samples: [{value: 2}]
";

const MISTAKEN: &str = "\
rule_files: ['[a']
group_eval_order: [a, a]
evaluation_interval: soon
tests:
- {interval: 1m, nam: x, start_timestamp: monday}
";

const BAD_SERIES: &str = "\
tests:
- input_series:
  - {series: x, values: 1 2}
  - {series: 'x{', values: 1}
";

fn files() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("rules.yml", RULES),
        ("good.yml", GOOD),
        ("bad.yml", BAD),
        ("bad-rules.yml", BROKEN_RULES),
        ("broken.yml", BROKEN),
        ("delayed.yml", DELAYED),
        ("mistaken.yml", MISTAKEN),
        ("bad-series.yml", BAD_SERIES),
        ("nothing.yml", "rule_files: [nix.yml]\n"),
    ] {
        write(dir.path().join(name), content);
    }
    dir
}

fn test(dir: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(REGAIN);
    said(command.arg("promtool").args(arguments).current_dir(dir))
}

fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn spaced(lines: &str) -> String {
    lines.replace("~\n", " \n")
}

#[test]
fn promtool_says_the_same_of_the_same_tests() {
    let dir = files();
    let original = original("PROMTOOL");
    for (line, code) in [
        ("test rules good.yml", 0),
        ("test rules bad.yml good.yml", 1),
        ("test rules --diff bad.yml", 1),
        ("test rules --run=right --run=^no bad.yml good.yml", 0),
        ("test rules --run=wr.ng bad.yml", 1),
        ("test rules --ignore-unknown-fields broken.yml", 1),
        ("test rules delayed.yml", 1),
        ("--enable-feature=promql-delayed-name-removal test rules delayed.yml", 0),
        ("test rules nothing.yml", 0),
        ("test rules --junit=/nowhere/j.xml good.yml", 1),
    ] {
        let arguments: Vec<&str> = line.split(' ').collect();
        let ours = test(dir.path(), &arguments);
        assert_eq!(ours.0, code, "{line}: {ours:?}");
        if let Some(promtool) = &original {
            let theirs = said(Command::new(promtool).args(&arguments).current_dir(dir.path()));
            assert_eq!(ours, theirs, "{line}");
        }
    }
}

#[test]
fn failures_are_shown_with_what_was_expected() {
    let dir = files();
    let (code, out, err) = test(dir.path(), &["test", "rules", "bad.yml"]);
    assert_eq!((code, out.as_str()), (1, "\n".repeat(8).as_str()));
    assert_eq!(err, spaced(BAD_LISTS) + BAD_END);
    let (_, _, err) = test(dir.path(), &["test", "rules", "--diff", "bad.yml"]);
    let colours = [("+", "\x1b[0;32m"), ("-", "\x1b[0;31m"), ("!", "\x1b[0;33m"), (".", "\x1b[0m")];
    let marked = colours.iter().fold(err, |text, (mark, colour)| text.replace(colour, mark));
    let expected = spaced(BAD_DIFF) + BAD_END;
    assert!(marked.ends_with(&expected), "{marked}");
}

#[test]
fn mistakes_are_told_with_their_places() {
    let dir = files();
    for (arguments, expected) in [
        (
            &["mistaken.yml"][..],
            "  FAILED:
mistaken.yml:1:14: syntax error in pattern
mistaken.yml:2:23: group name repeated in evaluation order: a
mistaken.yml:3:22: not a valid duration string: \"soon\"
mistaken.yml:5:18: field nam not found in type main.testGroup (did you mean \"name\"?)
mistaken.yml:5:43: cannot parse \"monday\" to a valid timestamp\n",
        ),
        (
            &["bad-series.yml"],
            "  FAILED:
bad-series.yml:4:14: unexpected '1', expected a label name or \"}\"\n",
        ),
        (
            &["broken.yml"],
            "  FAILED:
bad-rules.yml:1:20: field owner not found in type rulefmt.RuleGroup\n",
        ),
        (
            &["--ignore-unknown-fields", "broken.yml"],
            "  FAILED:
    rule: j, time: 0s, err: vector cannot contain metrics with the same labelset\n",
        ),
        (&["--run=(", "good.yml"], "promtool: error: "),
    ] {
        let (code, _, err) = test(dir.path(), &[&["test", "rules"], arguments].concat());
        assert_eq!(code, 1, "{arguments:?}");
        assert!(err.starts_with(expected), "{err}");
    }
}

#[test]
fn results_are_written_for_junit() {
    let dir = files();
    let arguments = ["test", "--junit=j.xml", "rules", "--run=right|^$", "bad.yml", "mistaken.yml"];
    assert_eq!(test(dir.path(), &arguments).0, 1);
    let document = std::fs::read_to_string(dir.path().join("j.xml")).unwrap();
    let (bad, mistaken) = document.split_once("</testsuite>").unwrap();
    let (head, cases) = bad.split_once(" timestamp=\"20").unwrap();
    assert_eq!(
        head,
        "<testsuites><testsuite name=\"bad.yml\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\""
    );
    assert!(
        cases.ends_with(
            "<testcase name=\"right\"></testcase><testcase name=\"unnamed#2\"><failure>an item \
             under alert_rule_test misses required attribute alertname at eval_time 5m</failure>\
             </testcase>"
        ),
        "{cases}"
    );
    let expected = "<testsuite name=\"mistaken.yml\" tests=\"1\" failures=\"0\" errors=\"1\" \
        skipped=\"0\" timestamp=\"\"><testcase name=\"unknown\"><error>mistaken.yml:1:14: syntax \
        error in pattern&#xA;";
    assert!(mistaken.starts_with(expected), "{mistaken}");
    let (code, _, err) = test(dir.path(), &["test", "promql", "--junit=j.xml", "x.test"]);
    assert_eq!(code, 1);
    assert!(err.contains("--junit is a flag of 'test rules'"), "{err}");
}

#[test]
fn debugging_shows_all_samples() {
    let dir = files();
    let arguments = ["test", "rules", "--debug", "--run=no future", "good.yml"];
    let (code, out, err) = test(dir.path(), &arguments);
    assert_eq!((code, out.as_str()), (0, "  SUCCESS\n\n"));
    let (shown, took) = err.rsplit_once("DEBUG: Test no future finished, took ").unwrap();
    assert!(took.ends_with("s\n"), "{took}");
    let start = "DEBUG: Starting test no future
DEBUG: Dump of all data (input_series and rules) at 5m0s:
{__name__=\"ALERTS\", ";
    assert!(shown.starts_with(start), "{shown}");
    let input = "\n{__name__=\"load\"} =>\n2 @[30000]\n3 @[60000]\n";
    assert!(shown.contains(input), "{shown}");
    let end = "{__name__=\"once\"} =>\n3 @[60000]\n5 @[120000]\n7 @[180000]\n9 @[240000]
{__name__=\"twice\"} =>\n6 @[60000]\n10 @[120000]\n14 @[180000]\n18 @[240000]\n";
    assert!(shown.ends_with(end), "{shown}");
}
