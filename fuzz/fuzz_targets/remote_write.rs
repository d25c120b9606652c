//! Any request is taken or refused, and what is known of its sender changes nothing about it.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/remote/tests/it/targets.rs"]
mod targets;

fuzz_target!(|bytes: &[u8]| {
    targets::check_body(bytes);
    targets::check_requests(bytes);
});
