//! All mistakes of a text, and where they are.

use crate::parse_error::LineColumn;
use crate::parser::{ParserOptions, parse};

fn check(text: &str, expected: &[&str]) {
    let errors = parse(text, &ParserOptions::all()).unwrap_err();
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors, expected, "{text}");
}

#[test]
fn every_mistake_that_leaves_the_rest_readable_is_reported() {
    check(
        r#"nope({a=~"("}) + sum() + b offset 1s offset 2s"#,
        &[
            "1:7: parse error: error parsing regexp: missing closing ): `(`",
            r#"1:1: parse error: unknown function with name "nope""#,
            "1:18: parse error: no arguments for aggregate expression provided",
            "1:26: parse error: offset may not be set multiple times",
        ],
    );
    check(
        "abs(a,,) + bad(",
        &[
            "1:6: parse error: trailing commas not allowed in function call args",
            "1:7: parse error: trailing commas not allowed in function call args",
            "1:16: parse error: unclosed left parenthesis",
        ],
    );
}

#[test]
fn every_type_is_checked() {
    check(
        r#"rate(a) + sum("x") + ({} and 1)"#,
        &[
            r#"1:6: parse error: expected type range vector in call to function "rate", got instant vector"#,
            "1:15: parse error: expected type instant vector in aggregation expression, got string",
            "1:23: parse error: vector selector must contain at least one non-empty matcher",
            r#"1:23: parse error: set operator "and" not allowed in binary scalar expression"#,
        ],
    );
    check(
        "info(1, 2, 3)",
        &[
            r#"1:1: parse error: expected at most 2 argument(s) in call to "info", got 3"#,
            r#"1:1: parse error: expected type instant vector in call to function "info", got scalar"#,
            "1:9: parse error: expected label selectors only",
            r#"1:6: parse error: expected type instant vector in call to function "info", got scalar"#,
            r#"1:9: parse error: expected type instant vector in call to function "info", got scalar"#,
            r#"1:12: parse error: expected type instant vector in call to function "info", got scalar"#,
        ],
    );
    check(
        "a or on (x) group_left (x) fill (1) b",
        &[
            r#"1:3: parse error: label "x" must not occur in ON and GROUP clause at once"#,
            r#"1:1: parse error: no grouping allowed for "or" operation"#,
            "1:1: parse error: set operations must always be many-to-many",
            "1:1: parse error: filling in missing series not allowed for set operators",
        ],
    );
}

#[test]
fn mistakes_say_which_bytes_they_are_about() {
    let cases = [
        ("sum(a)\n  + rate(b)", 16..17, (2, 10)),
        ("é\n", 0..3, (1, 1)),
        ("'é' + 'x'", 0..4, (1, 1)),
        ("# é\na[5m] +\n\n  1 2", 18..19, (4, 5)),
        ("1  ==  2", 3..5, (1, 4)),
    ];
    for (text, bytes, (line, column)) in cases {
        let errors = parse(text, &ParserOptions::all()).unwrap_err();
        assert_eq!(errors.first().position(), bytes, "{text}");
        assert_eq!(errors.first().place(), Some(LineColumn { line, column }), "{text}");
    }
}

#[test]
fn expressions_know_which_bytes_they_are() {
    let cases = [
        (" sum by (x) (a) ", 1..15),
        ("sum(a) by (x) # why", 0..13),
        ("- a offset 5m ", 0..13),
        ("a{b='c'} @ 5", 0..12),
        ("a [5m] @ end()", 0..14),
        ("(a)[5m:] offset -1m", 0..19),
        (" - 1", 1..4),
        ("a\n+ (b) ", 0..7),
    ];
    for (text, bytes) in cases {
        let expr = parse(text, &ParserOptions::all()).unwrap();
        assert_eq!(expr.at, bytes, "{text}");
    }
}
