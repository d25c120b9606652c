use proptest::prelude::*;

use super::*;

/// Texts and what Go's `%q` makes of them.
const QUOTED: &[(&str, &str)] = &[
    ("", r#""""#),
    ("abc", r#""abc""#),
    ("a\"b", r#""a\"b""#),
    ("a\\b", r#""a\\b""#),
    ("a\nb\t\r\x07\x08\x0c\x0b", r#""a\nb\t\r\a\b\f\v""#),
    ("\x00\x1f\x7f", r#""\x00\x1f\x7f""#),
    ("\u{e9}", r#""é""#),
    ("\u{65e5}\u{672c}", r#""日本""#),
    ("\u{a0}", r#""\u00a0""#),
    ("\u{200b}", r#""\u200b""#),
    ("\u{feff}", r#""\ufeff""#),
    ("\u{fffd}", r#""�""#),
    ("\u{1f600}", r#""😀""#),
    ("\u{e0001}", r#""\U000e0001""#),
    ("\u{10ffff}", r#""\U0010ffff""#),
    ("\u{301}", r#""́""#),
    ("e\u{301}", "\"e\u{301}\""),
    ("\u{2028}", r#""\u2028""#),
    ("'`", r#""'`""#),
    ("\u{ad}", r#""\u00ad""#),
    ("\u{e000}", r#""\ue000""#),
    ("\u{378}", r#""\u0378""#),
    ("\u{3000}", r#""\u3000""#),
];

#[test]
fn quotes_as_go_does() {
    for &(text, expected) in QUOTED {
        assert_eq!(quote(text), expected);
    }
}

#[test]
fn shows_bytes_that_are_no_text() {
    assert_eq!(quote_bytes(b"a\xff\xc3(\xe2\x82"), r#""a\xff\xc3(\xe2\x82""#);
    assert_eq!(quote_bytes("é\n".as_bytes()), quote("é\n"));
}

#[test]
fn reads_the_three_forms_of_promql() {
    let check = |literal: &str, expected: Result<&str, UnquoteError>| {
        assert_eq!(unquote(literal).as_deref(), expected.as_ref().copied(), "{literal}");
    };
    let syntax = Err(UnquoteError::Syntax);
    check(r#""""#, Ok(""));
    check(r#""a'b""#, Ok("a'b"));
    check(r#"'a"b'"#, Ok("a\"b"));
    check(r"'it\'s'", Ok("it's"));
    check(r"`a\n'b`", Ok("a\\n'b"));
    check("`a\nb`", Ok("a\nb"));
    check(r#""\a\b\f\n\r\t\v\\\"""#, Ok("\x07\x08\x0c\n\r\t\x0b\\\""));
    check(r#""\x41\101\u0041\U00000041é""#, Ok("AAAAé"));
    check(r#""\ud800""#, Ok("\u{fffd}"));
    check(r#""\xc3\xa9""#, Ok("é"));
    check(r#""\xff""#, Err(UnquoteError::NotUtf8));
    for literal in [
        "",
        "\"",
        "a",
        "\"a'",
        "'a\"",
        "aba",
        "\"a\nb\"",
        "'a\nb'",
        "``a`",
        r#""a"b""#,
        r"'a'b'",
        r#""\'""#,
        r#"'\"'"#,
        r#""\q""#,
        r#""\x4""#,
        r#""\u004""#,
        r#""\U00110000""#,
        r#""\U0000004""#,
        r#""\400""#,
        r#""\08""#,
        r#""\1""#,
        r#""\""#,
        r#""\xg0""#,
    ] {
        check(literal, syntax);
    }
}

proptest! {
    #[test]
    fn quoted_text_reads_back(text: String) {
        prop_assert_eq!(unquote(&quote(&text)), Ok(text));
    }

    #[test]
    fn quoted_bytes_read_back(bytes: Vec<u8>) {
        prop_assert_eq!(unquote_bytes(quote_bytes(&bytes).as_bytes()), Ok(bytes));
    }

    #[test]
    fn contents_are_never_longer_than_the_literal(bytes: Vec<u8>, quote in "[`'\"]", escapes in "[\\\\xuU0-9a-fnt'\"]{0,20}") {
        let literals = [bytes, [quote.as_bytes(), escapes.as_bytes(), quote.as_bytes()].concat()];
        for literal in literals {
            if let Ok(contents) = unquote_bytes(&literal) {
                prop_assert!(contents.len() + 2 <= literal.len());
            }
        }
    }
}
