use proptest::prelude::*;

use super::*;

/// All groups of the first match, absent ones as `~`.
fn groups(pattern: &str, text: &str) -> Option<String> {
    let regex = Regex::new(pattern).unwrap();
    let captures = regex.captures(text)?;
    let all = (0..captures.groups.group_len()).map(|index| captures.get(index).unwrap_or("~"));
    Some(all.collect::<Vec<_>>().join(","))
}

#[test]
fn matches_where_rust_and_go_differ() {
    let check = |pattern: &str, text: &str, expected: Option<&str>| {
        assert_eq!(groups(pattern, text).as_deref(), expected, "{pattern:?} on {text:?}");
    };
    check(r"\d", "\u{663}", None);
    check(r"\w", "é", None);
    check(r"é\b", "éa", Some("é"));
    check(r"é\b", "é-", None);
    check(r"[a&&b]+", "b&a", Some("b&a"));
    check(r"[,--]+", "a-,b", Some("-,"));
    check(r"[a~~b]+", "~", Some("~"));
    check(r"[[a]b]", "a", None);
    check(r"[[a]b]", "[b]", Some("[b]"));
    check(r"\<a\>", "<a>", Some("<a>"));
    check(r"a{,2}", "a{,2}", Some("a{,2}"));
    check(r"{foo}", "{foo}", Some("{foo}"));
    check(r"\Qa.b\E+", "a.bb", Some("a.bb"));
    check(r"\07\101", "\x07A", Some("\x07A"));
    check("a$", "a\n", None);
    check("(?m)a$", "a\n", Some("a"));
    check("a.", "a\n", None);
    check("(?s)a.", "a\n", Some("a\n"));
    check("(?U)a+", "aaa", Some("a"));
    check("(?U)a+?", "aaa", Some("aaa"));
    check("(?i)k", "\u{212a}", Some("\u{212a}"));
    check(r"(?i)\w", "\u{17f}", Some("\u{17f}"));
    check(r"(?i)\W", "\u{17f}", None);
    check("(?i:a)a", "Aa", Some("Aa"));
    check("(?i:a)a", "aA", None);
    check("(a)|(b)", "b", Some("b,~,b"));
    check(r"\x{d800}|b", "b", Some("b"));
    check(r"[^\x{d000}-\x{e000}]", "\u{d7ff}a", Some("a"));
    check("a|ab", "ab", Some("a"));
    check("[[:^alpha:]]+", "a1é", Some("1é"));
    check(r"\p{Greek}+", "aαβ", Some("αβ"));
}

#[test]
fn expands_templates_as_go_does() {
    let check = |template: &str, expected: &str| {
        let regex = Regex::new("(?P<first>a)(b)?(?P<last>c)").unwrap();
        let mut text = "=".to_owned();
        regex.captures("xacx").unwrap().expand(template, &mut text);
        assert_eq!(text, format!("={expected}"), "{template}");
    };
    check("", "");
    check("$0 $1 $2 $3 $4", "ac a  c ");
    check("${1}x$1x", "ax");
    check("$first-${last}", "a-c");
    check("$first_$last", "c");
    check("$$1$", "$1$");
    check("${", "${");
    check("${}", "${}");
    check("${a b}", "${a b}");
    check("${1", "${1");
    check("$-$ é", "$-$ é");
    check("$éa$01", "");
    check("$99999999999999999999", "");
}

#[test]
fn anchored_expressions_match_whole_texts() {
    let regex = Regex::anchored("a.b|c").unwrap();
    assert_eq!(regex.as_str(), "a.b|c");
    for (text, expected) in
        [("a\nb", true), ("xa.b", false), ("c", true), ("cc", false), ("", false)]
    {
        assert_eq!(regex.is_match(text), expected, "{text}");
    }
    // The wrapper is text, as it is upstream.
    assert!(Regex::anchored("a)(b").is_ok());
    let error = Regex::anchored("(a").unwrap_err();
    assert_eq!(error.to_string(), "error parsing regexp: missing closing ): `^(?s:(a)$`");
}

#[test]
fn replaces_every_match() {
    let check = |pattern: &str, text: &str, template: &str, expected: &str| {
        let regex = Regex::new(pattern).unwrap();
        assert_eq!(regex.replace_all(text, template), expected, "{pattern:?} on {text:?}");
    };
    check("a", "banana", "<$0>", "b<a>n<a>n<a>");
    check("", "abé", "-", "-a-b-é-");
    check("a*", "baac", "x", "xbxcx");
    check("b", "aaa", "x", "aaa");
    check("^a", "aaa", "", "aa");
    check("(a)(b)?", "aba", "[$2]", "[b][]");
}

#[test]
fn refuses_automata_that_are_too_large() {
    let error = Regex::new(r"\pL{1000}\pL{1000}").unwrap_err();
    assert_eq!(error.kind, crate::ErrorKind::TooLarge);
    let deep = format!("{}a{}", "(".repeat(998), ")".repeat(998));
    assert!(Regex::new(&deep).unwrap().is_match("a"));
}

proptest! {
    #[test]
    fn quoted_text_matches_itself(text: String) {
        prop_assume!(!text.contains("\\E"));
        let regex = Regex::anchored(&format!("\\Q{text}\\E")).unwrap();
        prop_assert!(regex.is_match(&text));
    }

    #[test]
    fn replacing_with_the_match_changes_nothing(pattern in "[ab.*+?|()]{0,8}", text in "[abc]{0,12}") {
        if let Ok(regex) = Regex::new(&pattern) {
            prop_assert_eq!(regex.replace_all(&text, "$0"), text);
        }
    }
}
