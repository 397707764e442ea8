//! Rollcall, in layers. Each may name only those before it:
//!
//! - [`domain`]: what the product is; plain values and rules, no database, no web.
//! - [`policy`]: who may do what; pure functions whose permits the store asks for.
//! - [`store`]: the only SQL; mutations take permits and write their audit events.
//! - [`flows`]: verbs that need more than one store call, shared by pages, APIs and commands.
//! - [`web`]: HTTP in, pages or JSON out.
//!
//! Beside them stand [`config`] and [`cli`] (what the program is told), [`keys`] and [`hashing`] (secrets), [`mail`]
//! (letters and their delivery), [`serve`], [`commands`] and [`chores`] (running), and [`app`], where everything is wired
//! together once.

#![forbid(unsafe_code)]

pub mod app;
pub mod chores;
pub mod cli;
pub mod commands;
pub mod config;
pub mod domain;
pub mod error;
pub mod flows;
pub mod hashing;
pub mod keys;
pub mod mail;
pub mod policy;
pub mod serve;
pub mod store;
pub mod web;
