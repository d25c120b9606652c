//! Any pattern compiles or is refused, and the fast ways of matching find what the automaton finds.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/go-regexp/tests/it/targets.rs"]
mod targets;

fuzz_target!(|bytes: &[u8]| targets::check_matcher(bytes));
