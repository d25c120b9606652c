//! The collectors as a scrape sees them.

#![cfg(test)]
#![expect(clippy::print_stdout, reason = "skipped tests say so")]

mod exposition;
mod fixtures;
mod golden;
mod hang;
mod live;
mod systemd;
mod textfile;
