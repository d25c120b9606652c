//! The one place that calls the kernel without a safe wrapper.

#![expect(unsafe_code, reason = "adjtimex(2) has no safe wrapper in rustix")]

use std::io;

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
