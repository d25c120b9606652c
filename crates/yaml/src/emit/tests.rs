use super::*;

const LONG: &str = "the quick brown fox jumps over the lazy dog, and then it goes on and on until \
                    the line is long enough";

fn texts() -> Vec<Value> {
    let quoted = format!("'{LONG}");
    let keyed = format!("true: {LONG}");
    let texts = [
        "plain",
        "",
        "yes",
        "12",
        "1.5",
        "~",
        "null",
        "0x1f",
        "2024-01-02",
        "2024-01-02T10:11:12Z",
        "2024-01-02T10:11:12",
        "1:30",
        "a: b",
        "a:b",
        "a #b",
        "a#b",
        "#a",
        "- a",
        "-a",
        "'q'",
        "\"q\"",
        "$1",
        "*",
        "{a}",
        "a,b",
        " a",
        "a ",
        "tab\there",
        "é ü",
        "😀",
        "two\nlines\n",
        "two\nlines",
        "\nfirst",
        "a\\b",
        "it's: so",
        LONG,
        &quoted,
        &keyed,
        "<<",
    ];
    texts.into_iter().map(Value::from).collect()
}

/// The golden file is the output of yaml.v2 2.4.4 for the same values.
#[test]
fn a_document_is_written_as_yaml_v2_writes_it() {
    let list = |items: &[&str]| Value::from(items.to_vec());
    let lists = [("b10", &["x"][..]), ("b9", &[]), ("1", &["y"])];
    let lists = lists.map(|(key, items)| (key.to_owned(), list(items)));
    let odd_keys = [("two\nlines", "v"), ("", "e")];
    let odd_keys = odd_keys.map(|(key, value)| (key.to_owned(), Value::from(value)));
    let document = Value::Map(
        [
            ("b", Value::List(texts())),
            ("f", Value::FlowList(texts())),
            ("m", Value::sorted(lists)),
            ("e", Value::sorted(odd_keys)),
            ("z", list(&[])),
            ("n", Value::List(vec![list(&["a", "b"]), list(&[])])),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into(),
    );
    assert_eq!(emit(&document), include_str!("golden.yml"));
}

#[test]
fn what_is_written_reads_as_what_it_was() {
    let document = Value::List(texts());
    let read = crate::parse(&emit(&document)).unwrap();
    let crate::Kind::List(items) = &read.kind else { panic!("no list: {read:?}") };
    let read: Vec<Value> =
        items.iter().map(|item| Value::from(item.text().unwrap_or_default())).collect();
    assert_eq!(read, texts());
}

#[test]
fn zero_values_are_known() {
    for (value, zero) in [
        (Value::Null, true),
        (Value::from(false), true),
        (Value::from(0_i64), true),
        (Value::from(""), true),
        (Value::from(Vec::<&str>::new()), true),
        (Value::from(true), false),
        (Value::from("0"), false),
    ] {
        assert_eq!(value.is_zero(), zero, "{value:?}");
    }
}

#[test]
fn mappings_in_braces_are_written_as_upstream_writes_them() {
    let map = |entries: Vec<(&str, Value)>| -> Vec<(String, Value)> {
        entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    };
    let list = ["p", "q, r", "1:30"].map(Value::from);
    let deep = Value::Map(map(vec![("x", "yes".into())]));
    let nested = Value::Map(map(vec![("k", Value::Null), ("deep", deep)]));
    let long_key = "k".repeat(130);
    let braces = map(vec![
        ("one", 1_i64.into()),
        ("two: x", "a: b".into()),
        ("list", Value::List(list.to_vec())),
        ("empty", Value::Map(Vec::new())),
        ("long", "word ".repeat(12).into()),
        ("nested", nested),
        (&long_key, "v".into()),
        ("last", "multi\nline".into()),
    ]);
    let items = vec![Value::Map(map(vec![("x", 1_i64.into())])), Value::Map(Vec::new())];
    let document = map(vec![
        ("a", Value::FlowMap(braces)),
        ("b", Value::FlowList(items)),
        ("c", "end".into()),
    ]);
    let expected = "\
a: {one: 1, 'two: x': 'a: b', list: [p, 'q, r', \"1:30\"], empty: {}, long: 'word word
    word word word word word word word word word word ', nested: {k: null, deep: {
      x: \"yes\"}}, ? KEY
  : v, last: \"multi\\nline\"}
b: [{x: 1}, {}]
c: end
";
    assert_eq!(emit(&Value::Map(document)), expected.replace("KEY", &long_key));
}
