//! Labels, samples, metadata, matchers, relabelling, timestamps and staleness: the words every other crate speaks.
