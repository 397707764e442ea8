//! The product through its own doors: stories over HTTP on both databases, and what holds the parts together.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what a test takes for granted may panic: that is how it fails"
)]

mod api;
mod audit;
mod audit_log;
mod backups;
mod boundary;
mod bulk;
mod commands;
mod edits;
mod evidence;
mod framing;
mod grants;
mod import;
mod invitations;
mod keys;
mod last_administrator;
mod layers;
mod list;
mod mail;
mod migrations;
mod organizations;
mod plans;
mod policy_matrix;
mod previews;
mod roles;
mod second_factor;
mod secrets;
mod self_service;
mod sessions;
mod set_up;
mod strangers;
mod support;
mod switches;
mod truth_table;
mod two_nodes;
mod walls;
