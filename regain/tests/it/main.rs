//! The program as its users meet it: started, asked over HTTP, signalled, compared with the originals.

mod command_lines;
mod http;
mod logs;
mod node;
mod program;
mod promtool;
