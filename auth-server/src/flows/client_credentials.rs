//! Grant `client_credentials` (RFC 6749 4.4): an application acts for itself, server-wide.
//!
//! 1. the application may use the grant;
//! 2. the scope is within its registration, and means something to the resource server;
//! 3. the token is recorded;
//! 4. it is written out. No refresh token (RFC 6749 4.4.3).

use super::{FlowError, Issued, Services};
use crate::domain::application::Application;
use crate::domain::grant::Grant;
use crate::domain::policy::GrantType;
use crate::engine::negotiate_client_credentials;
use crate::mint::AccessDraft;
use crate::protocol::request::Params;
use crate::protocol::scope;

impl Services {
    /// Answers a client-credentials request of an authenticated application.
    pub async fn client_credentials(
        &self,
        application: &Application,
        params: &Params,
    ) -> Result<Issued, FlowError> {
        Self::check_grant(application, GrantType::ClientCredentials)?;
        let requested = params.get("scope").map(scope::parse).transpose()?;
        let negotiated = negotiate_client_credentials(application, requested.as_ref())?;
        let target = self.target(params)?;
        let scope = self.narrow(&target, requested.as_ref(), &negotiated)?;
        let grant = Grant {
            client_id: application.client_id.clone(),
            user_id: None,
            scope,
            resource: target.url,
            auth_time: None,
            sid: None,
            email: None,
            delegated: false,
        };
        let access = AccessDraft::new(&application.policy, GrantType::ClientCredentials, &self.clock);
        self.tokens.record_access(&access.record, &grant).await?;
        self.issue(application, &grant, &access, None)
    }
}
