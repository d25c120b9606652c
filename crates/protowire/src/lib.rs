//! Borrowed protobuf reading and append-style writing.
