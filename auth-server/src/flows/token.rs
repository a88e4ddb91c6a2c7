//! The token request of an authenticated application (RFC 6749 3.2): its `grant_type` decides which flow it is.
//! Delegation is none of them: it has an endpoint of its own.

use super::{FlowError, Issued, Services};
use crate::domain::application::Application;
use crate::domain::policy::GrantType;
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::protocol::request::Params;
use crate::telemetry::METRICS;

impl Services {
    /// Issues what the request asks for; `address` is whom guesses at passwords are counted against.
    pub async fn token(
        &self,
        application: &Application,
        params: &Params,
        address: &str,
    ) -> Result<Issued, FlowError> {
        let name = params
            .get("grant_type")
            .ok_or_else(|| ProtocolError::new(ErrorCode::InvalidRequest, "grant_type is missing"))?;
        let (grant, issued) = match name {
            "client_credentials" => (
                GrantType::ClientCredentials,
                self.client_credentials(application, params).await,
            ),
            "authorization_code" => (
                GrantType::AuthorizationCode,
                self.authorization_code(application, params).await,
            ),
            "refresh_token" => (
                GrantType::RefreshToken,
                self.refresh_token(application, params).await,
            ),
            "password" => (
                GrantType::Password,
                self.password(application, params, address).await,
            ),
            other => {
                let text = "this grant_type is not supported";
                return Err(ProtocolError::new(ErrorCode::UnsupportedGrantType, text)
                    .because(format!("{other:?}"))
                    .into());
            }
        };
        let issued = issued?;
        METRICS.tokens_issued.with_label_values(&[grant.as_str()]).inc();
        Ok(issued)
    }
}
