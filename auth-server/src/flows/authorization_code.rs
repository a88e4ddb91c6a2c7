//! Grant `authorization_code` (RFC 6749 4.1.3, RFC 7636 4.5): a code becomes tokens, once.
//!
//! 1. the application may use the grant;
//! 2. the store burns the code and opens its family, in one step; of a replay it has revoked the family by the
//!    time we hear of it;
//! 3. the engine checks client, redirect URI and PKCE; if it refuses, the family that nobody has tokens of is
//!    revoked;
//! 4. the tokens are written out.

use super::audit::Subject;
use super::{FlowError, Issued, Services};
use crate::domain::application::Application;
use crate::domain::audit::AuditKind;
use crate::domain::policy::GrantType;
use crate::domain::secret::PlainToken;
use crate::domain::token::{Redemption, RevocationTarget};
use crate::domain::webhook::{EventType, Happening};
use crate::engine::{CodeExchange, ExchangeFacts};
use crate::mint::OpeningDraft;
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::protocol::request::Params;

impl Services {
    /// Answers the exchange of a code by an authenticated application.
    pub async fn authorization_code(
        &self,
        application: &Application,
        params: &Params,
    ) -> Result<Issued, FlowError> {
        Self::check_grant(application, GrantType::AuthorizationCode)?;
        let code = params
            .get("code")
            .ok_or_else(|| ProtocolError::new(ErrorCode::InvalidRequest, "code is missing"))?;
        let facts = ExchangeFacts {
            client_id: &application.client_id,
            code,
            redirect_uri: params.get("redirect_uri"),
            code_verifier: params.get("code_verifier"),
            redirect_rule: application.policy.redirect_uri_at_exchange,
        };
        let exchange = CodeExchange::begin(&facts)?;
        let draft = OpeningDraft::new(&application.policy, GrantType::AuthorizationCode, &self.clock);
        let hash = PlainToken::presented(code).hashed();
        let record = match self
            .tokens
            .redeem_code(&hash, &draft.opening, self.clock.now_millis())
            .await?
        {
            Redemption::Redeemed(record) => record,
            Redemption::Replayed { family, grant } => {
                let subject = Subject {
                    user_id: grant.user_id,
                    client_id: Some(&grant.client_id),
                    address: None,
                };
                let detail = format!(
                    "presented by {}; family {} is revoked",
                    application.client_id, family.0
                );
                self.audit(AuditKind::CodeReplay, subject, detail).await;
                self.emit(Happening::about(EventType::CodeReplay, &grant)).await;
                return Err(
                    ProtocolError::new(ErrorCode::InvalidGrant, "the code has been used before")
                        .because("its tokens are revoked")
                        .into(),
                );
            }
            Redemption::Unknown => {
                return Err(ProtocolError::new(
                    ErrorCode::InvalidGrant,
                    "the code is unknown or has expired",
                )
                .into());
            }
        };
        let checked = exchange
            .complete(&facts, &record)
            .and_then(|()| Self::check_target(params, &record.grant.resource));
        if let Err(error) = checked {
            self.tokens
                .revoke(&RevocationTarget::Family(record.family), self.clock.now_millis())
                .await?;
            return Err(error.into());
        }
        self.issue(application, &record.grant, &draft.access, draft.refresh)
    }
}
