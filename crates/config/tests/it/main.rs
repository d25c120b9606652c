//! Files as users write them, and what becomes of them.

mod conformance;
// mod folder;
// mod jobs;
// mod messages;
// mod shown;
// mod unbuilt;
mod tmp;
