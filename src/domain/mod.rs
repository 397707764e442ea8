//! What the product is: users, organizations, roles and the rules about them, as plain values. Knows neither database
//! nor network, neither the time nor chance.

pub mod audit;
pub mod cells;
pub mod entropy;
pub mod ids;
pub mod import;
pub mod jobs;
pub mod json;
pub mod mail;
pub mod mfa;
pub mod organizations;
pub mod pages;
pub mod passwords;
pub mod query;
pub mod roles;
pub mod session;
pub mod sign_in;
pub mod tenants;
pub mod text;
pub mod time;
pub mod tokens;
pub mod users;
