//! The asynchronous runtime that a part runs on.

use std::io;

use tokio::runtime::{Builder, Runtime};

/// Enough for every task, so that idle threads cost little memory.
const STACK_BYTES: usize = 1 << 20;

/// Builds a runtime with `workers` threads, at least one; one means the caller's own thread.
pub(crate) fn build(workers: usize) -> io::Result<Runtime> {
    let mut builder = if workers > 1 {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(workers);
        builder
    } else {
        Builder::new_current_thread()
    };
    builder.thread_name("regain").thread_stack_size(STACK_BYTES).enable_all().build()
}

/// How many processors this process may use.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
