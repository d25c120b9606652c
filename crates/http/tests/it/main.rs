//! Clients and servers over real sockets.
#![cfg(test)]

mod certificates;
mod support;

mod client_body;
mod client_errors;
mod client_login;
mod client_proxy;
mod client_redirect;
mod client_reuse;
mod client_tls;
mod server_limits;
mod server_login;
mod server_metrics;
mod server_tls;
