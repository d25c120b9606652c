//! The body of the fuzz target over patterns and values that are made up anew each time.

use proptest::prelude::*;

use crate::targets::check_matcher;

/// Pieces of patterns of which most have a fast way.
fn pattern() -> impl Strategy<Value = String> {
    let pieces: &[&str] = &[
        "foo",
        "bar",
        "(foo|bar)",
        "(?i:foo)",
        "a",
        "B",
        ".*",
        ".+",
        ".",
        "|",
        "(",
        ")",
        "(?:",
        "(?i)",
        "(?i:",
        "(?s)",
        "[ab]",
        "[^a]",
        "?",
        "*",
        "+",
        "{2}",
        "^",
        "$",
        "\\.",
        "\\d",
        "\\w",
        "\\pL",
        "é",
        "\u{17f}",
        "\u{212a}",
        "k",
        "S",
        "(?-s)",
        "(a|)",
        "x?",
        "\\b",
        "-",
        "\\Q.\\E",
        "",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..9).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = String> {
    let pieces: &[&str] = &[
        "foo", "bar", "FOO", "a", "b", "B", ".", "-", "1", "é", "É", "K", "k", "\u{212a}", "s",
        "\u{17f}", "x", "\r", "\n", "",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn fast_ways_find_what_the_automaton_finds(
        pattern in pattern(),
        values in prop::collection::vec(value(), 1..8),
    ) {
        check_matcher(format!("{pattern}\0{}", values.join("\0")).as_bytes());
    }

    #[test]
    fn any_bytes_compile_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        check_matcher(&bytes);
    }
}
