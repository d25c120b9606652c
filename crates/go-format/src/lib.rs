//! Go's text for numbers, quotes, durations and times, because the ecosystem's output is Go's output.
//!
//! Dashboards, scripts and golden files compare what they receive byte by byte, so every printer here
//! produces what Go's standard library or Prometheus' own libraries produce, and every parser accepts
//! what they accept. Printers append to a buffer where speed matters. No input makes a parser panic.

pub mod float;
pub mod number;

pub mod quote;

pub mod duration;
pub mod go_duration;
pub mod size;
pub mod time;
pub mod verbs;

pub use float::{
    FloatFormat, append_float, append_float_g, append_float_with_precision, append_json_float,
    format_float,
};
pub use number::{parse_float, parse_int_base0};
