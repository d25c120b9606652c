use super::*;

fn matcher(pattern: &str) -> Matcher {
    Matcher::new(pattern).unwrap()
}

#[test]
fn lists_the_values_that_match() {
    let check = |pattern: &str, expected: Option<&[&str]>| {
        let matcher = matcher(pattern);
        let values = matcher.set_matches();
        let values = values.map(|all| all.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(values.as_deref(), expected, "{pattern}");
    };
    check("", Some(&[""]));
    check("foo", Some(&["foo"]));
    check("^foo$", Some(&["foo"]));
    check("foo|bar|foo", Some(&["bar", "foo"]));
    check(
        "(foo|ba[rz])-(?:x|y)?",
        Some(&["bar-", "bar-x", "bar-y", "baz-", "baz-x", "baz-y", "foo-", "foo-x", "foo-y"]),
    );
    check("a||b", Some(&["", "a", "b"]));
    check(r"1\.5", Some(&["1.5"]));
    check("(?i:1)", Some(&["1"]));
    check("(?i)a", None);
    check("foo.*", None);
    check("foo|bar.*", None);
    check("^foo|bar$", None);
    check("[^a]", None);
    check("[a-z][a-z]", None);
    check("a+", None);
}

#[test]
fn finds_what_all_values_start_with() {
    let check = |pattern: &str, expected: Option<&str>| {
        assert_eq!(matcher(pattern).prefix(), expected, "{pattern}");
    };
    check("foo.*", Some("foo"));
    check("^(foo).+bar$", Some("foo"));
    check("foo[0-9]+", Some("foo"));
    check("(?i)foo.*", None);
    check("foo.*|bar.*", None);
    check(".*foo", None);
    check("foo", None);
}

#[test]
fn knows_the_matchers_that_need_no_look() {
    assert!(matcher(".*").matches_everything());
    assert!(matcher("(?:.*)").matches_everything());
    assert!(!matcher("(?-s).*").matches_everything());
    assert!(!matcher(".+").matches_everything());
    assert!(matcher(".+").matches_non_empty());
    assert!(!matcher("..+").matches_non_empty());
    assert!(!matcher(".*|a").matches_non_empty());
}

#[test]
fn matches_whole_values() {
    let check = |pattern: &str, yes: &[&str], no: &[&str]| {
        let matcher = matcher(pattern);
        for value in yes {
            assert!(matcher.matches(value), "{pattern} on {value:?}");
        }
        for value in no {
            assert!(!matcher.matches(value), "{pattern} on {value:?}");
        }
    };
    check("", &[""], &["a"]);
    check("foo|bar", &["foo", "bar"], &["", "foobar", "FOO"]);
    check("foo.*", &["foo", "foo\n", "foobar"], &["fo", "xfoo"]);
    check("foo.+", &["foo1"], &["foo"]);
    check(".*foo.*", &["foo", "xfoox"], &["fo"]);
    check("a.*a", &["aa", "aba"], &["a"]);
    check("a.+b.*c", &["axbc", "abbc", "axbxc"], &["abc", "axb"]);
    check(".+é.+", &["aéa", "ééé"], &["é", "éé", "aé"]);
    check("..+", &["ab", "éé"], &["é", "a", ""]);
    check("(?-s).*", &["", "a"], &["\n"]);
    check("(?i)foo|bar", &["foo", "FOO", "Bar"], &["foob"]);
    check("(?i)kelvin.*", &["KELVINs", "\u{212a}elvin"], &["elvin"]);
    check("(?i)s[tu]", &["ST", "\u{17f}t", "sU"], &["sv"]);
    check("(?i)fö", &["FÖ", "fö"], &["fo"]);
    check("(?i:foo)bar", &["FOObar"], &["FOOBAR"]);
    check("foo.*|.*bar|baz", &["foo1", "1bar", "baz"], &["1foo", "bar1", "baz1"]);
    check("^$", &[""], &["a"]);
    check("^foo|bar$", &["foo", "bar"], &["foobar"]);
    check("a$b|c^", &[], &["ab", "c", "a", "b"]);
    check("[[:upper:]]{2}", &["AB"], &["A", "ab", "ABC"]);
}

#[test]
fn long_lists_and_long_values_work() {
    let words: Vec<String> = (0..2000).map(|at| format!("host-{at}")).collect();
    let exact = matcher(&words.join("|"));
    let any_case = matcher(&format!("(?i){}", words.join("|")));
    assert_eq!(exact.set_matches().map(<[String]>::len), Some(2000));
    for (value, expected) in
        [("host-0", true), ("host-1999", true), ("host-2000", false), ("host-", false)]
    {
        assert_eq!(exact.matches(value), expected);
        assert_eq!(any_case.matches(&value.to_uppercase()), expected);
    }
    let long = "X".repeat(100_000);
    assert!(matcher("(?i)x.*x").matches(&long));
    assert!(!matcher("(?i)y.*x").matches(&long));
    // The product would be too large to list.
    let digits = matcher("[0-9][0-9][0-9][0-9]");
    assert_eq!(digits.set_matches(), None);
    assert!(digits.matches("0123"));
}

#[test]
fn refuses_a_group_that_is_closed_twice() {
    let error = Matcher::new("a)(b").unwrap_err();
    assert_eq!(error.to_string(), "error parsing regexp: unexpected ): `a)(b`");
}
