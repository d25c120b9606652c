//! What someone outside sees of healing.

mod model;
