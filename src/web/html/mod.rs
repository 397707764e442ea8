//! The pages: form in, page or fragment out. Handlers are thin; rules live in `policy`, verbs in `flows`.

pub mod account;
pub mod activation;
pub mod confirmations;
pub mod edit;
pub mod email;
pub mod error;
pub mod export;
pub mod extract;
pub mod home;
pub mod invite;
pub mod mfa;
mod note;
pub mod organizations;
pub mod people;
pub mod picker;
pub mod proof;
pub mod recovery_codes;
pub mod reset_password;
pub mod respond;
pub mod second_step;
pub mod set_up;
pub mod shell;
pub mod sign_in;
pub mod tokens;
pub mod users;
