//! The host's numbers, under node_exporter's names.
