//! Templates that want too much.
