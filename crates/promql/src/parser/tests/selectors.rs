//! Selectors that stand alone, as in `match[]`.

use crate::parser::parse_metric_selector;

#[test]
fn metric_selectors_are_lists_of_matchers() {
    let cases = [
        ("up", r#"__name__="up""#),
        ("sum{}", r#"__name__="sum""#),
        (r#"up{job="a",x!~"b.*"}"#, r#"job="a" x!~"b.*" __name__="up""#),
        (r#" {"my.metric" , "a.b"=~'c'} "#, r#"__name__="my.metric" "a.b"=~"c""#),
        ("{}", ""),
        ("{a=''}", r#"a="""#),
    ];
    for (text, expected) in cases {
        let matchers = parse_metric_selector(text).unwrap();
        let matchers: Vec<String> = matchers.iter().map(ToString::to_string).collect();
        assert_eq!(matchers.join(" "), expected, "{text}");
    }
}

#[test]
fn metric_selectors_are_nothing_else() {
    let cases = [
        ("", "unknown position: parse error: unexpected end of input"),
        ("up[5m]", r#"1:3: parse error: unexpected "[""#),
        ("up offset 5m", "1:4: parse error: unexpected <offset>"),
        ("rate(up)", r#"1:5: parse error: unexpected "(""#),
        ("1", r#"1:1: parse error: unexpected number "1""#),
        ("on", "1:1: parse error: unexpected <on>"),
        ("up up", r#"1:4: parse error: unexpected identifier "up""#),
        (r#"{a=~"("}"#, "1:2: parse error: error parsing regexp: missing closing ): `(`"),
    ];
    for (text, message) in cases {
        assert_eq!(parse_metric_selector(text).unwrap_err().to_string(), message, "{text}");
    }
}
