//! A token as a call presents it, and what is written down of its use.

use std::collections::HashMap;

use ipnet::IpNet;

use crate::{
    domain::{
        audit::Occasion,
        ids::{EventId, OrganizationId, TokenId, UserId},
        time::Timestamp,
        tokens::Permission,
    },
    store::{
        Result, Tx,
        members::split_ids,
        query::{execute, fetch_optional},
    },
};

/// A token somebody presents, with all that decides about a call.
#[derive(Debug, Clone)]
pub struct PresentedToken {
    /// Its public id.
    pub id: TokenId,
    /// Its robot user.
    pub user: UserId,
    /// Its name.
    pub name: String,
    /// Where it counts; none means everywhere.
    pub organization: Option<OrganizationId>,
    /// Whether that organization is disabled.
    pub organization_disabled: bool,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// Where calls may come from; none when the list cannot be read, which allows nobody.
    pub networks: Option<Vec<IpNet>>,
    /// End of its life.
    pub expires_at: Timestamp,
    /// Keyed hash of the whole token.
    pub secret_hash: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct PresentedRow {
    id: TokenId,
    user_id: UserId,
    name: String,
    organization_id: Option<OrganizationId>,
    organization_disabled: bool,
    permissions: Option<String>,
    networks: Option<String>,
    expires_at: Timestamp,
    secret_hash: Vec<u8>,
}

impl From<PresentedRow> for PresentedToken {
    fn from(row: PresentedRow) -> Self {
        let texts = split_ids(row.networks.as_deref());
        Self {
            id: row.id,
            user: row.user_id,
            name: row.name,
            organization: row.organization_id,
            organization_disabled: row.organization_disabled,
            permissions: split_ids(row.permissions.as_deref()).iter().filter_map(|name| name.parse().ok()).collect(),
            networks: texts.iter().map(|text| text.parse().ok()).collect(),
            expires_at: row.expires_at,
            secret_hash: row.secret_hash,
        }
    }
}

/// A use of a token, to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenUse {
    /// The robot user.
    pub user: UserId,
    /// The organization; none for a global token.
    pub organization: Option<OrganizationId>,
    /// Latest use from each address.
    pub uses: HashMap<String, Timestamp>,
}

impl Tx {
    /// The token of this public id, with all that decides about a call, in one query.
    pub async fn presented_token(&mut self, id: TokenId) -> Result<Option<PresentedToken>> {
        let row = fetch_optional!(
            self,
            PresentedRow,
            "SELECT t.id, t.user_id, t.name, t.organization_id, t.expires_at, t.secret_hash,
                    o.disabled_at IS NOT NULL AS organization_disabled,
                    (SELECT string_agg(p.permission, ',') FROM api_token_permissions p
                     WHERE p.token_id = t.id) AS permissions,
                    (SELECT string_agg(a.network, ',') FROM api_token_addresses a WHERE a.token_id = t.id) AS networks
             FROM api_tokens t LEFT JOIN organizations o ON o.id = t.organization_id WHERE t.id = $1",
            id
        )?;
        Ok(row.map(PresentedToken::from))
    }

    /// Writes uses of tokens down: when and from where each was used last, and one line for each address of its robot
    /// user. A token revoked meanwhile is passed over.
    pub(crate) async fn note_token_use(&mut self, id: TokenId, noted: &TokenUse, occasion: &Occasion) -> Result<()> {
        let Some((address, at)) = noted.uses.iter().max_by_key(|(_, at)| **at) else { return Ok(()) };
        let known = execute!(
            self,
            "UPDATE api_tokens SET last_used_at = $2, last_used_address = $3
             WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $2)",
            id,
            *at,
            address
        )?;
        if known == 0 {
            return Ok(());
        }
        for (address, at) in &noted.uses {
            let updated = execute!(
                self,
                "UPDATE sign_ins SET at = $4 WHERE user_id = $1 AND address = $2 AND result = $3 AND at <= $4",
                noted.user,
                address,
                "token",
                *at
            )?;
            if updated > 0 {
                continue;
            }
            execute!(
                self,
                "INSERT INTO sign_ins (id, user_id, organization_id, at, address, device, result)
                 VALUES ($1, $2, $3, $4, $5, '', $6)",
                EventId::new(*at, occasion.entropy.as_ref()),
                noted.user,
                noted.organization,
                *at,
                address,
                "token"
            )?;
        }
        Ok(())
    }
}
