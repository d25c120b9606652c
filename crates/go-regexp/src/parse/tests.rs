use proptest::prelude::*;

use super::*;

/// Expressions that Go refuses, and its message behind `error parsing regexp: `.
const REFUSED: &[(&str, &str)] = &[
    (r"(foo", r"missing closing ): `(foo`"),
    (r"foo)", r"unexpected ): `foo)`"),
    (r"a**", r"invalid nested repetition operator: `**`"),
    (r"a*+", r"invalid nested repetition operator: `*+`"),
    (r"a{2}{3}", r"invalid nested repetition operator: `{2}{3}`"),
    (r"a++", r"invalid nested repetition operator: `++`"),
    (r"a*???", r"invalid nested repetition operator: `*???`"),
    (r"*", r"missing argument to repetition operator: `*`"),
    (r"+a", r"missing argument to repetition operator: `+`"),
    (r"|*", r"missing argument to repetition operator: `*`"),
    (r"(*)", r"missing argument to repetition operator: `*`"),
    (r"(?i)*", r"missing argument to repetition operator: `*`"),
    (r"a{1001}", r"invalid repeat count: `{1001}`"),
    (r"a{2,1}", r"invalid repeat count: `{2,1}`"),
    (r"a{1,1001}", r"invalid repeat count: `{1,1001}`"),
    (r"(a{100}){11}", r"invalid repeat count: `{11}`"),
    (r"((a{10}){10}){11}", r"invalid repeat count: `{11}`"),
    (r"a{99999999999}", r"invalid repeat count: `{99999999999}`"),
    (r"[a", r"missing closing ]: `[a`"),
    (r"[a--b]", r"invalid character class range: `a--`"),
    (r"[z-a]", r"invalid character class range: `z-a`"),
    (r"[[:foo:]]", r"invalid character class range: `[:foo:]`"),
    (r"[]", r"missing closing ]: `[]`"),
    (r"[^]", r"missing closing ]: `[^]`"),
    (r"\", r"trailing backslash at end of expression: ``"),
    (r"a\", r"trailing backslash at end of expression: ``"),
    (r"\8", r"invalid escape sequence: `\8`"),
    (r"\q", r"invalid escape sequence: `\q`"),
    (r"\C", r"invalid escape sequence: `\C`"),
    (r"\u00e9", r"invalid escape sequence: `\u`"),
    (r"\xg0", r"invalid escape sequence: `\xg0`"),
    (r"\x", r"invalid escape sequence: `\x`"),
    (r"\x{110000}", r"invalid escape sequence: `\x{110000`"),
    (r"\x{}", r"invalid escape sequence: `\x{}`"),
    (r"\x{4", r"invalid escape sequence: `\x{4`"),
    (r"\pX", r"invalid character class range: `\pX`"),
    (r"\p{Foo}", r"invalid character class range: `\p{Foo}`"),
    (r"\p{Greek", r"invalid character class range: `\p{Greek`"),
    (r"\p", r"invalid character class range: `\p`"),
    (r"\p{Grek}", r"invalid character class range: `\p{Grek}`"),
    (r"\p{Alphabetic}", r"invalid character class range: `\p{Alphabetic}`"),
    (r"(?x)", r"invalid or unsupported Perl syntax: `(?x`"),
    (r"(?R)", r"invalid or unsupported Perl syntax: `(?R`"),
    (r"(?u)", r"invalid or unsupported Perl syntax: `(?u`"),
    (r"(?", r"invalid or unsupported Perl syntax: `(?`"),
    (r"(?i", r"invalid or unsupported Perl syntax: `(?i`"),
    (r"(?-)", r"invalid or unsupported Perl syntax: `(?-)`"),
    (r"(?i-)", r"invalid or unsupported Perl syntax: `(?i-)`"),
    (r"(?i--s)", r"invalid or unsupported Perl syntax: `(?i--`"),
    (r"(?P=n)", r"invalid or unsupported Perl syntax: `(?P`"),
    (r"(?P<n", r"invalid named capture: `(?P<n`"),
    (r"(?P<>a)", r"invalid named capture: `(?P<>`"),
    (r"(?P<a-b>c)", r"invalid named capture: `(?P<a-b>`"),
    (r"(?P<", r"invalid or unsupported Perl syntax: `(?P`"),
    (r"(?<é>a)", r"invalid named capture: `(?<é>`"),
    (r"(?<", r"invalid or unsupported Perl syntax: `(?<`"),
    (r"(?=a)", r"invalid or unsupported Perl syntax: `(?=`"),
    (r"(?!a)", r"invalid or unsupported Perl syntax: `(?!`"),
    (r"(?<=a)", r"invalid named capture: `(?<=a)`"),
    (r"(?#c)", r"invalid or unsupported Perl syntax: `(?#`"),
    (r"(?:a", r"missing closing ): `(?:a`"),
    (r"(?i:a", r"missing closing ): `(?i:a`"),
    (r"\1", r"invalid escape sequence: `\1`"),
    (r"[\8]", r"invalid escape sequence: `\8`"),
    (r"[a-\q]", r"invalid escape sequence: `\q`"),
    (r"[\p{Foo}]", r"invalid character class range: `\p{Foo}`"),
];

fn message(pattern: &str) -> Option<String> {
    parse(pattern, Flags::default()).err().map(|error| error.to_string())
}

#[test]
fn refuses_in_the_words_of_go() {
    for &(pattern, expected) in REFUSED {
        let expected = format!("error parsing regexp: {expected}");
        assert_eq!(message(pattern), Some(expected), "{pattern}");
    }
}

#[test]
fn accepts_what_only_go_accepts() {
    for pattern in [
        r"\Qa.b\E",
        r"\Qa",
        "a{,2}",
        "x{",
        "{foo}",
        "[[a]",
        r"\07",
        "[a&&b]",
        r"\b{start}",
        "x{2}{",
        "a{01}",
        "()",
        "(?i)",
        "a(?i)*",
        "a*(?i)*",
        "(?:)*",
        "^*",
        "[]a]",
        "[^]a]",
        "[a-]",
        r"[\d-z]",
        "[a-z-9]",
        "(?<n>a)(?P<n>b)",
        r"\x{d800}",
        r"[\x{d000}-\x{e000}]",
        r"\pN",
        r"\p{Greek}",
        r"\p{^Lu}",
        r"\PN",
        r"\pCs",
        "(?im-sU:a)",
        "a||b",
        "a{1000}",
        "(a{100}){10}",
        "(a{0}){1000}",
        "((a*){1000})*",
        "]",
        "}",
    ] {
        assert_eq!(message(pattern), None, "{pattern}");
    }
}

#[test]
fn nests_as_deeply_as_go() {
    let nested = |depth: usize| format!("{}{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(message(&nested(999)), None);
    assert!(message(&nested(1000)).unwrap().contains("expression nests too deeply"));
    // Groups that capture nothing leave no trace.
    let plain = format!("{}{}", "(?:".repeat(100_000), ")".repeat(100_000));
    assert_eq!(message(&plain), None);
    assert!(message(&"(".repeat(100_000)).unwrap().contains("missing closing )"));
}

proptest! {
    #[test]
    fn any_text_parses_or_is_refused_for_a_part_of_itself(
        dense in r"[]a-z\\\[(){}*+?|^$.,0-9:<>P_&-]{0,30}",
        other: String,
    ) {
        for pattern in [dense, other] {
            if let Err(error) = parse(&pattern, Flags::default()) {
                prop_assert!(pattern.contains(&error.fragment), "{error}");
            }
        }
    }
}
