//! The product through its own doors: stories over HTTP on both databases, and what holds the parts together.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what a test takes for granted may panic: that is how it fails"
)]

mod api;
mod audit;
mod boundary;
mod bulk;
mod edits;
mod import;
mod invitations;
mod last_administrator;
mod layers;
mod list;
mod mail;
mod migrations;
mod plans;
mod policy_matrix;
mod second_factor;
mod self_service;
mod sessions;
mod set_up;
mod support;
mod switches;
mod truth_table;
mod walls;
