//! What someone outside sees of healing.

mod clinic;

mod model;
mod pitfalls;
mod running;
mod steps;
