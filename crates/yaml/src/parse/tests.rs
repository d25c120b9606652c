use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn message(text: &str) -> String {
    parse(text).unwrap_err().kind.to_string()
}

#[test]
fn values_know_their_place() {
    let root = parse("a: 1\nb:\n  - x\n  - {c: 'ü', d: e}\n").unwrap();
    let list = root.get("b").unwrap();
    let Kind::List(items) = &list.kind else { panic!("not a list") };
    assert_eq!(items[0].span, Span { line: 3, column: 5 });
    assert_eq!(items[1].get("d").unwrap().span, Span { line: 4, column: 17 });
    assert_eq!(root.get("a").unwrap().text(), Some("1"));
}

#[test]
fn only_the_first_document_counts_and_none_is_null() {
    assert_eq!(parse("a: 1\n---\na: 2\n").unwrap().get("a").unwrap().text(), Some("1"));
    for empty in ["", "\n", "# nothing\n", "---\n"] {
        assert!(parse(empty).unwrap().is_null(), "{empty:?}");
    }
}

#[test]
fn aliases_copy_and_merge_keys_fill_in_what_is_absent() {
    let text = "
base: &base {a: 1, b: 2}
more: &more {b: 3, c: 4}
one: {<<: *base, b: 9}
two: {<<: [*base, *more], d: 5}
same: *base
quoted: {'<<': x}
";
    let root = parse(text).unwrap();
    let get = |section: &str, key: &str| {
        root.get(section).and_then(|node| node.get(key)).and_then(Node::text)
    };
    assert_eq!((get("one", "a"), get("one", "b")), (Some("1"), Some("9")));
    assert_eq!(
        (get("two", "b"), get("two", "c"), get("two", "d")),
        (Some("2"), Some("4"), Some("5"))
    );
    assert_eq!(get("same", "b"), Some("2"));
    assert_eq!(get("quoted", "<<"), Some("x"));
}

#[test]
fn hostile_documents_are_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{inner}]").unwrap();
    }
    assert!(message(&bomb).contains("copied for anchors and aliases"), "{}", message(&bomb));
    assert!(message("a: &a [*a]").contains("contains itself"));
    assert!(parse(&"[".repeat(100_000)).is_err());
    assert!(message("<<: 3").contains("map merge requires map"));
    assert!(message("[a]: b").contains("invalid map key"));
    assert!(parse("a: *nowhere").is_err());
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(&deep(MAX_DEPTH)).is_ok());
    assert!(message(&deep(MAX_DEPTH + 1)).contains("levels of nesting"));
}

#[test]
fn binary_values_are_decoded_and_must_be_texts() {
    assert_eq!(parse("a: !!binary Zm9v").unwrap().get("a").unwrap().text(), Some("foo"));
    assert!(message("a: !!binary /w==").contains(r#""\xff" is not valid UTF-8"#));
    assert!(message("a: !!binary '*'").contains("invalid base64 data"));
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "[\\[\\]{}:,&*!|>'\"#\\-? \n\tab<~]{0,60}") {
        if let Err(mistake) = parse(&text) {
            prop_assert!(!mistake.kind.to_string().is_empty());
        }
    }

    #[test]
    fn quoted_texts_come_back(text in "\\PC{0,40}") {
        let quoted = format!("k: '{}'", text.replace('\'', "''"));
        let root = parse(&quoted).unwrap();
        prop_assert_eq!(root.get("k").and_then(Node::text), Some(&*text));
    }
}
