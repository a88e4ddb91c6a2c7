//! Revocation (RFC 7009): a client takes back its own tokens. A refresh token takes its whole family along.

use super::audit::Subject;
use super::{FlowError, Services};
use crate::domain::application::Application;
use crate::domain::audit::AuditKind;
use crate::domain::secret::PlainToken;
use crate::domain::token::RevocationTarget;
use crate::protocol::error::{ErrorCode, ProtocolError};

impl Services {
    /// Revokes a token of an authenticated application. What is unknown or revoked already is no error; the
    /// type hint is not needed, and a wrong one does no harm.
    pub async fn revoke(&self, application: &Application, token: &str) -> Result<(), FlowError> {
        let now_ms = self.clock.now_millis();
        let hash = PlainToken::presented(token).hashed();
        let (target, grant) = if let Some(view) = self.tokens.view_refresh(&hash, now_ms).await? {
            (RevocationTarget::Family(view.family), view.grant)
        } else {
            let Some(key) = self.access_key(token) else {
                return Ok(());
            };
            let Some(record) = self.tokens.find_access(&key, now_ms).await? else {
                return Ok(());
            };
            (RevocationTarget::Access(key), record.grant)
        };
        if grant.client_id != application.client_id {
            return Err(ProtocolError::new(
                ErrorCode::InvalidGrant,
                "the token was issued to another application, and stays valid",
            )
            .because(format!("it is of {}", grant.client_id))
            .into());
        }
        self.tokens.revoke(&target, now_ms).await?;
        let subject = Subject {
            user_id: grant.user_id,
            client_id: Some(&grant.client_id),
            address: None,
        };
        self.audit(
            AuditKind::Revocation,
            subject,
            format!("by the application: {target}"),
        )
        .await;
        Ok(())
    }
}
