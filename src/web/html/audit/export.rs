//! The same events as a file that can be proved.

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use serde_json::Value;

use super::{Filters, permit_of};
use crate::{
    app::App,
    domain::{
        audit::{AuditAction, AuditQuery, AuditTarget},
        cells::inert,
        time::{Timestamp, days},
    },
    error::AppError,
    policy::{AuditReach, ExportAudit, Permit},
    store::{AuditPlace, audit::AuditRecord},
    web::{html::extract::Query, visitor::Here},
};

/// The file. That it was taken is recorded before the first byte leaves.
pub async fn export(State(app): State<App>, here: Here, Query(filters): Query<Filters>) -> Result<Response, AppError> {
    let mut tx = app.db.begin_write().await?;
    let caller = here.caller();
    let standing = caller.standing(&mut tx, caller.organization).await?;
    let permit = permit_of(&standing, ExportAudit)?;
    // What a Server Administrator takes is the log of the whole installation.
    let mut author = permit.author().clone();
    let target = match (*permit.target(), &author.scope) {
        (AuditReach::Organization(_), Some(scope)) => AuditTarget::organization(scope.id, &scope.name),
        _ => {
            author.scope = None;
            AuditTarget::installation()
        }
    };
    let query = filters.query();
    let event = author.event(AuditAction::AuditExported, target).after(asked(&query));
    tx.record(event, here.occasion()).await?;
    tx.commit().await?;
    let name = format!("attachment; filename=\"audit-{}.csv\"", here.occasion().now.date());
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    let export = Export { app, permit, query, after: AuditPlace::default() };
    Ok((headers, export.into_body()).into_response())
}

/// The filters in force, as evidence tells them.
fn asked(query: &AuditQuery) -> Value {
    let day = |moment: Option<Timestamp>| moment.map(Timestamp::date);
    let filters = [
        ("who", Some(query.who.clone()).filter(|who| !who.is_empty())),
        ("action", query.action.map(|action| action.key().to_owned())),
        ("target", Some(query.target.clone()).filter(|target| !target.is_empty())),
        ("from", day(query.from)),
        ("to", day(query.until.map(|until| until.minus(days(1))))),
    ];
    filters.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?)))).collect()
}

struct Export {
    app: App,
    permit: Permit<ExportAudit>,
    query: AuditQuery,
    after: AuditPlace,
}

impl Export {
    /// The header line, then piece after piece as the client reads them.
    fn into_body(self) -> Body {
        let header = stream::once(async { written([AuditRecord::COLUMNS.map(str::to_owned)]) });
        let pieces = stream::try_unfold(self, async |mut export| {
            let piece = export.piece().await?;
            Ok::<_, AppError>(piece.map(|bytes| (bytes, export)))
        });
        Body::from_stream(header.chain(pieces))
    }

    /// The next lines; a stretch of the log without any is passed over.
    async fn piece(&mut self) -> Result<Option<Bytes>, AppError> {
        loop {
            let mut tx = self.app.db.begin_read().await?;
            let Some((rows, end)) = tx.audit_export(&self.permit, &self.query, &self.after).await? else {
                return Ok(None);
            };
            drop(tx);
            self.after = end;
            if !rows.is_empty() {
                return written(rows.iter().map(|row| AuditRecord::from(row).cells())).map(Some);
            }
        }
    }
}

fn written(lines: impl IntoIterator<Item = [String; 12]>) -> Result<Bytes, AppError> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for cells in lines {
        writer.write_record(cells.iter().map(|cell| inert(cell))).map_err(AppError::fault)?;
    }
    let bytes = writer.into_inner().map_err(|error| AppError::fault(error.to_string()))?;
    Ok(Bytes::from(bytes))
}
