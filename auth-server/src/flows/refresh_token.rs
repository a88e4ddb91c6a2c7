//! Grant `refresh_token` (RFC 6749 6, RFC 9700 4.14.2).
//!
//! 1. the application may use the grant;
//! 2. only when a narrower scope is asked for, the token is looked at first, so that a scope that is too wide
//!    costs no rotation;
//! 3. the store rotates in one step, and says when a used token came back;
//! 4. the engine checks client and scope;
//! 5. the tokens are written out.

use super::audit::Subject;
use super::{FlowError, Issued, Services};
use crate::domain::application::Application;
use crate::domain::audit::AuditKind;
use crate::domain::policy::{GrantType, RefreshRule};
use crate::domain::secret::PlainToken;
use crate::domain::token::{RefreshAttempt, RefreshOutcome, RefreshPolicy};
use crate::domain::webhook::{EventType, Happening};
use crate::engine::Refreshing;
use crate::mint::{AccessDraft, successor, successor_record};
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::protocol::request::Params;
use crate::protocol::scope;

impl Services {
    /// Answers a refresh by an authenticated application.
    pub async fn refresh_token(
        &self,
        application: &Application,
        params: &Params,
    ) -> Result<Issued, FlowError> {
        Self::check_grant(application, GrantType::RefreshToken)?;
        let presented = params
            .get("refresh_token")
            .map(PlainToken::presented)
            .ok_or_else(|| ProtocolError::new(ErrorCode::InvalidRequest, "refresh_token is missing"))?;
        let now_ms = self.clock.now_millis();
        let requested = params.get("scope").map(scope::parse).transpose()?;
        let mut narrowed = None;
        if requested.is_some() || params.all("resource").next().is_some() {
            let view = self
                .tokens
                .view_refresh(&presented.hashed(), now_ms)
                .await?
                .ok_or_else(unknown)?;
            Self::check_target(params, &view.grant.resource)?;
            let refreshing = Refreshing::begin(&application.client_id, presented.reveal())?;
            let scope = refreshing.complete(&view.grant, requested.as_ref())?;
            narrowed = Some(scope).filter(|scope| *scope != view.grant.scope);
        }
        let policy = &application.policy;
        let access = AccessDraft::new(policy, GrantType::RefreshToken, &self.clock).narrowed(narrowed);
        let (policy, next) = match policy.refresh {
            RefreshRule::Keep => (RefreshPolicy::Keep, None),
            RefreshRule::Rotate => {
                let next = successor(&presented, policy, &self.mac);
                let grace = policy
                    .reuse_grace_seconds
                    .unwrap_or(self.settings.reuse_grace_seconds);
                let successor = successor_record(&next, policy, now_ms);
                (
                    RefreshPolicy::Rotate {
                        successor,
                        grace_ms: grace * 1000,
                    },
                    Some(next),
                )
            }
        };
        let attempt = RefreshAttempt {
            presented: presented.hashed(),
            client_id: application.client_id.clone(),
            policy,
            access: access.record.clone(),
        };
        let refreshing = Refreshing::begin(&application.client_id, presented.reveal())?;
        let grant = match self.tokens.refresh(&attempt, now_ms).await? {
            RefreshOutcome::Refreshed { grant, .. } | RefreshOutcome::Repeated { grant, .. } => grant,
            RefreshOutcome::Replayed { family, grant } => {
                let subject = Subject {
                    user_id: grant.user_id,
                    client_id: Some(&grant.client_id),
                    address: None,
                };
                let detail = format!("a used refresh token came back; family {} is revoked", family.0);
                self.audit(AuditKind::RefreshReuse, subject, detail).await;
                self.emit(Happening::about(EventType::RefreshReuse, &grant)).await;
                return Err(ProtocolError::new(
                    ErrorCode::InvalidGrant,
                    "the refresh token has been used before",
                )
                .because("its whole family is revoked")
                .into());
            }
            RefreshOutcome::WrongClient => {
                return Err(unknown().because("it was issued to another application").into());
            }
            RefreshOutcome::Unknown => return Err(unknown().into()),
        };
        refreshing.complete(&grant, None)?;
        self.issue(application, &grant, &access, next)
    }
}

fn unknown() -> ProtocolError {
    ProtocolError::new(
        ErrorCode::InvalidGrant,
        "the refresh token is unknown, expired or revoked",
    )
}
