//! Texts that are as large as they may be, and one larger.

use regain_model::Timestamp;
use regain_storage::memory::MemoryStore;

use crate::engine::{Engine, EngineOptions, Steps};
use crate::parser::{CHAIN_MAX, NESTING_MAX, ParserOptions, TEXT_BYTES_MAX, parse, parse_draft};
use crate::printer::pretty;
use crate::value::Value;

const LEVELS: usize = NESTING_MAX as usize;

/// Ways of nesting `depth` expressions.
fn nested(depth: usize) -> [String; 8] {
    let inner = depth - 1;
    let around = |open: &str, close: &str, count: usize| {
        format!("{}a{}", open.repeat(count), close.repeat(count))
    };
    [
        around("(", ")", inner),
        around("-", "", inner),
        around("abs(", ")", inner),
        around("sum by (x) (", ")", inner),
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

/// Chains that are `levels` high.
fn chains(levels: usize) -> [String; 5] {
    let more = levels - 1;
    let mixed = [" + a", " - 2", " + on (x) a", " - a * 2 ^ a"];
    let mixed: String = mixed.iter().cycle().take(more).copied().collect();
    [
        format!("a{}", " + a".repeat(more)),
        format!("1{}", " * 1".repeat(more)),
        format!("a{}", " or a".repeat(more)),
        format!("a{}", " > 1".repeat(more)),
        format!("a{mixed}"),
    ]
}

/// The stack of the threads that answer requests is no larger.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(test).unwrap();
    thread.join().unwrap();
}

#[test]
fn chains_are_as_long_as_they_may_be() {
    on_a_small_stack(|| {
        let engine = Engine::new(EngineOptions::default());
        for text in chains(CHAIN_MAX as usize) {
            let expr = parse(&text, &ParserOptions::all()).unwrap();
            assert_eq!(expr.to_string(), text);
            assert_eq!(expr.clone().value_type(), expr.value_type());
            let words: Vec<String> = pretty(&expr).split_whitespace().map(str::to_owned).collect();
            assert_eq!(words.join(" "), text);
            let steps = Steps { start: Timestamp(0), end: Timestamp(60_000), step_ms: 60_000 };
            let (store, ctx) = (MemoryStore::default(), engine.context());
            let answer = engine.range(&store, &expr, steps, &ctx).unwrap();
            assert!(answer.warnings.is_empty());
            let answer = engine.instant(&store, &expr, Timestamp(0), &ctx).unwrap();
            match answer.value {
                Value::Vector(samples) => assert!(samples.is_empty()),
                Value::Scalar(scalar) => assert_eq!(scalar.value.to_bits(), 1.0_f64.to_bits()),
                other => panic!("{other:?}"),
            }
        }
    });
}

#[test]
fn longer_chains_are_refused() {
    on_a_small_stack(|| {
        for levels in [CHAIN_MAX as usize + 1, 200_000] {
            for text in chains(levels).iter().filter(|text| text.len() <= TEXT_BYTES_MAX) {
                let message = parse(text, &ParserOptions::all()).unwrap_err().to_string();
                let expected =
                    "parse error: expression is a chain of more than 4096 levels of operations";
                assert!(message.ends_with(expected), "{message}");
                assert_eq!(parse_draft(text, &ParserOptions::all()).errors.len(), 1);
            }
        }
    });
}

/// As much of a long text as is worth showing.
fn start(text: &str) -> String {
    text.chars().take(200).collect()
}

#[test]
fn mistakes_are_counted_to_a_limit() {
    for text in [
        format!("abs(a{}", ",".repeat(TEXT_BYTES_MAX - 6)),
        "sum() + ".repeat(TEXT_BYTES_MAX / 8 - 1),
        "a{b=} $ ".repeat(TEXT_BYTES_MAX / 8 - 1),
        "a[5m] + ".repeat(2000) + "b",
        "(".repeat(TEXT_BYTES_MAX),
        "a{".repeat(TEXT_BYTES_MAX / 2),
        "a[".repeat(TEXT_BYTES_MAX / 2),
        "$".repeat(TEXT_BYTES_MAX),
    ] {
        assert!(parse(&text, &ParserOptions::all()).is_err());
        let errors = parse_draft(&text, &ParserOptions::all()).errors;
        assert!((1..=256).contains(&errors.len()), "{}: {}", errors.len(), start(&text));
    }
}

#[test]
fn huge_literals_are_read_at_once() {
    let digits = "7".repeat(TEXT_BYTES_MAX - 20);
    for (text, expected) in [
        (digits.clone(), "value out of range"),
        (format!("{digits}m"), "not a valid duration string"),
        (format!("0x{digits}"), "invalid syntax"),
        (format!("a[{digits}]"), "value out of range"),
        (format!("a{{b=~\"({digits}\"}}"), "missing closing )"),
    ] {
        let message = parse(&text, &ParserOptions::all()).unwrap_err().to_string();
        assert!(message.contains(expected), "{}", start(&message));
    }
    for text in [format!("{digits:?}"), format!("{{a={digits:?}}}"), format!("a{digits}")] {
        assert_eq!(parse(&text, &ParserOptions::all()).unwrap().to_string(), text);
    }
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
