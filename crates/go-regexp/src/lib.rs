//! RE2 syntax compiled to regex-automata, and the label-matcher engine.
