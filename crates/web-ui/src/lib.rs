//! The web pages (`ui/`), embedded when they were built, and served.
//!
//! [`router`] answers the addresses of the pages with one document, and those of its scripts, styles and
//! pictures with bytes that were compressed at their build. All that the pages show comes from the API.
//!
//! **Invariants.** Nothing is read from disk at run time, and no part of a request reaches a path or the
//! document. The document allows no inline script or style, no script of another origin, and no text that
//! becomes HTML. A build without Node serves a page that says so.

mod asset;
mod document;
mod encoding;
mod router;

pub use document::is_built;
pub use router::{receiver_router, router};
