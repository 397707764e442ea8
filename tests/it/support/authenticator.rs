//! An authenticator app: learns a secret from the enrollment page and makes codes.

use rollcall::domain::time::Timestamp;
use totp_rs::{Algorithm, Builder, Secret, Totp};

use super::{Browser, PASSWORD, TestApp};

/// An app with one account in it.
#[derive(Clone)]
pub struct Authenticator(Totp);

impl Authenticator {
    /// Learns the secret that the enrollment page shows.
    pub fn scan(browser: &Browser) -> Self {
        let shown = browser.page.attribute("#secret", "data-copy-text");
        let secret = shown.unwrap_or_else(|| panic!("no secret at {}: {}", browser.page.path, browser.page.text()));
        let secret = Secret::try_from_base32(secret).expect("Base32");
        Self(Builder::new().with_algorithm(Algorithm::SHA1).with_secret(secret).build().expect("an authenticator"))
    }

    /// What it shows at this moment.
    pub fn code(&self, now: Timestamp) -> String {
        self.0.generate(u64::try_from(now.seconds()).expect("after 1970")).to_string()
    }

    /// Six digits that are wrong at this moment, and a step before and after.
    pub fn wrong_code(&self, now: Timestamp) -> String {
        let at = |off: i64| self.code(Timestamp::from_seconds(now.seconds() + off * 30));
        let right: Vec<String> = (-2..=2).map(at).collect();
        let mut candidates = (0..10).map(|n| format!("{:06}", 111_111 * n));
        candidates.find(|code| !right.contains(code)).expect("one of ten is wrong")
    }
}

/// Turns the requirement on, past the program.
pub async fn require_mfa(app: &TestApp, organization: &str) {
    app.pool.run(&format!("UPDATE organizations SET mfa_required = true WHERE name = '{organization}'")).await;
}

/// Logs somebody in who has to enroll, enrolls them, and lets the step pass.
pub async fn enroll(app: &TestApp, email: &str) -> Authenticator {
    let mut browser = app.browser();
    browser.log_in(email, PASSWORD).await;
    assert_eq!(browser.page.heading(), "Multi-Factor Authentication", "{}", browser.page.text());
    let authenticator = Authenticator::scan(&browser);
    let form = browser.form("Verify").fill("Verification code", &authenticator.code(app.now()));
    browser.submit(form).await;
    assert_eq!(browser.page.heading(), "Your Account", "{}", browser.page.text());
    app.advance_seconds(60);
    authenticator
}

impl Browser {
    /// Logs in with password and code.
    pub async fn log_in_with(&mut self, app: &TestApp, email: &str, authenticator: &Authenticator) {
        self.log_in(email, PASSWORD).await;
        assert_eq!(self.page.heading(), "Enter your code", "{}", self.page.text());
        let form = self.form("Verify").fill("Verification code", &authenticator.code(app.now()));
        self.submit(form).await;
        assert!(self.is_signed_in(), "{}", self.page.text());
        app.advance_seconds(60);
    }
}
