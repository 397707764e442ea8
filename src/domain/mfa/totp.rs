//! Time-based one-time codes (RFC 6238) with the parameters every app honors: HMAC-SHA-1, six digits, 30 seconds
//! (portal contract 4.3).

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use totp_rs::{Algorithm, Builder, Secret};
use zeroize::Zeroizing;

use crate::domain::{
    entropy::{self, Entropy},
    text::Email,
    time::Timestamp,
};

/// RFC 4226 recommends 160 bits.
const SECRET_LENGTH: usize = 20;
const DIGITS: u8 = 6;
const STEP_SECONDS: u64 = 30;
/// Steps accepted before and after the current one: clocks drift.
const DRIFT: u16 = 1;

/// What a URI may hold as it is (RFC 3986, unreserved).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Six digits as an app shows them.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpCode(String);

impl TotpCode {
    /// Reads what was typed; spaces do not matter. None when it is not six digits.
    pub fn parse(typed: &str) -> Option<Self> {
        let digits: String = typed.chars().filter(|sign| !sign.is_whitespace()).collect();
        let is_code = digits.len() == usize::from(DIGITS) && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_code.then_some(Self(digits))
    }
}

impl fmt::Debug for TotpCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpCode(..)")
    }
}

/// What an authenticator app and the server both know.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret(Zeroizing<[u8; SECRET_LENGTH]>);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(..)")
    }
}

impl TotpSecret {
    /// A fresh one.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(Zeroizing::new(entropy::bytes(entropy)))
    }

    /// From its stored bytes; none when they are not as many as they should be.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// The bytes to store, sealed.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// In Base32, upper case, without padding (RFC 4648): 32 characters.
    pub fn base32(&self) -> String {
        Secret::from(self.as_bytes()).to_base32()
    }

    /// The address in the QR code. All parameters are named although they are the usual ones: apps differ in what they
    /// take for granted.
    pub fn uri(&self, account: &Email) -> String {
        format!(
            "otpauth://totp/Rollcall:{}?secret={}&issuer=Rollcall&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
            utf8_percent_encode(account.as_str(), UNRESERVED),
            self.base32()
        )
    }

    /// The time step a code is right for at this moment, if it is right: the previous, the current or the next one.
    /// Whether that step was used already is not known here.
    pub fn check(&self, code: &TotpCode, now: Timestamp) -> Option<i64> {
        let seconds = u64::try_from(now.seconds()).ok()?;
        let totp = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_skew(DRIFT)
            .with_step_duration(STEP_SECONDS)
            .with_secret(Secret::from(self.as_bytes()))
            .build()
            .ok()?;
        totp.check(&code.0, seconds).and_then(|step| i64::try_from(step).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entropy::Seeded;

    /// The secret of RFC 6238, appendix B.
    fn rfc() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    fn code(digits: &str) -> TotpCode {
        TotpCode::parse(digits).unwrap()
    }

    #[test]
    fn the_check_values_of_the_rfc_hold() {
        assert_eq!(rfc().base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        for (seconds, digits) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            let now = Timestamp::from_seconds(seconds);
            assert_eq!(rfc().check(&code(digits), now), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn one_step_before_and_after_is_accepted_and_no_more() {
        let step = 1_234_567_890 / 30;
        for (off, accepted) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let now = Timestamp::from_seconds((step + off) * 30);
            assert_eq!(rfc().check(&code("005924"), now), accepted.then_some(step), "{off}");
        }
    }

    #[test]
    fn six_digits_are_a_code_however_they_are_spaced() {
        for typed in ["005924", " 005 924 ", "0 0 5 9 2 4", "005\u{a0}924"] {
            assert_eq!(TotpCode::parse(typed), Some(code("005924")), "{typed}");
        }
        for typed in ["", "12345", "1234567", "12345a", "12-456", "\u{0661}\u{0662}\u{0663}456"] {
            assert_eq!(TotpCode::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn the_address_names_issuer_account_and_every_parameter() {
        let account = Email::parse("ana+x@people.example").unwrap();
        assert_eq!(
            rfc().uri(&account),
            "otpauth://totp/Rollcall:ana%2Bx%40people.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Rollcall&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn secrets_are_fresh_and_not_printed() {
        let entropy = Seeded::new(1);
        let (first, second) = (TotpSecret::generate(&entropy), TotpSecret::generate(&entropy));
        assert!(first != second);
        assert_eq!(first.base32().len(), 32);
        assert_eq!(format!("{first:?} {:?}", code("123456")), "TotpSecret(..) TotpCode(..)");
        assert!(TotpSecret::from_bytes(b"short").is_none());
    }
}
