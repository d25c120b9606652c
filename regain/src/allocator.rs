//! The allocator of release builds: what is freed goes back to the system.

#[cfg(feature = "jemalloc")]
use tikv_jemalloc_ctl::{Access as _, AsName as _};

#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Enough to return memory in time; more would only be threads.
#[cfg(feature = "jemalloc")]
const BACKGROUND_THREADS: usize = 1;

/// How long what was freed waits for its next use, in milliseconds. The allocator's own ten seconds keep a server
/// that has just taken or merged a burst of samples half as large again, and save a scrape next to nothing.
#[cfg(feature = "jemalloc")]
const DECAY_MS: isize = 1000;

/// The setting of arenas to come, and of the one that the first thread has had from its start.
#[cfg(feature = "jemalloc")]
const DECAYS: [&[u8]; 2] = [b"arenas.dirty_decay_ms\0", b"arena.0.dirty_decay_ms\0"];

/// Lets a thread of the allocator return freed memory soon, so that an idle server is a small one. Without
/// it memory would only be returned when somebody allocates. To be called before there are other threads.
pub(crate) fn return_freed_memory() {
    #[cfg(feature = "jemalloc")]
    {
        let soon = DECAYS.into_iter().try_for_each(|decay| decay.name().write(DECAY_MS));
        let by_itself = tikv_jemalloc_ctl::max_background_threads::write(BACKGROUND_THREADS)
            .and_then(|()| tikv_jemalloc_ctl::background_thread::write(true));
        if let Err(error) = soon.and(by_itself) {
            tracing::warn!(err = %error, "The allocator cannot return freed memory by itself");
        }
    }
}
