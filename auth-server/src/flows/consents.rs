//! What a user allowed applications: seen in one place, and taken back there.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::audit::Subject;
use super::{FlowError, Services};
use crate::domain::application::Application;
use crate::domain::audit::AuditKind;
use crate::domain::consent::{Consent, Withdrawal};
use crate::domain::listing::{Listed, Place};
use crate::domain::token::{RevocationTarget, TokenFilter, TokenSummary};
use crate::domain::user::User;
use crate::domain::webhook::{EventType, Happening};
use crate::store::sql::{consents, users};

/// Tokens that are read at once.
const PART: u32 = 200;
/// Tokens of one user that are looked at for the moment of the last use.
const MOST_TOKENS: usize = 2_000;

/// An application that a user allowed something.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The application.
    pub application: Arc<Application>,
    /// The name of who registered it.
    pub owner: Option<String>,
    /// What the user allowed.
    pub consent: Consent,
    /// When it was last given a token, seconds since the Unix epoch; none when no token is live.
    pub last_used_at: Option<i64>,
}

impl Services {
    /// The applications that a user allowed something, the newest first.
    pub async fn connections(
        &self,
        user_id: Uuid,
        after: Option<&Place>,
        limit: i64,
    ) -> Result<Listed<Connection>, FlowError> {
        let Listed { items, next } = consents::of_user(&self.database, user_id, after, limit).await?;
        let mut last_uses: HashMap<String, i64> = HashMap::new();
        if !items.is_empty() {
            for token in self.tokens_of(user_id).await? {
                let last = last_uses.entry(token.client_id).or_default();
                *last = token.last_used_at_ms.div_euclid(1000).max(*last);
            }
        }
        let mut connections = Vec::new();
        for consent in items {
            // Applications are never deleted: one that is missing is none of ours.
            let Some(application) = self.clients.application(&consent.client_id).await? else {
                continue;
            };
            let owner = match application.owner_id {
                Some(owner) => users::find(&self.database, owner).await?.map(|owner| owner.name),
                None => None,
            };
            connections.push(Connection {
                last_used_at: last_uses.get(&consent.client_id).copied(),
                application,
                owner,
                consent,
            });
        }
        Ok(Listed {
            items: connections,
            next,
        })
    }

    /// A user's live tokens, the newest first, as far as anybody will look.
    pub async fn tokens_of(&self, user_id: Uuid) -> Result<Vec<TokenSummary>, FlowError> {
        let filter = TokenFilter::User(user_id);
        let mut found: Vec<TokenSummary> = Vec::new();
        while found.len() < MOST_TOKENS {
            let after = found.last().map(TokenSummary::place);
            let part = self
                .tokens
                .list(&filter, after.as_ref(), PART, self.clock.now_millis())
                .await?;
            let last = part.len() < PART as usize;
            found.extend(part);
            if last {
                break;
            }
        }
        Ok(found)
    }

    /// Takes back one permission of an application, or all of them. Every token that it holds for the user ends: each
    /// carries the permission. None when the user allowed it nothing such, and nothing changes then.
    pub async fn withdraw(
        &self,
        user: &User,
        client_id: &str,
        permission: Option<&str>,
        address: &str,
    ) -> Result<Option<Withdrawal>, FlowError> {
        let now = self.clock.now();
        let done = consents::withdraw(&self.database, user.id, client_id, permission, now).await?;
        let Some(withdrawal) = done else { return Ok(None) };
        // After the consent: what is issued until now is hit, and what comes later asks what is left.
        let target = RevocationTarget::Grant {
            client_id: client_id.to_owned(),
            user_id: user.id,
        };
        self.tokens.revoke(&target, self.clock.now_millis()).await?;
        let subject = Subject {
            user_id: Some(user.id),
            client_id: Some(client_id),
            address: Some(address),
        };
        let scope = withdrawal.withdrawn.to_string();
        self.audit(AuditKind::ConsentWithdrawn, subject, scope.clone())
            .await;
        let happening = Happening::new(EventType::GrantWithdrawn)
            .application(client_id)
            .user(user.id)
            .fact("scope", scope);
        self.emit(happening).await;
        Ok(Some(withdrawal))
    }
}
