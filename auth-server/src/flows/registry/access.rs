//! What is alive: tokens and sessions, shown and ended.

use uuid::Uuid;

use super::Registry;
use super::problem::{RegistryError, Thing};
use crate::domain::audit::AuditKind;
use crate::domain::grant::Grant;
use crate::domain::listing::{Listed, Place};
use crate::domain::session::Session;
use crate::domain::token::{RevocationTarget, TokenFilter, TokenSummary};
use crate::domain::webhook::EventType;
use crate::store::StoreError;

impl Registry<'_> {
    /// Live tokens of an application or a user, newest first (S3.53).
    pub async fn live_tokens(
        &self,
        filter: &TokenFilter,
        after: Option<&Place>,
        limit: u32,
    ) -> Result<Listed<TokenSummary>, RegistryError> {
        let now_ms = self.clock.now_millis();
        let found = self
            .tokens
            .list(filter, after, limit.saturating_add(1), now_ms)
            .await?;
        Ok(Listed::cut(found, i64::from(limit), TokenSummary::place))
    }

    /// Removes a token by the id that the list shows (S3.54). One that is over, or was never there, changes nothing.
    pub async fn remove_token(&self, id: &str) -> Result<(), RegistryError> {
        self.remove_tokens(&one_token(id)?).await
    }

    /// Removes a token of an application (S3.54): one of the list that a page showed. A token of another application, or
    /// one that is over, is not found.
    pub async fn remove_token_of(&self, client_id: &str, id: &str) -> Result<(), RegistryError> {
        self.remove_token_where(id, |grant| grant.client_id == client_id)
            .await
    }

    /// The same of a user.
    pub async fn remove_token_of_user(&self, user_id: Uuid, id: &str) -> Result<(), RegistryError> {
        self.remove_token_where(id, |grant| grant.user_id == Some(user_id))
            .await
    }

    async fn remove_token_where(
        &self,
        id: &str,
        is_meant: impl Fn(&Grant) -> bool + Send,
    ) -> Result<(), RegistryError> {
        let target = one_token(id)?;
        let grant = self.live_grant(&target).await?.filter(is_meant);
        let grant = grant.ok_or(RegistryError::NotFound(Thing::Token))?;
        self.remove_one(&target, &grant).await
    }

    /// What a live token or authorization allows, and whom.
    async fn live_grant(&self, target: &RevocationTarget) -> Result<Option<Grant>, StoreError> {
        let now_ms = self.clock.now_millis();
        match target {
            RevocationTarget::Access(key) => {
                let found = self.tokens.find_access(key, now_ms).await?;
                Ok(found.map(|record| record.grant))
            }
            RevocationTarget::Family(family) => self.tokens.find_family(*family, now_ms).await,
            RevocationTarget::Client(_) | RevocationTarget::User(_) | RevocationTarget::Grant { .. } => {
                Ok(None)
            }
        }
    }

    async fn remove_one(&self, target: &RevocationTarget, grant: &Grant) -> Result<(), RegistryError> {
        self.tokens.revoke(target, self.clock.now_millis()).await?;
        let detail = format!("token removed: {target}");
        self.audit(
            AuditKind::Revocation,
            grant.user_id,
            Some(&grant.client_id),
            detail,
        )
        .await?;
        let revoked = EventType::TokenRevoked;
        Ok(self.notices().application(revoked, &grant.client_id).await?)
    }

    /// Removes one token, or the tokens of an application, of a user, or of an application for a user. What is removed
    /// already, or was never there, changes nothing.
    pub async fn remove_tokens(&self, target: &RevocationTarget) -> Result<(), RegistryError> {
        if let RevocationTarget::Access(_) | RevocationTarget::Family(_) = target {
            return match self.live_grant(target).await? {
                Some(grant) => self.remove_one(target, &grant).await,
                None => Ok(()),
            };
        }
        self.tokens.revoke(target, self.clock.now_millis()).await?;
        let (user_id, client_id) = match target {
            RevocationTarget::Client(client_id) => (None, Some(client_id.as_str())),
            RevocationTarget::User(user_id) => (Some(*user_id), None),
            RevocationTarget::Grant { client_id, user_id } => (Some(*user_id), Some(client_id.as_str())),
            RevocationTarget::Access(_) | RevocationTarget::Family(_) => (None, None),
        };
        self.audit(AuditKind::Revocation, user_id, client_id, target.to_string())
            .await?;
        match (client_id, user_id) {
            (Some(client_id), _) => {
                self.notices()
                    .application(EventType::TokenRevoked, client_id)
                    .await?;
            }
            (None, Some(user_id)) => {
                self.notices().user(EventType::TokenRevoked, user_id).await?;
            }
            (None, None) => {}
        }
        Ok(())
    }

    /// A user's live sessions, newest first.
    pub async fn sessions(&self, user_id: Uuid) -> Result<Vec<Session>, RegistryError> {
        self.user(user_id).await?;
        let now_ms = self.clock.now_millis();
        Ok(self.tokens.list_sessions(user_id, now_ms).await?)
    }

    /// Ends one session of a user, named by its public handle.
    pub async fn end_session(&self, user_id: Uuid, sid: &str) -> Result<(), RegistryError> {
        self.user(user_id).await?;
        let now_ms = self.clock.now_millis();
        if !self.tokens.end_session_of(user_id, sid, now_ms).await? {
            return Err(RegistryError::NotFound(Thing::Session));
        }
        self.audit(AuditKind::SignOut, Some(user_id), None, "session ended")
            .await?;
        Ok(())
    }

    /// Ends every session of a user.
    pub async fn end_sessions(&self, user_id: Uuid) -> Result<(), RegistryError> {
        self.user(user_id).await?;
        self.tokens.end_user_sessions(user_id, None).await?;
        self.audit(AuditKind::SignOut, Some(user_id), None, "every session ended")
            .await?;
        Ok(())
    }
}

/// The id of one token or authorization, as a list shows it.
fn one_token(id: &str) -> Result<RevocationTarget, RegistryError> {
    RevocationTarget::from_text(id).ok_or(RegistryError::NotFound(Thing::Token))
}
