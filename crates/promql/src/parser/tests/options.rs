//! Parts of the language that have to be enabled.

use crate::parser::{ParserOptions, parse};

#[test]
fn a_server_without_feature_flags_refuses_experiments() {
    let cases = [
        (
            "sum(limitk(1, a))",
            "1:5: parse error: limitk() is experimental and must be enabled with \
          --enable-feature=promql-experimental-functions",
        ),
        (
            "limit_ratio(1, a)",
            "1:1: parse error: limit_ratio() is experimental and must be enabled \
          with --enable-feature=promql-experimental-functions",
        ),
        ("info(a)", "1:1: parse error: function \"info\" is not enabled"),
        ("1 + step()", "1:5: parse error: function \"step\" is not enabled"),
        ("max_of(1, 2)", "1:1: parse error: function \"max_of\" is not enabled"),
        ("sort_by_label(a, \"b\")", "1:1: parse error: function \"sort_by_label\" is not enabled"),
        (
            "a + fill(0) b",
            "1:1: parse error: binop fill modifiers are experimental and not enabled",
        ),
        (
            "rate(a[5m] anchored)",
            "1:6: parse error: anchored modifier is experimental and not enabled",
        ),
        ("a smoothed", "1:1: parse error: smoothed modifier is experimental and not enabled"),
    ];
    for (text, message) in cases {
        let refused = parse(text, &ParserOptions::default()).unwrap_err();
        assert_eq!(refused.to_string(), message, "{text}");
        assert!(parse(text, &ParserOptions::all()).is_ok(), "{text}");
    }
}

#[test]
fn computed_durations_can_be_switched_off() {
    let without = ParserOptions { duration_expressions: false, ..ParserOptions::default() };
    let cases = [
        ("a[5m + 1m]", "1:3"),
        ("a[step()]", "1:3"),
        ("a offset (5m)", "1:11"),
        ("a offset -range()", "1:10"),
        ("a[max_of(1m, 2m)]", "1:10"),
    ];
    for (text, place) in cases {
        let refused = parse(text, &without).unwrap_err();
        let message =
            format!("{place}: parse error: experimental duration expression is not enabled");
        assert_eq!(refused.to_string(), message, "{text}");
        assert!(parse(text, &ParserOptions::default()).is_ok(), "{text}");
    }
    assert!(parse("a[-(-5m)] offset -(5m)", &without).is_err());
    assert!(parse("a[--5m] offset -(5m)", &without).is_ok());
}
