//! Templates and what Go makes of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod hostile;
mod scene;
mod tables;
