//! Uses of API tokens, gathered in memory and written down every few seconds: a call must not cost a write, and no use
//! may be lost by more than a minute.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    app::App,
    domain::{
        ids::{TokenId, UserId},
        time::Timestamp,
    },
    error::AppError,
    store::{PresentedToken, TokenUse},
};

/// Addresses kept for one token between two writes; as many as are ever shown.
const ADDRESSES: usize = 10;

/// The uses that wait.
#[derive(Debug, Clone, Default)]
pub struct TokenUses(Arc<Mutex<HashMap<TokenId, TokenUse>>>);

impl TokenUses {
    /// Notes a use.
    pub fn note(&self, token: &PresentedToken, address: Option<&str>, now: Timestamp) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = waiting.entry(token.id).or_insert_with(|| TokenUse {
            user: token.user,
            organization: token.organization,
            uses: HashMap::new(),
        });
        let address = address.unwrap_or_default();
        if !noted.uses.contains_key(address) && noted.uses.len() >= ADDRESSES {
            let oldest = noted.uses.iter().min_by_key(|(_, at)| **at).map(|(address, _)| address.clone());
            oldest.and_then(|address| noted.uses.remove(&address));
        }
        noted.uses.insert(address.to_owned(), now);
    }

    /// What waits for a token, latest first: address and moment.
    pub fn waiting(&self, token: TokenId) -> Vec<(String, Timestamp)> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut uses: Vec<_> = waiting
            .get(&token)
            .map(|noted| noted.uses.iter().map(|(address, at)| (address.clone(), *at)).collect())
            .unwrap_or_default();
        uses.sort_by_key(|(_, at): &(String, Timestamp)| std::cmp::Reverse(*at));
        uses
    }

    /// What waits for the token of a robot user, latest first.
    pub fn waiting_of(&self, user: UserId) -> Vec<(String, Timestamp)> {
        let token = {
            let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.iter().find(|(_, noted)| noted.user == user).map(|(token, _)| *token)
        };
        token.map(|token| self.waiting(token)).unwrap_or_default()
    }

    fn take(&self) -> HashMap<TokenId, TokenUse> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn put_back(&self, unwritten: HashMap<TokenId, TokenUse>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (token, noted) in unwritten {
            let now_waiting =
                waiting.entry(token).or_insert_with(|| TokenUse { uses: HashMap::new(), ..noted.clone() });
            for (address, at) in noted.uses {
                now_waiting.uses.entry(address).or_insert(at);
            }
        }
    }
}

/// Writes down what waits; what cannot be written waits on.
///
/// # Errors
/// When the database does not answer.
pub async fn write_down(app: &App) -> Result<(), AppError> {
    let uses = app.token_uses.take();
    if uses.is_empty() {
        return Ok(());
    }
    let written = async {
        let occasion = app.occasion();
        let mut tx = app.db.begin_write().await?;
        for (token, noted) in &uses {
            tx.note_token_use(*token, noted, &occasion).await?;
        }
        tx.commit().await
    };
    if let Err(error) = written.await {
        app.token_uses.put_back(uses);
        return Err(error.into());
    }
    Ok(())
}
