//! Scraping over real sockets into a store in memory. Time stands still unless a test moves it.

#![cfg(test)]
#![expect(clippy::float_cmp, reason = "what is counted is whole")]

mod support;

mod bad_input;
mod clashes;
mod clock_skew;
mod costs;
mod discovery;
mod exemplars;
mod failure_log;
mod histograms;
mod isolation;
mod limits;
mod listing;
mod negotiation;
mod own_metrics;
mod reload;
mod report;
mod runs;
mod staleness;
mod start_timestamps;
mod stores;
mod timestamps;
