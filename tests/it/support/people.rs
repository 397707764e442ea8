//! Builders: organizations and people, made the way they come to be in life.

use super::{Browser, Mail, PASSWORD, Page, SAM, TestApp};

impl TestApp {
    /// Sam, signed in: super admin, and Administrator of Acme.
    pub async fn sam(&self) -> Browser {
        self.log_in(SAM).await
    }

    /// Somebody who has a password of their own, signed in.
    pub async fn log_in(&self, email: &str) -> Browser {
        let mut browser = self.browser();
        browser.log_in(email, PASSWORD).await;
        assert!(browser.is_signed_in(), "{email}: {}", browser.page.text());
        browser
    }

    /// Invites one address with these roles; the account role first, "User" when none is meant.
    pub async fn invite(&self, by: &mut Browser, email: &str, roles: &[&str]) -> Page {
        by.get("/users/invite").await;
        let form = roles.iter().fold(by.form("Invite").fill("Email", email), |form, role| form.choose(role));
        by.submit(form).await.clone()
    }

    /// The newest mail to an address.
    pub async fn mail(&self, email: &str) -> Mail {
        self.mailbox.last(email, self.now()).await
    }

    /// All mails to an address.
    pub async fn mails(&self, email: &str) -> Vec<Mail> {
        self.mailbox.to(email, self.now()).await
    }

    /// Uses the newest link to an address.
    pub async fn activate(&self, email: &str) -> Browser {
        let mail = self.mail(email).await;
        let mut browser = self.browser();
        browser.get(&mail.link()).await;
        browser.press("Activate account").await;
        assert_eq!(browser.page.heading(), "Log in", "{}", browser.page.text());
        browser
    }

    /// Invites, activates and logs in a new person, who then is called `name` and has a password of their own.
    pub async fn person(&self, by: &mut Browser, name: &str, email: &str, roles: &[&str]) -> Browser {
        self.invite(by, email, roles).await;
        let temporary = self.mail(email).await.temporary_password().expect("a new person");
        let mut browser = self.activate(email).await;
        browser.log_in(email, &temporary).await;
        assert_eq!(browser.page.heading(), "Choose a new password", "{}", browser.page.text());
        let form = browser.form("Save").fill("Name", name).fill("New password", PASSWORD);
        browser.submit(form.fill("Confirm new password", PASSWORD)).await;
        assert!(browser.is_signed_in(), "{}", browser.page.text());
        self.names.lock().expect("names").insert(email.to_owned(), name.to_owned());
        browser
    }

    /// A person in Acme, invited by Sam.
    pub async fn member(&self, name: &str, email: &str, roles: &[&str]) -> Browser {
        let mut sam = self.sam().await;
        self.person(&mut sam, name, email, roles).await
    }

    /// Somebody with an account accepts an invitation into one more organization.
    pub async fn join(&self, by: &mut Browser, email: &str, roles: &[&str]) {
        self.invite(by, email, roles).await;
        self.activate(email).await;
    }

    /// Sam, working in this organization.
    pub async fn sam_in(&self, organization: &str) -> Browser {
        let mut sam = self.sam().await;
        sam.get("/organizations/switch").await;
        let form = sam.form("Change Organization").choose(organization);
        sam.submit(form).await;
        sam
    }

    /// The id of a user.
    pub async fn id(&self, email: &str) -> String {
        let ids = self.pool.texts(&format!("SELECT id FROM users WHERE email_key = '{email}'")).await;
        ids.into_iter().next().unwrap_or_else(|| panic!("nobody has {email}"))
    }

    /// The version of a membership.
    pub async fn version(&self, organization: &str, email: &str) -> i64 {
        let sql = format!(
            "SELECT version FROM memberships WHERE email_key = '{email}'
             AND organization_id = (SELECT id FROM organizations WHERE name = '{organization}')"
        );
        self.pool.number(&sql).await
    }
}

impl Browser {
    /// Types address and password on the login page.
    pub async fn log_in(&mut self, email: &str, password: &str) -> &Page {
        self.get("/login").await;
        let form = self.form("Log in").fill("Email", email).fill("Password", password);
        self.submit(form).await
    }

    /// Whether the page shown now is one for people who are signed in.
    pub fn is_signed_in(&self) -> bool {
        self.page.link("Your Account").is_some()
    }
}
