use super::*;
use crate::Labels;

fn rule(action: Action) -> RelabelConfig {
    RelabelConfig { action, ..RelabelConfig::default() }
}

fn from(source: &[&str]) -> RelabelConfig {
    let source_labels = source.iter().map(|&name| name.to_owned()).collect();
    RelabelConfig { source_labels, ..RelabelConfig::default() }
}

fn regex(pattern: &str) -> Regex {
    Regex::anchored(pattern).unwrap()
}

/// What the rules make of `{a="foo", b="bar", c="baz"}`; `None` when they drop it.
fn relabelled(rules: &[RelabelConfig]) -> Option<String> {
    let labels = Labels::from_pairs([("a", "foo"), ("b", "bar"), ("c", "baz")]);
    let mut builder = LabelsBuilder::from(&labels);
    process(rules, &mut builder).then(|| builder.labels().to_string())
}

fn check(rules: &[RelabelConfig], expected: Option<&str>) {
    assert_eq!(relabelled(rules).as_deref(), expected, "{rules:?}");
}

#[test]
fn replace_expands_target_and_replacement() {
    let base = RelabelConfig { regex: regex("f(.*)"), ..from(&["a"]) };
    let rule = RelabelConfig {
        target_label: "d".into(),
        replacement: "ch${1}-${1}".into(),
        ..base.clone()
    };
    check(&[rule], Some(r#"{a="foo", b="bar", c="baz", d="choo-oo"}"#));
    let templated = RelabelConfig { target_label: "x_$1".into(), ..base };
    check(&[templated], Some(r#"{a="foo", b="bar", c="baz", x_oo="oo"}"#));
    let joined = RelabelConfig {
        regex: regex("(.*);(.*)"),
        target_label: "a".into(),
        replacement: "$2$1".into(),
        ..from(&["a", "b"])
    };
    check(&[joined], Some(r#"{a="barfoo", b="bar", c="baz"}"#));
    let unmatched = RelabelConfig { regex: regex("o"), target_label: "d".into(), ..from(&["a"]) };
    check(&[unmatched], Some(r#"{a="foo", b="bar", c="baz"}"#));
    let emptied =
        RelabelConfig { target_label: "a".into(), replacement: String::new(), ..from(&["b"]) };
    check(&[emptied], Some(r#"{b="bar", c="baz"}"#));
}

#[test]
fn an_invalid_target_changes_nothing_under_the_legacy_scheme() {
    let rule = RelabelConfig {
        target_label: "not-valid".into(),
        scheme: NameScheme::Legacy,
        ..from(&["a"])
    };
    check(std::slice::from_ref(&rule), Some(r#"{a="foo", b="bar", c="baz"}"#));
    let utf8 = RelabelConfig { scheme: NameScheme::Utf8, ..rule };
    check(&[utf8], Some(r#"{a="foo", b="bar", c="baz", "not-valid"="foo"}"#));
}

#[test]
fn keep_and_drop_look_at_the_whole_source() {
    let all = Some(r#"{a="foo", b="bar", c="baz"}"#);
    for (action, pattern, expected) in [
        (Action::Keep, "foo", all),
        (Action::Keep, "fo", None),
        (Action::Drop, "f.*", None),
        (Action::Drop, "o.*", all),
    ] {
        check(&[RelabelConfig { action, regex: regex(pattern), ..from(&["a"]) }], expected);
    }
}

#[test]
fn keep_equal_and_drop_equal_compare_with_the_target() {
    let all = Some(r#"{a="foo", b="bar", c="baz"}"#);
    for (action, source, target, expected) in [
        (Action::KeepEqual, "a", "b", None),
        (Action::KeepEqual, "missing", "absent", all),
        (Action::DropEqual, "a", "b", all),
        (Action::DropEqual, "a", "a", None),
    ] {
        let target_label = target.to_owned();
        check(&[RelabelConfig { target_label, action, ..from(&[source]) }], expected);
    }
}

#[test]
fn labels_are_selected_by_name() {
    let dropped = RelabelConfig { regex: regex("[ab]"), ..rule(Action::LabelDrop) };
    check(&[dropped], Some(r#"{c="baz"}"#));
    let kept = RelabelConfig { regex: regex("[ab]"), ..rule(Action::LabelKeep) };
    check(&[kept], Some(r#"{a="foo", b="bar"}"#));
    let mapped = RelabelConfig {
        regex: regex("([ab])"),
        replacement: "meta_${1}".into(),
        ..rule(Action::LabelMap)
    };
    check(&[mapped], Some(r#"{a="foo", b="bar", c="baz", meta_a="foo", meta_b="bar"}"#));
}

#[test]
fn case_and_hash_write_the_target() {
    let target = |action| RelabelConfig { action, target_label: "d".into(), ..from(&["a"]) };
    check(&[target(Action::Uppercase)], Some(r#"{a="foo", b="bar", c="baz", d="FOO"}"#));
    check(&[target(Action::Lowercase)], Some(r#"{a="foo", b="bar", c="baz", d="foo"}"#));
    // The low half of MD5("foo") is 17145033699835028696, taken modulo 1000.
    let hashed = RelabelConfig { modulus: 1000, ..target(Action::HashMod) };
    check(&[hashed], Some(r#"{a="foo", b="bar", c="baz", d="696"}"#));
}

#[test]
fn a_drop_ends_the_work() {
    let dropped = RelabelConfig { regex: regex("foo"), ..from(&["a"]) };
    let dropped = RelabelConfig { action: Action::Drop, ..dropped };
    check(&[dropped, rule(Action::LabelDrop)], None);
}
