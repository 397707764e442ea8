//! The product through its own doors: stories over HTTP on both databases, and what holds the parts together.

mod edits;
mod invitations;
mod layers;
mod list;
mod mail;
mod second_factor;
mod self_service;
mod sessions;
mod set_up;
mod support;
mod truth_table;
