//! What is left of an attempt to log in: lines of the audit log and of "Recent logins", letters to the owner.

use serde_json::{Value, json};

use crate::{
    app::App,
    domain::{
        audit::{AuditAction, AuditActor, AuditEvent, AuditScope, AuditTarget, Occasion},
        ids::OrganizationId,
        mail::{Addressee, Content, Letter},
        sign_in::{AttemptState, LoginAddress},
        text::Email,
        time::Timestamp,
    },
    error::AppError,
    store::{Tx, User},
};

/// Whom and what an attempt is about.
pub(super) struct About<'a> {
    pub(super) address: &'a LoginAddress,
    pub(super) device: &'a str,
    pub(super) user: Option<&'a User>,
    pub(super) scope: Option<AuditScope>,
    pub(super) occasion: &'a Occasion,
}

impl About<'_> {
    pub(super) async fn record(&self, tx: &mut Tx, action: AuditAction, details: Value) -> Result<(), AppError> {
        let target = match self.user {
            Some(user) => AuditTarget::user(user.id, user.shown_name(), &user.email),
            None => AuditTarget { kind: "user", id: None, name: self.address.key().to_owned() },
        };
        let is_proven = matches!(action, AuditAction::LoginSucceeded | AuditAction::MfaRecoveryCodeUsed);
        let actor = match self.user.filter(|_| is_proven) {
            Some(user) => {
                AuditActor::User { id: user.id, name: user.shown_name().to_owned(), email: user.email.clone() }
            }
            None => AuditActor::Nobody,
        };
        let event = AuditEvent::new(action, actor, target, self.scope.clone()).after(details);
        Ok(tx.record(event, self.occasion).await?)
    }

    async fn note(&self, tx: &mut Tx, result: &str) -> Result<(), AppError> {
        let organization = self.scope.as_ref().map(|scope| scope.id);
        if let Some(user) = self.user {
            tx.add_sign_in(user.id, organization, self.device, result, self.occasion).await?;
        }
        Ok(())
    }

    pub(super) async fn succeeded(
        &self,
        tx: &mut Tx,
        organization: Option<OrganizationId>,
        details: Value,
    ) -> Result<(), AppError> {
        if let Some(user) = self.user {
            tx.note_login(user.id, organization, self.occasion.now).await?;
        }
        self.note(tx, "succeeded").await?;
        self.record(tx, AuditAction::LoginSucceeded, details).await
    }

    pub(super) async fn failed(&self, tx: &mut Tx, state: &AttemptState) -> Result<(), AppError> {
        self.note(tx, "failed").await?;
        self.record(tx, AuditAction::LoginFailed, json!({ "failures": state.failures })).await
    }

    pub(super) async fn refused(&self, tx: &mut Tx) -> Result<(), AppError> {
        self.record(tx, AuditAction::LoginRefusedLocked, json!({})).await
    }

    /// The owner of a known account is told once per lock; the page tells a stranger no more than anybody.
    pub(super) async fn locked(&self, app: &App, tx: &mut Tx, until: Timestamp) -> Result<(), AppError> {
        self.note(tx, "locked").await?;
        self.record(tx, AuditAction::LoginLocked, json!({ "until": until.rfc3339() })).await?;
        if self.user.is_some_and(|user| user.activated_at.is_none()) {
            return Ok(());
        }
        self.tell(app, tx, Content::AccountLocked { until, address: self.occasion.address.clone() }).await
    }

    /// A recovery code was used up: recorded, and its owner is told how many are left (E6).
    pub(super) async fn used_recovery_code(&self, app: &App, tx: &mut Tx) -> Result<(), AppError> {
        let Some(user) = self.user else { return Ok(()) };
        let left = tx.recovery_codes_left(user.id).await?;
        self.record(tx, AuditAction::MfaRecoveryCodeUsed, json!({ "left": left })).await?;
        let content = Content::RecoveryCodeUsed {
            address: self.occasion.address.clone(),
            left: usize::from(left),
            account_page: app.config.public_url.link("/account"),
        };
        self.tell(app, tx, content).await
    }

    async fn tell(&self, app: &App, tx: &mut Tx, content: Content) -> Result<(), AppError> {
        let Some(email) = self.user.and_then(|user| Email::parse(&user.email).ok()) else { return Ok(()) };
        let letter = Letter::to_owner(Addressee { email, member: None }, content);
        app.courier.queue(tx, &letter, self.occasion).await?;
        Ok(())
    }
}
