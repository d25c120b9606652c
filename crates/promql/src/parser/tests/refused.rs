//! Texts that are no expressions, and what is said about them first.

use crate::parser::{ParserOptions, parse};

/// A text, where its first mistake is, and what it is.
type Case = (&'static str, &'static str, &'static str);

fn check(cases: &[Case]) {
    for (text, place, problem) in cases {
        match parse(text, &ParserOptions::all()) {
            Ok(expr) => panic!("{text} is accepted: {expr}"),
            Err(errors) => {
                assert_eq!(
                    errors.to_string(),
                    format!("{place}: parse error: {problem}"),
                    "{text}"
                );
            }
        }
    }
}

/// Text that is no token.
const TOKENS: &[Case] = &[
    ("a[NaN]", "1:3", "unexpected character in duration expression: 'N'"),
    ("\"\u{fffd}\"", "1:1", "invalid UTF-8 rune"),
    ("\"a\nb\"", "1:1", "unterminated quoted string"),
    (r#""\u12"#, "1:1", "escape sequence not terminated"),
    (r#""\"#, "1:1", "escape sequence not terminated"),
    ("é + 1", "1:1", "unexpected character: 'é'"),
    ("a\u{200b}", "1:2", r"unexpected character: '\u200b'"),
    ("(1", "1:3", "unclosed left parenthesis"),
    ("1)", "1:3", "unexpected right parenthesis ')'"),
    ("a[", "1:3", "unexpected end of input in duration expression"),
    ("a[5m", "1:5", "unclosed left bracket"),
    ("a[5m]]", "1:6", "unexpected right bracket ']'"),
    ("a[:5m]", "1:4", "unexpected colon before duration in duration expression"),
    ("a[5m:1m:1m]", "1:8", "unexpected colon ':'"),
    ("a[5m::]", "1:6", "unexpected colon ':'"),
    ("a[5mx]", "1:3", r#"bad number or duration syntax: "5mx""#),
    ("a[x]", "1:3", "unexpected character in duration expression: 'x'"),
    ("a[5m x]", "1:6", "unexpected character: 'x', expected ':'"),
    ("a[5m[1m]]", "1:5", "unexpected left bracket '['"),
    ("a[#]", "1:3", "unexpected character in duration expression: '#'"),
    ("a{", "1:3", "unexpected end of input inside braces"),
    ("a{b", "1:4", "unexpected end of input inside braces"),
    (r#"a{b="c}"#, "1:5", "unterminated quoted string"),
    ("a{b!c}", "1:4", "unexpected character after '!' inside braces: 'c'"),
    (r#"a{1="x"}"#, "1:3", "unexpected character inside braces: '1'"),
    ("a{{}", "1:3", "unexpected left brace '{'"),
    (r#"a{b:c="d"}"#, "1:4", "unexpected character inside braces: ':'"),
    ("a]", "1:2", "unexpected right bracket ']'"),
    ("a)", "1:3", "unexpected right parenthesis ')'"),
    ("a}", "1:2", "unexpected character: '}'"),
    ("a @ start(", "1:11", "unclosed left parenthesis"),
    ("sum(", "1:5", "unclosed left parenthesis"),
    ("'a", "1:1", "unterminated quoted string"),
    ("`a", "1:1", "unterminated raw string"),
    (r#""\q""#, "1:1", "unknown escape sequence U+0071 'q'"),
    (r#""\xg1""#, "1:1", "illegal character U+0067 'g' in escape sequence"),
    (r#""\400""#, "1:1", "escape sequence is an invalid Unicode code point"),
    (r#""\ud800""#, "1:1", "escape sequence is an invalid Unicode code point"),
    ("!", "1:1", "unexpected character after '!': '\u{fffd}'"),
    ("!a", "1:1", "unexpected character after '!': 'a'"),
    ("=~", "1:1", "unexpected character after '=': '~'"),
    (r#"a =~ "b""#, "1:3", "unexpected character after '=': '~'"),
    ("a ! b", "1:3", "unexpected character after '!': ' '"),
    ("$", "1:1", "unexpected character: '$'"),
    ("é", "1:1", "unexpected character: 'é'"),
    ("1__0", "1:1", r#"bad number or duration syntax: "1__""#),
    ("1.2.3", "1:1", r#"bad number or duration syntax: "1.2.""#),
    ("1e", "1:1", r#"bad number or duration syntax: "1e""#),
    ("5m5", "1:1", r#"bad number or duration syntax: "5m5""#),
    ("5x", "1:1", r#"bad number or duration syntax: "5""#),
    ("1h5", "1:1", r#"bad number or duration syntax: "1h5""#),
    ("0x1p4", "1:1", r#"bad number or duration syntax: "0x1""#),
    (r#""a"#, "1:1", "unterminated quoted string"),
    ("`a", "1:1", "unterminated raw string"),
    ("'a", "1:1", "unterminated quoted string"),
];

#[test]
fn tokens_have_their_own_mistakes() {
    check(TOKENS);
}

/// Tokens in the wrong place.
const MISPLACED: &[Case] = &[
    ("a\n  +\n  b c", "3:5", r#"unexpected identifier "c""#),
    ("a{b=\"c\"}\n  offset 5m x", "2:13", r#"unexpected identifier "x""#),
    ("sum(a)\n+\non(b)", "3:6", "unexpected end of input"),
    ("1 +", "1:4", "unexpected end of input"),
    ("* 1", "1:1", "unexpected <op:*>"),
    ("a b", "1:3", r#"unexpected identifier "b""#),
    ("a 5", "1:3", r#"unexpected number "5""#),
    (
        "a[]",
        "1:3",
        r#"unexpected "]" in subquery or range selector, expected number, duration, step(), or range()"#,
    ),
    ("a[5m 1m]", "1:6", r#"unexpected duration "1m" in subquery or range, expected ":" or "]""#),
    ("a[1m:2m 3m]", "1:9", r#"unexpected duration "3m" in subquery selector, expected "]""#),
    (
        "a[5m +]",
        "1:7",
        r#"unexpected "]" in subquery or range selector, expected number, duration, step(), or range()"#,
    ),
    (
        "a[5m + *]",
        "1:8",
        "unexpected <op:*> in subquery or range selector, expected number, duration, step(), or range()",
    ),
    (
        "a[max_of(1m)]",
        "1:12",
        r#"unexpected ")" in subquery or range selector, expected number, duration, step(), or range()"#,
    ),
    (
        "a[step]",
        "1:7",
        r#"unexpected "]" in subquery or range selector, expected number, duration, step(), or range()"#,
    ),
    (
        "a[(5m]",
        "1:6",
        r#"unexpected "]" in subquery or range selector, expected number, duration, step(), or range()"#,
    ),
    ("a{b}", "1:4", r#"unexpected "}" in label matching, expected label matching operator"#),
    ("a{b=}", "1:5", r#"unexpected "}" in label matching, expected string"#),
    ("a{b=c}", "1:5", r#"unexpected identifier "c" in label matching, expected string"#),
    (
        r#"a{b="c" d="e"}"#,
        "1:9",
        r#"unexpected identifier "d" in label matching, expected "," or "}""#,
    ),
    (r#"a{b="c",,}"#, "1:9", r#"unexpected "," in label matching, expected identifier or "}""#),
    ("a{,}", "1:3", r#"unexpected "," in label matching, expected identifier or "}""#),
    ("a{b==c}", "1:5", r#"unexpected "=" in label matching, expected string"#),
    (r#"a{"b"=}"#, "1:7", r#"unexpected "}" in label matching, expected string"#),
    (r#"a{"b"x}"#, "1:6", r#"unexpected identifier "x" in label matching, expected "," or "}""#),
    ("a @", "1:4", "unexpected end of input in @, expected timestamp"),
    ("a @ b", "1:5", r#"unexpected identifier "b" in @, expected timestamp"#),
    ("a @ start", "1:10", "unexpected end of input in @, expected timestamp"),
    (
        "a offset",
        "1:9",
        "unexpected end of input in offset, expected number, duration, step(), or range()",
    ),
    (
        "a offset b",
        "1:10",
        r#"unexpected identifier "b" in offset, expected number, duration, step(), or range()"#,
    ),
    (
        "a offset step",
        "1:14",
        "unexpected end of input in offset, expected number, duration, step(), or range()",
    ),
    (
        "a offset min_of(1m, b)",
        "1:21",
        r#"unexpected identifier "b" in offset, expected number, duration, step(), or range()"#,
    ),
    ("a group_left(x) b", "1:3", "unexpected <group_left>"),
    ("a * on x b", "1:8", r#"unexpected identifier "x" in grouping opts, expected "(""#),
    ("a * on(x b", "1:10", r#"unexpected identifier "b" in grouping opts, expected "," or ")""#),
    ("a * on(x b) c", "1:10", r#"unexpected identifier "b" in grouping opts, expected "," or ")""#),
    ("a * on(1) b", "1:8", r#"unexpected number "1" in grouping opts, expected label"#),
    ("a * on(x) group_left", "1:21", r#"unexpected end of input in grouping opts, expected "(""#),
    ("a + on(without) b", "1:8", "unexpected <without> in grouping opts, expected label"),
    ("a + fill(x) b", "1:10", r#"unexpected identifier "x""#),
    ("sum(a b)", "1:7", r#"unexpected identifier "b" in aggregation"#),
    ("sum by a (b)", "1:8", r#"unexpected identifier "a" in grouping opts, expected "(""#),
    ("sum by (a)", "1:11", "unexpected end of input in aggregation"),
    (
        "sum by (a b) (c)",
        "1:11",
        r#"unexpected identifier "b" in grouping opts, expected "," or ")""#,
    ),
    ("sum by (a,,b) (c)", "1:11", r#"unexpected "," in grouping opts, expected label"#),
    ("sum(a) by (b) by (c)", "1:15", "unexpected <by>"),
    ("a:b(c)", "1:4", r#"unexpected "(""#),
    ("=", "1:1", r#"unexpected "=""#),
    ("a = b", "1:3", r#"unexpected "=""#),
    ("a offset 5m 5m", "1:13", r#"unexpected duration "5m""#),
    ("bool", "1:1", "unexpected <bool>"),
    ("on", "1:1", "unexpected <on>"),
    ("a b{", "1:3", r#"unexpected identifier "b""#),
    ("a[5m] b", "1:7", r#"unexpected identifier "b""#),
    (r#"foo{bar="baz"} 1 2"#, "1:16", r#"unexpected number "1""#),
    ("sum(rate(a[5m] b))", "1:16", r#"unexpected identifier "b" in aggregation"#),
    ("sum by (a) b", "1:12", r#"unexpected identifier "b" in aggregation"#),
    (
        "a offset -",
        "1:11",
        "unexpected end of input in offset, expected number, duration, step(), or range()",
    ),
    ("a @ +", "1:6", "unexpected end of input in @, expected timestamp"),
    ("a +", "1:4", "unexpected end of input"),
    ("a + on", "1:7", r#"unexpected end of input in grouping opts, expected "(""#),
    ("a unless ignoring", "1:18", r#"unexpected end of input in grouping opts, expected "(""#),
    ("topk(,a)", "1:6", r#"unexpected "," in aggregation"#),
    ("abs(,)", "1:5", r#"unexpected ",""#),
];

#[test]
fn a_token_that_does_not_fit_is_named() {
    check(MISPLACED);
}

/// Parts that nobody can put together.
const PARTS: &[Case] = &[
    ("a offset -NaN", "1:10", "duration out of range"),
    ("", "unknown position", "no expression found in input"),
    ("   ", "1:1", "no expression found in input"),
    ("# only a comment", "1:1", "no expression found in input"),
    ("#(", "1:1", "no expression found in input"),
    ("a[0]", "1:3", "duration must be greater than 0"),
    ("a[-5m]", "1:3", "duration must be greater than 0"),
    ("a[5m:0]", "1:6", "duration must be greater than 0"),
    ("a[1e300]", "1:3", "duration out of range"),
    ("a[5m / 0]", "1:6", "division by zero"),
    ("a[5m % 0]", "1:6", "modulo by zero"),
    (r#"a{b=~"("}"#, "1:3", "error parsing regexp: missing closing ): `(`"),
    (r#"a{b="\xff"}"#, "1:5", r#"error unquoting string "\"\\xff\"": string is not valid UTF-8"#),
    ("a @ inf", "1:1", "timestamp out of bounds for @ modifier: +Inf"),
    (
        "a @ -1e30",
        "1:1",
        "timestamp out of bounds for @ modifier: -1000000000000000019884624838656.000000",
    ),
    ("a @ 1 @ 2", "1:1", "@ <timestamp> may not be set multiple times"),
    ("a @ start() @ 1", "1:1", "@ <timestamp> may not be set multiple times"),
    (
        "1 @ 1",
        "1:1",
        "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery",
    ),
    ("a offset 5m offset 6m", "1:1", "offset may not be set multiple times"),
    ("a offset 1e300", "1:10", "duration out of range"),
    (
        "1 offset 5m",
        "1:1",
        "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
    ),
    (
        "(a) offset 5m",
        "1:1",
        "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
    ),
    ("a offset 5m [1m]", "1:13", "no offset modifiers allowed before range"),
    ("a @ 1 [1m]", "1:7", "no @ modifiers allowed before range"),
    ("rate(a[5m])[1m]", "1:12", "ranges only allowed for vector selectors"),
    ("1[5m]", "1:2", "ranges only allowed for vector selectors"),
    (r#"a * on("") b"#, "1:8", r#"invalid label name for grouping: """#),
    ("sum()", "1:1", "no arguments for aggregate expression provided"),
    (
        "sum(a, b)",
        "1:1",
        "wrong number of arguments for aggregate expression provided, expected 1, got 2",
    ),
    (
        "topk(a)",
        "1:1",
        "wrong number of arguments for aggregate expression provided, expected 2, got 1",
    ),
    ("nope(a)", "1:1", r#"unknown function with name "nope""#),
    ("Rate(a[5m])", "1:1", r#"unknown function with name "Rate""#),
    ("rate(a[5m],)", "1:11", "trailing commas not allowed in function call args"),
    ("0x", "1:1", r#"error parsing number: strconv.ParseFloat: parsing "0x": invalid syntax"#),
    ("5s1m", "1:1", r#"not a valid duration string: "5s1m""#),
    ("999999999y", "1:1", "duration out of range"),
    (
        "1e400",
        "1:1",
        r#"error parsing number: strconv.ParseFloat: parsing "1e400": value out of range"#,
    ),
    ("a anchored smoothed", "1:1", "anchored and smoothed modifiers cannot be used together"),
    ("(a)[5m:] anchored", "1:1", "anchored modifier is not supported for subqueries"),
    ("1 smoothed", "1:1", "smoothed modifier not implemented"),
    ("sum(a) anchored", "1:1", "anchored modifier not implemented"),
    ("sum(a,)", "1:6", "trailing commas not allowed in function call args"),
];

#[test]
fn parts_must_go_together() {
    check(PARTS);
}

/// Operands and arguments of the wrong type.
const TYPES: &[Case] = &[
    ("{}", "1:1", "vector selector must contain at least one non-empty matcher"),
    (r#"{a=""}"#, "1:1", "vector selector must contain at least one non-empty matcher"),
    (r#"{a=~".*"}"#, "1:1", "vector selector must contain at least one non-empty matcher"),
    (r#"a{__name__="b"}"#, "1:1", r#"metric name must not be set twice: "a" or "b""#),
    (r#"a{"b"}"#, "1:1", r#"metric name must not be set twice: "a" or "b""#),
    ("1[5m:1m]", "1:1", "subquery is only allowed on instant vector, got scalar instead"),
    (r#""a"[5m:1m]"#, "1:1", "subquery is only allowed on instant vector, got string instead"),
    ("a[5m][1m:]", "1:1", "subquery is only allowed on instant vector, got matrix instead"),
    ("a[5m] + 1", "1:1", "binary expression must contain only scalar and instant vector types"),
    (r#""a" + 1"#, "1:1", "binary expression must contain only scalar and instant vector types"),
    (r#"1 + "a""#, "1:5", "binary expression must contain only scalar and instant vector types"),
    (
        r#"-"a""#,
        "1:1",
        r#"unary expression only allowed on expressions of type scalar or instant vector, got "string""#,
    ),
    (
        "-a[5m]",
        "1:1",
        r#"unary expression only allowed on expressions of type scalar or instant vector, got "range vector""#,
    ),
    ("1 > 2", "1:3", "comparisons between scalars must use BOOL modifier"),
    ("1 == (2)", "1:3", "comparisons between scalars must use BOOL modifier"),
    ("1 and 2", "1:1", r#"set operator "and" not allowed in binary scalar expression"#),
    ("a and 1", "1:1", r#"set operator "and" not allowed in binary scalar expression"#),
    ("a or on(x) group_left(y) b", "1:1", r#"no grouping allowed for "or" operation"#),
    ("a + bool b", "1:3", "bool modifier can only be used on comparison operators"),
    ("1 + on(x) a", "1:1", "vector matching only allowed between instant vectors"),
    (
        "a * on(x) group_left(x) b",
        "1:3",
        r#"label "x" must not occur in ON and GROUP clause at once"#,
    ),
    ("a and fill(0) b", "1:1", "filling in missing series not allowed for set operators"),
    ("1 + fill(0) a", "1:1", "filling in missing series only allowed between instant vectors"),
    ("sum(1)", "1:5", "expected type instant vector in aggregation expression, got scalar"),
    (r#"sum("a")"#, "1:5", "expected type instant vector in aggregation expression, got string"),
    (
        "sum(a[5m])",
        "1:5",
        "expected type instant vector in aggregation expression, got range vector",
    ),
    ("topk(1, 2)", "1:9", "expected type instant vector in aggregation expression, got scalar"),
    (r#"topk("a", b)"#, "1:6", "expected type scalar in aggregation parameter, got string"),
    ("topk(a, b)", "1:6", "expected type scalar in aggregation parameter, got instant vector"),
    ("count_values(1, a)", "1:14", "expected type string in aggregation parameter, got scalar"),
    ("rate()", "1:1", r#"expected 1 argument(s) in call to "rate", got 0"#),
    (
        "rate(a)",
        "1:6",
        r#"expected type range vector in call to function "rate", got instant vector"#,
    ),
    ("rate(a[5m], 1)", "1:1", r#"expected 1 argument(s) in call to "rate", got 2"#),
    ("time(1)", "1:1", r#"expected 0 argument(s) in call to "time", got 1"#),
    ("round(a, 1, 2)", "1:1", r#"expected at most 2 argument(s) in call to "round", got 3"#),
    (
        r#"label_join(a, "b")"#,
        "1:1",
        r#"expected at least 3 argument(s) in call to "label_join", got 2"#,
    ),
    (
        r#"label_replace(a, "b", "c", "d")"#,
        "1:1",
        r#"expected 5 argument(s) in call to "label_replace", got 4"#,
    ),
    (
        r#"clamp(a, 1, "x")"#,
        "1:13",
        r#"expected type scalar in call to function "clamp", got string"#,
    ),
    ("hour(1)", "1:6", r#"expected type instant vector in call to function "hour", got scalar"#),
    (
        r#"histogram_quantiles(a, "q", 1,2,3,4,5,6,7,8,9,10,11)"#,
        "1:1",
        r#"expected at most 12 argument(s) in call to "histogram_quantiles", got 13"#,
    ),
    (
        r#"info(1, {a="b"})"#,
        "1:6",
        r#"expected type instant vector in call to function "info", got scalar"#,
    ),
    ("info(a, b)", "1:9", "expected label selectors only, got vector selector instead"),
    ("info(a, 1)", "1:1", r#"expected type instant vector in call to function "info", got scalar"#),
    (r#"info(a, {a="b"} + 1)"#, "1:9", "expected label selectors only"),
    ("max_of(1)", "1:1", r#"expected 2 argument(s) in call to "max_of", got 1"#),
    ("start(1)", "1:1", r#"expected 0 argument(s) in call to "start", got 1"#),
];

#[test]
fn types_must_fit() {
    check(TYPES);
}
