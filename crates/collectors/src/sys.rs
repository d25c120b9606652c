//! The one place that calls the kernel without a safe wrapper.

#![expect(unsafe_code, reason = "adjtimex(2) and madvise(2) have no safe wrapper in rustix")]

use std::io;

use rustix::mm::{Advice, madvise};

unsafe extern "C" {
    /// Where the program's image begins; the linker sets it.
    static __executable_start: u8;
    /// Where its code ends, before everything that can be written.
    static etext: u8;
}

/// Takes the program's code and constants out of this process' memory. What is needed again comes back page by page
/// from the system's cache of the program's file; what only the start has run stays away.
pub fn release_code() -> io::Result<()> {
    let start = &raw const __executable_start;
    let bytes = (&raw const etext).addr() - start.addr();
    // SAFETY: the linker puts the parts of the image that cannot be written first, and these two addresses, the first of
    // which begins a page, lie around them; what can be written begins another page. Nobody has written between them, so
    // the file has every byte, and the kernel reads it again at the next access.
    unsafe { madvise(start.cast_mut().cast(), bytes, Advice::LinuxDontNeed) }?;
    Ok(())
}

/// Reads the kernel's clock discipline; the first value is the clock's state, `TIME_ERROR` if it is
/// not synchronized.
pub(crate) fn adjtimex() -> io::Result<(i32, libc::timex)> {
    // SAFETY: `timex` consists of integers and of padding made of integers, for which all bits zero is
    // a value.
    let mut timex: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live `timex` that nothing else refers to during the call, the kernel
    // writes no further than its size, and `modes` is zero, so the call only reads the clock's state.
    let state = unsafe { libc::adjtimex(&raw mut timex) };
    if state < 0 { Err(io::Error::last_os_error()) } else { Ok((state, timex)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The memory of this process that is backed by files, in pages.
    fn file_pages() -> u64 {
        let sizes = std::fs::read_to_string("/proc/self/statm").unwrap();
        sizes.split(' ').nth(2).unwrap().parse().unwrap()
    }

    #[test]
    fn code_that_was_released_takes_no_memory_and_still_runs() {
        let before = file_pages();
        release_code().unwrap();
        let after = file_pages();
        assert!(after < before, "{after} pages after {before}");
        assert_eq!(adjtimex().is_ok(), adjtimex().is_ok());
    }
}
