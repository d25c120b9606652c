//! Rules at work: a manager, a notifier, a store in memory and receivers on real sockets. Time stands still unless a
//! test moves it.

#![cfg(test)]
#![expect(clippy::float_cmp, reason = "what is counted is whole")]

mod support;

mod manager;
mod notifier;
mod offline;
mod own_metrics;
mod restart;
