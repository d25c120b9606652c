//! What bounds a template: the text it may have, the work it may do, the depth it may reach.
//!
//! Go bounds little of this; a notification that needs more than these is an accident or an attack.

/// How deep blocks and parentheses nest within one text.
pub const PARSE_DEPTH_MAX: usize = 100;

/// How deep blocks, parentheses and template calls nest while a template runs.
pub const RUN_DEPTH_MAX: usize = 250;

/// How many steps a template takes: nodes walked, and one for each [`BYTES_PER_STEP`] that a function returns.
pub const STEPS_MAX: u64 = 1_000_000;

/// How many bytes of a function's result count as a step.
pub const BYTES_PER_STEP: usize = 256;

/// How long the output and each text within may get, in bytes.
pub const OUTPUT_BYTES_MAX: usize = 16 << 20;

/// How deep lists and maps nest within each other.
pub const VALUE_DEPTH_MAX: usize = 50;
