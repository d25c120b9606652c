//! Work that takes longer than a task may keep its thread.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// Does the work here; where it is long, other tasks of the thread are handed to another one first.
pub(crate) fn run<R>(is_long: bool, work: impl FnOnce() -> R) -> R {
    let can_hand_over = || {
        let runtime = Handle::try_current();
        runtime.is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread)
    };
    if is_long && can_hand_over() { block_in_place(work) } else { work() }
}
