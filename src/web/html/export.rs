//! The list of people as a CSV file: filtered like the page, all pages, streamed.

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use futures::stream;
use serde_json::json;

use super::{
    extract::Query,
    people::{self, StatusFacts},
    users::Filters,
};
use crate::{
    app::App,
    domain::{
        audit::{AuditAction, AuditTarget},
        cells::inert,
        ids::OrganizationId,
        roles::{AccountRole, CustomRole, shown_roles},
        time::Timestamp,
        users::{MembershipKind, UserQuery},
    },
    error::AppError,
    policy::ExportUsers,
    store::{StateCounts, UserRow},
    web::visitor::Here,
};

/// Rows fetched at once.
const PIECE: u32 = 1000;
const COLUMNS: [&str; 8] = ["name", "email", "status", "roles", "mfa", "last_login", "created", "type"];

/// The file. That it was taken is recorded before the first byte leaves.
pub async fn users(State(app): State<App>, here: Here, Query(filters): Query<Filters>) -> Result<Response, AppError> {
    let actor = here.actor()?;
    let now = here.occasion().now;
    let query = UserQuery { cursor: None, rows: PIECE, ..filters.query(None) };
    let mut tx = app.db.begin_write().await?;
    let actor_now = here.caller().enter(&mut tx).await?;
    let permit = actor_now.authorize(ExportUsers, actor.organization)?;
    let facts = tx.organization(actor.organization).await?.ok_or(AppError::NotFound)?;
    let custom = tx.custom_roles(actor.organization, &[]).await?;
    let counts = tx.state_counts(actor.organization, query.kind, now).await?;
    let target = AuditTarget::organization(actor.organization, &actor.organization_name);
    let event = permit.author().event(AuditAction::UsersExported, target).after(json!({ "status": query.status }));
    tx.record(event, here.occasion()).await?;
    tx.commit().await?;
    let export = Export { app, organization: facts.id, query, counts, custom, mfa_required: facts.mfa_required, now };
    let name = format!("attachment; filename=\"users-{}.csv\"", now.date());
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, export.into_body()).into_response())
}

struct Export {
    app: App,
    organization: OrganizationId,
    query: UserQuery,
    counts: StateCounts,
    custom: Vec<CustomRole>,
    mfa_required: bool,
    now: Timestamp,
}

impl Export {
    /// The header line, then piece after piece as the client reads them.
    fn into_body(self) -> Body {
        let pieces = stream::try_unfold(Some((self, true)), async |state| {
            let Some((mut export, is_first)) = state else { return Ok::<_, AppError>(None) };
            let (piece, more) = export.piece(is_first).await?;
            Ok(Some((piece, more.then_some((export, false)))))
        });
        Body::from_stream(pieces)
    }

    async fn piece(&mut self, is_first: bool) -> Result<(Bytes, bool), AppError> {
        let mut tx = self.app.db.begin_read().await?;
        let page = tx.list_users(self.organization, &self.query, &self.counts, self.now).await?;
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        if is_first {
            writer.write_record(COLUMNS).map_err(AppError::fault)?;
        }
        for row in &page.rows {
            writer.write_record(self.record(row).iter().map(|cell| inert(cell))).map_err(AppError::fault)?;
        }
        let more = page.next.is_some();
        self.query.cursor = page.next;
        let bytes = writer.into_inner().map_err(|error| AppError::fault(error.to_string()))?;
        Ok((Bytes::from(bytes), more))
    }

    fn record(&self, row: &UserRow) -> [String; 8] {
        let roles = people::role_set(row.roles(), &self.custom);
        let account_role = row.account_role.parse().unwrap_or(AccountRole::User);
        let names =
            shown_roles(account_role, roles.application(), roles.custom().iter().map(|role| role.name.as_str()));
        let status = StatusFacts {
            state: row.state,
            invited_until: row.invited_until,
            locked_until: row.locked_until,
            mail_failed: row.mail_failed(),
        };
        let last_login = if row.last_login_at.micros() > 0 { row.last_login_at.rfc3339() } else { "Never".to_owned() };
        [
            row.name.clone(),
            row.email.clone(),
            status.label(self.now).to_owned(),
            names.join(", "),
            people::mfa(row.has_authenticator(), self.mfa_required, row.is_shared()).to_owned(),
            last_login,
            row.created_at.rfc3339(),
            if row.kind == MembershipKind::Token { "Service account" } else { "Person" }.to_owned(),
        ]
    }
}
