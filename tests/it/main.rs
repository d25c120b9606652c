//! Black-box tests: programs are started, asked over HTTP, and killed.
//!
//! What is expected of Regain is expected of the real programs, too, wherever one is at hand: a wrong
//! expectation fails there.
#![cfg(test)]

mod peer;
mod target;

mod expect;
mod scenario;

mod backends;
mod bad_targets;
mod chain;
mod crash;
mod differential;
mod exemplars;
mod failure_log;
mod guarded;
mod handover;
mod jenkins_clients;
mod jenkins_crash;
mod jenkins_facts;
mod lifetime;
mod limits;
mod living_blocks;
mod node;
mod protobuf;
mod pushed_on;
mod remote_write;
mod rules_side_by_side;
mod scenarios;
mod side_by_side;
mod starts;
mod timed;
