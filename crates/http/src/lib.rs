//! HTTP clients and servers: TLS, authentication, proxies, size limits, web configuration.
