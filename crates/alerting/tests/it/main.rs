//! What can be seen of the crate from outside, beside upstream's own programs.

mod snapshots;
mod upstream;
