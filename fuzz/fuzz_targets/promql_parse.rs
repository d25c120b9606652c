//! Any text is parsed or refused, and what is parsed prints to itself.
#![no_main]
#![expect(dead_code, reason = "the modules serve the tests of their crate as well")]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/promql/tests/it/bare.rs"]
mod bare;
#[path = "../../crates/promql/tests/it/grammar.rs"]
mod grammar;
#[path = "../../crates/promql/tests/it/targets.rs"]
mod targets;

fuzz_target!(|bytes: &[u8]| targets::check_text(&String::from_utf8_lossy(bytes)));
