//! What carries remediations out, against a Jenkins, a systemd and programs.

mod errand;

mod answers;
mod command;
mod follow;
mod labels;
mod lost;
mod secrets;
mod systemd;
mod web;
