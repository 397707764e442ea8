//! Your Account and what belongs to it: the address, the authenticator and its recovery codes.

mod authenticator;
mod codes;
mod email;
mod index;

pub use authenticator::{Enroll, QrCode, ReplaceAuthenticator};
pub use codes::{ConfirmPassword, RecoveryCode, RecoveryCodes};
pub use email::{ChangeEmail, ConfirmEmail};
pub use index::{Index, Mfa, OwnSession, Preferences};
