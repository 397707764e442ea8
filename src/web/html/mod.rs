//! The pages: form in, page or fragment out. Handlers are thin; rules live in `policy`, verbs in `flows`.

pub mod account;
pub mod activation;
pub mod audit;
pub mod bulk;
pub mod confirmations;
pub mod edit;
pub mod error;
pub mod export;
pub mod extract;
pub mod home;
pub mod invite;
pub mod organizations;
pub mod people;
pub mod picker;
pub mod respond;
pub mod roles;
pub mod set_up;
pub mod shell;
pub mod sign_in;
pub mod users;
