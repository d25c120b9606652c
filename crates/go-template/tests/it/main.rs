//! Templates and what Go makes of them.

mod hostile;
mod scene;
mod tables;
