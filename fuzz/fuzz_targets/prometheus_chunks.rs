//! Any chunk is read or refused, and the samples of overlapping ones come in order.
#![no_main]
#![expect(dead_code, reason = "the modules serve the tests of their crate as well")]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/prometheus-tsdb/tests/it/targets.rs"]
mod targets;

fuzz_target!(|bytes: &[u8]| targets::check_chunks(bytes));
