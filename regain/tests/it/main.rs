//! The program as its users meet it: started, asked over HTTP, signalled, compared with the originals.

#![cfg(test)]
#![expect(clippy::print_stdout, reason = "tables of verdicts and skipped tests are for the reader")]

mod files;
mod http;
mod program;

mod check_config;
mod check_rules;
mod command_lines;
mod documentation;
mod heal;
mod logs;
mod node;
mod promtool;
mod promtool_convert;
mod promtool_rules;
mod promtool_tsdb;
mod reload;
mod server;
mod up;
