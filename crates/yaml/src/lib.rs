//! Located YAML nodes and strict decoding: every mistake is reported with file, line, column and a hint.
