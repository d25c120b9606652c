//! The table and the engine know the same functions.

use regain_model::Timestamp;
use regain_storage::memory::MemoryStore;

use super::*;
use crate::engine::{Engine, EngineOptions};
use crate::parser::{ParserOptions, parse};

/// A call with `count` arguments of the right types.
fn call(signature: &Signature, count: usize) -> String {
    let arg = |index| match signature.arg(index).unwrap() {
        S => "0.5",
        T => "\"x\"",
        V if signature.name == "info" && index == 1 => "{x=\"y\"}",
        V => "a",
        M => "a[5m]",
    };
    let args: Vec<&str> = (0..count).map(arg).collect();
    format!("{}({})", signature.name, args.join(", "))
}

/// Numbers of arguments that a call may have: the fewest and the most, or several.
fn counts(signature: &Signature) -> [usize; 2] {
    let min = signature.args_min();
    [min, signature.args_max().unwrap_or(min + 3)]
}

#[test]
fn functions_are_found_by_name() {
    assert!(all().is_sorted_by(|left, right| left.name < right.name));
    for signature in all() {
        assert_eq!(find(signature.name), Some(signature));
    }
    assert_eq!(find("sum"), None);
    assert_eq!(find("Rate"), None);
}

#[test]
fn every_function_can_be_evaluated() {
    let engine = Engine::new(EngineOptions::default());
    let store = MemoryStore::default();
    for signature in all() {
        for count in counts(signature) {
            let text = call(signature, count);
            let expr = parse(&text, &ParserOptions::all()).unwrap();
            assert_eq!(expr.value_type(), signature.returns, "{text}");
            let answer = engine.instant(&store, &expr, Timestamp(0), &engine.context());
            assert!(answer.is_ok(), "{text}: {:?}", answer.err());
        }
    }
}

#[test]
fn other_numbers_of_arguments_are_refused() {
    for signature in all() {
        let [min, _] = counts(signature);
        let too_many =
            signature.args_max().filter(|_| signature.arg(0).is_some()).map(|max| max + 1);
        for count in min.checked_sub(1).into_iter().chain(too_many) {
            let args = vec!["a"; count].join(", ");
            let text = format!("{}({args})", signature.name);
            let message = parse(&text, &ParserOptions::all()).unwrap_err().to_string();
            assert!(message.contains("argument(s) in call to"), "{text}: {message}");
        }
    }
}

#[test]
fn experiments_are_those_of_upstream() {
    let experiments: Vec<&str> =
        all().iter().filter(|signature| signature.experimental).map(|one| one.name).collect();
    assert_eq!(
        experiments.join(" "),
        "double_exponential_smoothing end histogram_quantiles info \
        mad_over_time max_of min_of range sort_by_label sort_by_label_desc start start_timestamp step \
        ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time"
    );
}
