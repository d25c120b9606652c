//! The pages over HTTP, as a browser asks for them.

mod pages;
