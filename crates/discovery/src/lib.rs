//! Target groups, one module per mechanism.
