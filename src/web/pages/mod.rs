//! What each HTML page shows: one plain struct per page beside its template. Handlers fill a struct and render it; the
//! structs know nothing of requests, policy or the database, so every page can be rendered from samples alone.

pub mod account;
pub mod activation;
pub mod audit;
pub mod errors;
pub mod organizations;
pub mod parts;
pub mod passwords;
mod problems;
pub mod roles;
pub mod set_up;
pub mod shell;
pub mod sign_in;
pub mod tokens;
pub mod users;

#[cfg(test)]
pub mod samples;
#[cfg(test)]
mod tests;
