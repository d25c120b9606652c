use proptest::prelude::*;

use super::*;

/// One line a text: the text, then what upstream's parsers (0.34) make of it: a list in the UTF-8 grammar, in the
/// classic one and in both; one matcher in both and in the UTF-8 grammar. Mistakes start with `ERR `.
const GRAMMARS: &str = include_str!("tests/grammars.jsonl");

fn shown<T, E: std::fmt::Display>(parsed: Result<T, E>, show: impl Fn(&T) -> String) -> String {
    match parsed {
        Ok(parsed) => show(&parsed),
        Err(error) => format!("ERR {error}"),
    }
}

#[test]
fn texts_are_read_as_upstream_reads_them() {
    for line in GRAMMARS.lines() {
        let [text, utf8, classic, fallback, one, utf8_one]: [String; 6] =
            serde_json::from_str(line).unwrap();
        let list =
            |mode| shown(parse_matchers(&text, mode, "test"), |matchers| format_all(matchers));
        let single = |mode| shown(parse_matcher(&text, mode, "test"), format);
        assert_eq!(list(MatcherMode::Utf8Strict), utf8, "UTF-8: {text:?}");
        assert_eq!(list(MatcherMode::Classic), classic, "classic: {text:?}");
        assert_eq!(list(MatcherMode::Fallback), fallback, "both: {text:?}");
        assert_eq!(single(MatcherMode::Fallback), one, "one: {text:?}");
        assert_eq!(single(MatcherMode::Utf8Strict), utf8_one, "one, UTF-8: {text:?}");
    }
}

#[test]
fn a_list_that_is_written_is_read_back() {
    for (name, value) in [("job", "a"), ("job", "say \"hi\"\n\\"), ("a b", "x\ty"), ("ß", "ü,{}")]
    {
        for op in [MatchOp::Equal, MatchOp::NotEqual] {
            let matchers = vec![new(name, op, value).unwrap(), Matcher::equal("z", "")];
            let read = parse_matchers(&format_all(&matchers), MatcherMode::Fallback, "test");
            assert_eq!(read.unwrap(), matchers);
        }
    }
}

#[test]
fn an_expression_matches_whole_values_and_its_dot_no_line_feed() {
    for (expression, value, expected) in [
        ("a|b", "a", true),
        ("a|b", "ab", false),
        ("", "", true),
        (".*", "any thing", true),
        (".*", "two\nlines", false),
        ("(?s).*", "two\nlines", true),
        ("a.b", "a\nb", false),
        ("(?i)HOST-.+", "host-1", true),
    ] {
        let matcher = new("x", MatchOp::Regex, expression).unwrap();
        assert_eq!(matcher.matches(value), expected, "{expression} {value:?}");
        let matcher = new("x", MatchOp::NotRegex, expression).unwrap();
        assert_eq!(matcher.matches(value), !expected, "{expression} {value:?}");
        assert_eq!(matcher.value(), expression);
    }
}

#[test]
fn an_absent_label_is_an_empty_one() {
    let labels = Labels::from_pairs([("job", "api")]);
    for (text, expected) in [
        ("job=api", true),
        ("job=api,region=\"\"", true),
        ("region!=eu", true),
        ("region=~\".+\"", false),
        ("region=~\".*\"", true),
        ("job!=api", false),
        ("", true),
    ] {
        let matchers = parse_matchers(text, MatcherMode::Fallback, "test").unwrap();
        assert_eq!(all_match(&matchers, &labels), expected, "{text}");
    }
}

#[test]
fn the_mode_says_which_names_labels_have() {
    for (name, classic, utf8) in [
        ("job", true, true),
        ("_x9", true, true),
        ("9x", false, true),
        ("a.b", false, true),
        ("ß", false, true),
        ("", false, false),
    ] {
        assert_eq!(MatcherMode::Classic.is_valid_label_name(name), classic, "{name}");
        assert_eq!(MatcherMode::Fallback.is_valid_label_name(name), utf8, "{name}");
        assert_eq!(MatcherMode::Utf8Strict.is_valid_label_name(name), utf8, "{name}");
    }
}

proptest! {
    #[test]
    fn any_matcher_that_is_written_is_read_back(
        name in "\\PC{1,8}|[a-z{}=!~,\"'`\\\\ \n\t]{1,8}",
        value in "\\PC{0,8}|[a-z{}=!~,\"'`\\\\ \n\t]{0,8}",
        negative in any::<bool>(),
    ) {
        let op = if negative { MatchOp::NotEqual } else { MatchOp::Equal };
        let matcher = new(&name, op, &value).unwrap();
        let read = parse_matcher(&format(&matcher), MatcherMode::Utf8Strict, "test");
        prop_assert_eq!(read.unwrap(), matcher);
    }

    #[test]
    fn what_a_text_means_is_written_and_read_back(text in "[a-c{}=!~,\"'`\\\\ \nß]{0,24}|\\PC{0,24}") {
        for mode in [MatcherMode::Fallback, MatcherMode::Classic, MatcherMode::Utf8Strict] {
            if let Ok(matchers) = parse_matchers(&text, mode, "test") {
                let read = parse_matchers(&format_all(&matchers), mode, "test");
                prop_assert_eq!(read.unwrap(), matchers);
            }
        }
    }
}
