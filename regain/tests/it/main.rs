//! The program as its users meet it: started, asked over HTTP, signalled, compared with the originals.

mod http;
mod program;

mod command_lines;
mod documentation;
mod logs;
mod node;
mod promtool;
mod reload;
mod server;
mod up;
