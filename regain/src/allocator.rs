//! The allocator of release builds: what is freed goes back to the system.

#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Enough to return memory in time; more would only be threads.
#[cfg(feature = "jemalloc")]
const BACKGROUND_THREADS: usize = 1;

/// Lets a thread of the allocator return freed memory, so that an idle server is a small one. Without
/// it memory would only be returned when somebody allocates.
pub(crate) fn return_freed_memory() {
    #[cfg(feature = "jemalloc")]
    {
        let limited = tikv_jemalloc_ctl::max_background_threads::write(BACKGROUND_THREADS);
        if let Err(error) = limited.and_then(|()| tikv_jemalloc_ctl::background_thread::write(true))
        {
            tracing::warn!(err = %error, "The allocator cannot return freed memory by itself");
        }
    }
}
