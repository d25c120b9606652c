//! Any valid expression has an answer or an error, within its budgets.
#![no_main]
#![expect(dead_code, reason = "the modules serve the tests of their crate as well")]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/promql/tests/it/bare.rs"]
mod bare;
#[path = "../../crates/promql/tests/it/grammar.rs"]
mod grammar;
#[path = "../../crates/promql/tests/it/targets.rs"]
mod targets;

fuzz_target!(|bytes: &[u8]| targets::evaluate(bytes));
