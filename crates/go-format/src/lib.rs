//! Go's text for numbers, quotes, durations and times, because the ecosystem's output is Go's output.
