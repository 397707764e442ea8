//! Rollcall, in layers. Each may name only those before it:
//!
//! - [`domain`]: what the product is; plain values and rules, no database, no web.
//! - [`policy`]: who may do what; pure functions whose permits the store asks for.
//! - [`store`]: the only SQL; mutations take permits and write their audit events.
//! - [`flows`]: verbs that need more than one store call, shared by pages, APIs and commands.
//! - [`web`]: HTTP in, pages or JSON out.
//!
//! Beside them stand [`config`] and [`cli`] (what the program is told), [`keys`] and [`hashing`] (secrets), [`mail`]
//! (letters and their delivery), and [`app`], where everything is wired together once.

#![forbid(unsafe_code)]

pub mod config;
pub mod domain;
pub mod hashing;
pub mod keys;
pub mod policy;
pub mod store;
