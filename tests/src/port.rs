//! Ports for programs that cannot be told to choose one.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range that the system gives out by itself, so that nobody who lets it choose gets one of these in the
/// moment between the choice and the start of the program.
const FIRST: u16 = 15_000;
const COUNT: u16 = 15_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port that nobody has at the moment, another one each time.
pub fn free_port() -> anyhow::Result<u16> {
    // Processes that run at the same time begin in different places.
    let begin = std::process::id().wrapping_mul(977);
    for _ in 0..COUNT {
        // Ordering: the number alone counts.
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let offset = begin.wrapping_add(step) % u32::from(COUNT);
        let port = FIRST + u16::try_from(offset)?;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    anyhow::bail!("every port from {FIRST} to {} is taken", FIRST + COUNT - 1)
}
