//! `regain heal`: a healer behind Alertmanagers, and the commands that ask it.

mod commands;
mod duplicates;
mod healer;
mod looks;
mod webhooks;
