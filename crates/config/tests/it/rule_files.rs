//! Rule files: what they come to, and every mistake at its place.

use std::path::{Path, PathBuf};
use std::time::Duration;

use regain_config::{
    CheckedRules, LoadOptions, RuleFileOptions, RuleLint, check_rule_file, check_rule_text,
};
use regain_model::NameScheme;
use regain_promql::ParserOptions;
use regain_rules::RuleSet;

use crate::folder::Folder;

const LINT: RuleLint = RuleLint { duplicates: true };

fn options(scheme: NameScheme) -> RuleFileOptions {
    RuleFileOptions {
        scheme,
        parser: ParserOptions::default(),
        interval: Duration::from_mins(1),
        ignore_unknown_fields: false,
    }
}

fn load(folder: &Folder) -> Result<RuleSet, String> {
    let config = folder.load_with(&LoadOptions::default()).unwrap();
    config.rules(ParserOptions::default()).map_err(|error| folder.local(&error))
}

/// Checks the mistakes in the file `r.yml`.
fn check(text: &str, expected: &[&str]) {
    let folder = Folder::new(&[("prometheus.yml", "rule_files: [r.yml]\n"), ("r.yml", text)]);
    let found = load(&folder).err().unwrap_or_default();
    assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn groups_hand_their_labels_down_and_inherit_the_interval() {
    let folder = Folder::new(&[
        (
            "prometheus.yml",
            "global: {evaluation_interval: 30s, rule_query_offset: 5s, external_labels: {zone: a}}\n\
             rule_files: ['rules/*.yml', rules/a.yml]\n",
        ),
        (
            "rules/a.yml",
            "groups:\n- name: g\n  limit: 7\n  query_offset: 0s\n  labels: {team: x, tier: 1}\n  rules:\n\
             \x20 - {record: 'job:up:sum', expr: sum by(job)(up), labels: {tier: ''}}\n\
             \x20 - {alert: Down, expr: up == 0, for: 5m, keep_firing_for: 1m, annotations: {s: '{{ $value }}'}}\n",
        ),
        ("rules/b.yml", "groups: [{name: g, interval: 10s}]\n---\nsecond: document\n"),
        ("rules/empty.yml", ""),
    ]);
    let set = load(&folder).unwrap();
    assert_eq!(set.query_offset, Duration::from_secs(5));
    assert_eq!(set.external_labels.to_string(), "{zone=\"a\"}");
    let [a, b] = &set.groups[..] else { panic!("two groups: {:?}", set.groups) };
    assert_eq!(folder.local(&a.key()), "rules/a.yml;g");
    assert_eq!((a.interval, b.interval), (Duration::from_secs(30), Duration::from_secs(10)));
    assert_eq!((a.query_offset, b.query_offset), (Some(Duration::ZERO), None));
    assert_eq!((a.limit, b.limit), (7, 0));
    let [record, alert] = &a.rules[..] else { panic!("two rules: {:?}", a.rules) };
    let labels = |texts: &regain_rules::Texts| format!("{texts:?}");
    assert_eq!(labels(&record.labels), r#"{"team": "x", "tier": ""}"#);
    assert_eq!((&*record.name, &*record.query), ("job:up:sum", "sum by (job) (up)"));
    assert_eq!(labels(&alert.labels), r#"{"team": "x", "tier": "1"}"#);
    let settings = alert.alerting().unwrap();
    assert_eq!(
        (settings.hold, settings.keep_firing_for),
        (Duration::from_mins(5), Duration::from_mins(1))
    );
}

#[test]
fn every_mistake_of_every_file_is_reported_at_its_place() {
    let folder = Folder::new(&[
        ("prometheus.yml", "rule_files: ['r[', '*.rules']\n"),
        (
            "a.rules",
            "groups:\n- name: g\n  rules:\n  - {record: a, expr: 'sum('}\n  - {alert: b}\n",
        ),
        ("b.rules", "groups: 1\n"),
        ("c.rules", "groups:\n- name: g\n"),
    ]);
    assert_eq!(
        load(&folder).unwrap_err().lines().collect::<Vec<_>>(),
        [
            "prometheus.yml:1:14: error retrieving rule files for \"r[\": syntax error in pattern",
            "a.rules:4:28: group \"g\", rule 1, \"a\": could not parse expression: 1:5: parse error: unclosed left parenthesis",
            "a.rules:5:5: group \"g\", rule 2, \"b\": field 'expr' must be set in rule",
            "b.rules:1:9: cannot unmarshal !!int `1` into list",
        ]
        .map(|line| line.replace("\"r[\"", &format!("{:?}", folder.path().join("r[").display().to_string()))
            .replace(&format!("{}/", folder.path().display()), ""))
    );
}

#[test]
fn mistakes_in_groups() {
    check(
        "groups:\n- name: a\n- name: a\n- rules: []\n- name: b\n  intervall: 1m\n  labels: {a-b: x, __name__: y}\n  limit: x\n",
        &[
            "r.yml:3:9: groupname: \"a\" is repeated in the same file",
            "r.yml:4:3: Groupname must not be empty",
            "r.yml:6:3: field intervall not found in type rulefmt.RuleGroup (did you mean \"interval\"?)",
            "r.yml:7:20: invalid label name: __name__",
            "r.yml:8:10: cannot unmarshal !!str `x` into int",
        ],
    );
}

#[test]
fn mistakes_in_rules() {
    check(
        "groups:\n- name: g\n  rules:\n\
         \x20 - record: a\n    alert: b\n    expr: 1\n\
         \x20 - expr: 1\n\
         \x20 - record: 'a{b=\"c\"}'\n    expr: 1\n    for: 1m\n    keep_firing_for: 1m\n    annotations: {a: b}\n\
         \x20 - alert: c\n    expr: 1\n    for: 5\n    labels: {__name__: x}\n    annotation: {a: b}\n",
        &[
            "r.yml:5:12: group \"g\", rule 1, \"b\": only one of 'record' and 'alert' must be set",
            "r.yml:7:5: group \"g\", rule 2, \"\": one of 'record' or 'alert' must be set",
            "r.yml:8:13: group \"g\", rule 3, \"a{b=\\\"c\\\"}\": braces present in the recording rule name; should it be in expr?: a{b=\"c\"}",
            "r.yml:10:10: group \"g\", rule 3, \"a{b=\\\"c\\\"}\": invalid field 'for' in recording rule",
            "r.yml:11:22: group \"g\", rule 3, \"a{b=\\\"c\\\"}\": invalid field 'keep_firing_for' in recording rule",
            "r.yml:12:18: group \"g\", rule 3, \"a{b=\\\"c\\\"}\": invalid field 'annotations' in recording rule",
            "r.yml:15:10: not a valid duration string: \"5\"",
            "r.yml:16:14: group \"g\", rule 4, \"c\": invalid label name: __name__",
            "r.yml:17:5: field annotation not found in type rulefmt.Rule (did you mean \"annotations\"?)",
        ],
    );
}

#[test]
fn mistakes_in_expressions_have_their_place_in_the_file() {
    check(
        "groups:\n- name: g\n  rules:\n\
         \x20 - alert: a\n    expr: |\n      sum(x)\n        / rate(y)\n\
         \x20 - alert: b\n    expr: 'x y'\n\
         \x20 - alert: c\n    expr: x and 1\n",
        &[
            "r.yml:7:16: group \"g\", rule 1, \"a\": could not parse expression: 2:10: parse error: expected type range vector in call to function \"rate\", got instant vector",
            "r.yml:9:14: group \"g\", rule 2, \"b\": could not parse expression: 1:3: parse error: unexpected identifier \"y\"",
            "r.yml:11:11: group \"g\", rule 3, \"c\": could not parse expression: 1:1: parse error: set operator \"and\" not allowed in binary scalar expression",
        ],
    );
}

#[test]
fn templates_that_do_not_parse_are_mistakes() {
    let text = "groups:\n- name: g\n  rules:\n\
         \x20 - alert: a\n    expr: up == 0\n    labels:\n      severity: \"{{$this_is_wrong}}\"\n    annotations:\n\
         \x20     summary: |\n        Instance\n        {{ $label.instance }} down\n\
         \x20     description: '{{$labels.quantile * 100}}'\n\
         \x20     fine: '{{ with query \"up\" }}{{ . | first | value | humanize }}{{ end }}'\n\
         \x20 - record: b\n    expr: up\n    labels: {x: '{{ $no }}'}\n";
    let folder = Folder::new(&[("prometheus.yml", "rule_files: [r.yml]\n"), ("r.yml", text)]);
    let found = load(&folder).unwrap_err();
    // Columns are where the template's parser gave up.
    let without_column = |line: &str| {
        let mut parts: Vec<&str> = line.splitn(4, ':').collect();
        parts.remove(2);
        parts.join(":")
    };
    assert_eq!(
        found.lines().map(without_column).collect::<Vec<_>>(),
        [
            "r.yml:7: group \"g\", rule 1, \"a\": label \"severity\": template: __alert_a:1: undefined variable \"$this_is_wrong\"",
            "r.yml:11: group \"g\", rule 1, \"a\": annotation \"summary\": template: __alert_a:2: undefined variable \"$label\"",
            "r.yml:12: group \"g\", rule 1, \"a\": annotation \"description\": template: __alert_a:1: unexpected \"*\" in operand",
        ]
    );
}

fn conformance(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("REGAIN_CONFORMANCE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"),
        PathBuf::from,
    );
    let path = root.join(folder);
    if !path.is_dir() {
        println!("SKIPPED: {} does not exist", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn every_rule_file_of_upstream_has_its_verdict() {
    let Some(folder) = conformance("rulefmt") else { return };
    let mut files: Vec<PathBuf> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for (name, message) in [
        ("bad_expr.bad.yaml", "parse error"),
        ("bad_field.bad.yaml", "field annotation not found"),
        ("duplicate_grp.bad.yaml", "groupname: \"yolo\" is repeated in the same file"),
        ("invalid_label_name.bad.yaml", "invalid label name"),
        (
            "invalid_record_name.bad.yaml",
            "braces present in the recording rule name; should it be in expr?: strawberry{flavor=\"sweet\"}",
        ),
        ("legacy_validation_annotation.bad.yaml", "invalid annotation name: ins-tance"),
        ("legacy_validation_annotation.good.yaml", ""),
        ("no_rec_alert.bad.yaml", "one of 'record' or 'alert' must be set"),
        ("noexpr.bad.yaml", "field 'expr' must be set in rule"),
        ("record_and_alert.bad.yaml", "only one of 'record' and 'alert' must be set"),
        ("record_and_for.bad.yaml", "invalid field 'for' in recording rule"),
        (
            "record_and_keep_firing_for.bad.yaml",
            "invalid field 'keep_firing_for' in recording rule",
        ),
        ("test.yaml", ""),
        ("test_aliases.yaml", ""),
        ("utf-8_annotation.good.yaml", ""),
        ("utf-8_lname.good.yaml", ""),
    ] {
        let path = folder.join(name);
        assert!(files.contains(&path), "{name} is there");
        files.retain(|file| *file != path);
        let scheme = if name.starts_with("legacy") { NameScheme::Legacy } else { NameScheme::Utf8 };
        let checked = check_rule_file(&path, &options(scheme), LINT);
        assert_eq!(checked.has_errors, !message.is_empty(), "{name}: {}", checked.err);
        assert!(checked.err.contains(message), "{name}: {}", checked.err);
    }
    assert_eq!(files, Vec::<PathBuf>::new(), "files without a verdict");
}

#[test]
fn the_rules_of_upstreams_tests_load() {
    let Some(folder) = conformance("rules") else { return };
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let checked = check_rule_file(&path, &options(NameScheme::Utf8), LINT);
        let is_bad = path.ends_with("invalid_rules.yaml");
        assert_eq!(checked.has_errors, is_bad, "{}: {}", path.display(), checked.err);
    }
}

#[test]
fn a_check_prints_what_promtool_prints() {
    let check = |text: &str, lint| check_rule_text(text, &options(NameScheme::Utf8), lint);
    let rules = "groups:\n- name: g\n  labels: {a: b}\n  rules: [{record: x, expr: 1}, {record: y, expr: 1}, \
                 {record: x, expr: 2, labels: {a: b}}, {record: x, expr: 3}]\n";
    assert_eq!(
        check(rules, RuleLint { duplicates: false }),
        CheckedRules {
            out: "Checking standard input\n  SUCCESS: 4 rules found\n\n".to_owned(),
            ..CheckedRules::default()
        }
    );
    assert_eq!(
        check(rules, LINT),
        CheckedRules {
            out: "Checking standard input\n\n".to_owned(),
            err: "  FAILED:\nlint error 1 duplicate rule(s) found.\nMetric: x\nLabel(s):\n\ta: b\n\
                  Might cause inconsistency while recording expressions\n"
                .to_owned(),
            has_errors: false,
            has_complaints: true,
        }
    );
    assert_eq!(
        check("groups: [{name: ''}]", LINT),
        CheckedRules {
            out: "Checking standard input\n".to_owned(),
            err: "  FAILED:\nstandard input:1:17: Groupname must not be empty\n".to_owned(),
            has_errors: true,
            has_complaints: false,
        }
    );
}
