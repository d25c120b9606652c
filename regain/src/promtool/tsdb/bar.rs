//! A bar that shows how far a command is, for whoever watches.

use crate::exit;

/// The letters of a full bar.
const WIDTH: u64 = 30;

/// A bar on the terminal; where there is none, it is silent.
#[derive(Debug)]
pub(super) struct Bar {
    what: &'static str,
    is_watched: bool,
    shown: Option<u64>,
}

impl Bar {
    /// A bar for work that is called `what`.
    pub(super) fn new(what: &'static str) -> Self {
        Self { what, is_watched: exit::is_watched(), shown: None }
    }

    /// Shows that `done` of `all` is done.
    pub(super) fn show(&mut self, done: u64, all: u64) {
        let percent = done.saturating_mul(100) / all.max(1);
        if !self.is_watched || self.shown.replace(percent) == Some(percent) {
            return;
        }
        let full = usize::try_from(percent * WIDTH / 100).unwrap_or_default();
        let rest = usize::try_from(WIDTH).unwrap_or_default().saturating_sub(full);
        let (full, rest) = ("#".repeat(full), ".".repeat(rest));
        exit::redraw(&format!("{} [{full}{rest}] {percent} %", self.what));
    }

    /// Shows how far `time` is within the times from the first to the last one.
    pub(super) fn show_time(&mut self, time: i64, (first, last): (i64, i64)) {
        let since = |time: i64| u64::try_from(time.saturating_sub(first)).unwrap_or_default();
        self.show(since(time), since(last));
    }

    /// Takes the bar off the terminal until it is shown again.
    pub(super) fn clear(&mut self) {
        if self.shown.take().is_some() && self.is_watched {
            exit::redraw("");
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}
