//! Remote write and read: the receiving and the sending ends.
