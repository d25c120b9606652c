//! The query language: lexer, parser, printer, types, engine and the test language. Sees the storage traits only.
