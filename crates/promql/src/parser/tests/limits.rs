//! Texts that are as large as they may be, and one larger.

use regain_model::Timestamp;
use regain_storage::memory::MemoryStore;

use crate::engine::{Engine, EngineOptions};
use crate::parser::{NESTING_MAX, ParserOptions, TEXT_BYTES_MAX, parse};
use crate::printer::pretty;
use crate::value::Value;

const LEVELS: usize = NESTING_MAX as usize;

/// Ways of nesting `depth` expressions.
fn nested(depth: usize) -> [String; 9] {
    let inner = depth - 1;
    let around = |open: &str, close: &str, count: usize| {
        format!("{}a{}", open.repeat(count), close.repeat(count))
    };
    [
        around("(", ")", inner),
        around("-", "", inner),
        around("abs(", ")", inner),
        around("sum by (x) (", ")", inner),
        around("", " or a", inner),
        around("a ^ ", "", inner),
        around("clamp_min(", ", 1)", inner),
        around("a + (", ")", inner / 2),
        around("max_over_time(", "[5m:])", inner / 2),
    ]
}

#[test]
fn expressions_nest_as_deeply_as_they_may() {
    for text in nested(LEVELS) {
        let expr = parse(&text, &ParserOptions::all()).unwrap_or_else(|error| {
            panic!("{error}: {text}");
        });
        assert!(!expr.value_type().as_str().is_empty());
        assert_eq!(
            parse(&expr.to_string(), &ParserOptions::all()).unwrap().to_string(),
            expr.to_string()
        );
        assert_eq!(
            parse(&pretty(&expr), &ParserOptions::all()).unwrap().to_string(),
            expr.to_string()
        );
    }
}

#[test]
fn the_deepest_expressions_can_be_evaluated() {
    let engine = Engine::new(EngineOptions::default());
    for text in nested(LEVELS) {
        let expr = parse(&text, &ParserOptions::all()).unwrap();
        let answer =
            engine.instant(&MemoryStore::default(), &expr, Timestamp(0), &engine.context());
        assert!(matches!(answer.unwrap().value, Value::Vector(samples) if samples.is_empty()));
    }
}

#[test]
fn expressions_that_nest_more_deeply_are_refused() {
    for depth in [LEVELS + 2, 20_000] {
        for text in nested(depth) {
            let message = parse(&text, &ParserOptions::all()).unwrap_err().to_string();
            let expected = "parse error: expression is nested more than 256 levels deep";
            assert!(message.ends_with(expected), "{message}");
        }
    }
    let text = nested(LEVELS + 1)[0].clone();
    assert_eq!(
        parse(&text, &ParserOptions::all()).unwrap_err().to_string(),
        "1:257: parse error: expression is nested more than 256 levels deep"
    );
}

#[test]
fn durations_have_as_many_parts_as_they_may() {
    let sum = |parts: usize| format!("a[5m{}]", " + 5m".repeat(parts - 1));
    let signs = |parts: usize| format!("a[{}5m]", "-".repeat(parts - 1));
    let parens =
        |parts: usize| format!("a offset {}5m{}", "(".repeat(parts - 1), ")".repeat(parts - 1));
    // The signs come in pairs, because the sum of them all must not be negative.
    assert!(parse(&sum(LEVELS), &ParserOptions::all()).is_ok());
    assert!(parse(&signs(LEVELS - 1), &ParserOptions::all()).is_ok());
    assert!(parse(&parens(LEVELS), &ParserOptions::all()).is_ok());
    for parts in [LEVELS + 1, 100_001] {
        for text in [sum(parts), signs(parts), parens(parts)] {
            let message = parse(&text, &ParserOptions::all()).unwrap_err().to_string();
            assert!(message.contains("nested more than 256 levels deep"), "{message}");
        }
    }
}

#[test]
fn texts_are_as_long_as_they_may_be() {
    let longest = format!("a{}", " ".repeat(TEXT_BYTES_MAX - 1));
    assert!(parse(&longest, &ParserOptions::default()).is_ok());
    let message = parse(&(longest + " "), &ParserOptions::default()).unwrap_err().to_string();
    assert_eq!(message, "1:1: parse error: expression is longer than 1048576 bytes");
}
