//! The text formats that metrics travel in: read without allocating per sample, written as upstream writes them.
