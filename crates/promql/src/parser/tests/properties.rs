//! What holds for all texts.

use proptest::prelude::*;
use proptest::sample::select;

use crate::ast::Expr;
use crate::parser::{ParserOptions, parse, parse_draft, parse_metric_selector};

const OPERATORS: &[&str] = &["+", "-", "*", "/", "%", "^", "atan2", "</", ">/"];
const COMPARISONS: &[&str] = &["==", "!= bool", "<", "<= bool", ">", ">="];
proptest! {
    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let text = String::from_utf8_lossy(&bytes);
        let within = |at: std::ops::Range<u32>| at.start <= at.end && at.end as usize <= text.len();
        match parse(&text, &ParserOptions::all()) {
            Ok(expr) => prop_assert!(within(expr.at)),
            Err(errors) => prop_assert!(errors.iter().all(|error| within(error.position()))),
        }
    }

    #[test]
    fn any_tokens_are_parsed_or_refused(tokens in proptest::collection::vec(token(), 0..24)) {
        let text = tokens.concat();
        let within = |at: std::ops::Range<u32>| at.start <= at.end && at.end as usize <= text.len();
        match parse(&text, &ParserOptions::all()) {
            Ok(expr) => prop_assert!(within(expr.at)),
            Err(errors) => prop_assert!(errors.iter().all(|error| within(error.position()))),
        }
        check_draft(&text)?;
        if let Err(errors) = parse_metric_selector(&text) {
            prop_assert!(errors.iter().all(|error| within(error.position())));
        }
    }
}

/// A draft has all mistakes of the strict parse, first and in the same order, and the same expression
/// where there are none.
fn check_draft(text: &str) -> Result<(), TestCaseError> {
    let draft = parse_draft(text, &ParserOptions::all());
    let within = |at: &std::ops::Range<u32>| at.start <= at.end && at.end as usize <= text.len();
    prop_assert!(draft.errors.iter().all(|error| within(&error.position())));
    let mut open: Vec<&Expr> = draft.expr.iter().collect();
    while let Some(expr) = open.pop() {
        prop_assert!(within(&expr.at), "{:?}", expr);
        open.extend(expr.children());
    }
    match parse(text, &ParserOptions::all()) {
        Ok(expr) => {
            prop_assert_eq!(draft.errors, []);
            prop_assert_eq!(draft.expr, Some(expr));
        }
        Err(errors) => {
            let strict: Vec<_> = errors.iter().collect();
            let first: Vec<_> = draft.errors.iter().take(strict.len()).collect();
            prop_assert_eq!(first, strict);
        }
    }
    Ok(())
}

fn token() -> impl Strategy<Value = &'static str> {
    let symbols: &[&str] = &[
        "(", ")", "[", "]", "{", "}", ",", ":", "=", "=~", "!~", "@", "#", "\n", " ", "\\", "\"",
        "'", "`", "é", "5m", "1", "0x", "\"x\"",
    ];
    let words: &[&str] = &[
        "a",
        "sum",
        "topk",
        "by",
        "on",
        "group_left",
        "fill",
        "bool",
        "offset",
        "anchored",
        "start",
        "step",
        "min_of",
        "inf",
        "rate",
        "info",
        "time()",
        "a{b='c'}",
    ];
    prop_oneof![select(symbols), select(words), select(OPERATORS), select(COMPARISONS)]
}
