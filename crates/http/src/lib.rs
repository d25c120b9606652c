//! HTTP clients and servers: TLS, authentication, proxies, size limits, web configuration.

pub mod cpu;
mod os_text;
mod secret;
mod watched_file;

pub mod capped;
mod tls;

pub mod client;
pub mod server;

pub use client::Client;
pub use client::config::ClientConfig;
pub use os_text::os_text;
pub use secret::Secret;
pub use server::serve;
pub use watched_file::FileError;
