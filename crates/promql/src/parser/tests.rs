//! Texts in, expressions or messages out. The expected texts are upstream's parser's, 3.14.

mod accepted;
mod drafts;
mod limits;
mod mistakes;
mod options;
mod precedence;
mod properties;
mod refused;
mod selectors;
