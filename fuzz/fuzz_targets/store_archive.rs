//! Any archive is read, refused, or written anew, and the store goes on.
#![no_main]
#![expect(dead_code, reason = "the modules serve the tests of their crate as well")]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/tsdb/tests/it/store.rs"]
mod store;
#[path = "../../crates/tsdb/tests/it/targets.rs"]
mod targets;

fuzz_target!(|bytes: &[u8]| targets::check_archive(bytes));
