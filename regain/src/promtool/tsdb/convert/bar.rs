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
}

impl Drop for Bar {
    fn drop(&mut self) {
        if self.shown.is_some() && self.is_watched {
            exit::redraw("");
        }
    }
}
