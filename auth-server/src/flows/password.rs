//! Grant `password` (RFC 6749 4.3). Legacy: RFC 9700 2.4 forbids it, so a policy must turn it on; two of the
//! systems Anteroom speaks for need it.
//!
//! 1. the application may use the grant;
//! 2. the scope is within its registration;
//! 3. sign-ins are throttled and the password is checked, exactly as on the sign-in page;
//! 4. an account with a second factor is refused: no application sees one;
//! 5. a family is opened and its tokens are written out.

use super::{FlowError, Issued, Services};
use crate::domain::application::Application;
use crate::domain::grant::{FamilyId, Grant};
use crate::domain::policy::GrantType;
use crate::domain::second_factor::Remaining;
use crate::mint::OpeningDraft;
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::protocol::request::Params;
use crate::protocol::scope;

impl Services {
    /// Answers a password request of an authenticated application; `address` is where it came from.
    pub async fn password(
        &self,
        application: &Application,
        params: &Params,
        address: &str,
    ) -> Result<Issued, FlowError> {
        Self::check_grant(application, GrantType::Password)?;
        let missing =
            |name: &str| ProtocolError::new(ErrorCode::InvalidRequest, format!("{name} is missing"));
        let username = params.get("username").ok_or_else(|| missing("username"))?;
        let password = params.get("password").ok_or_else(|| missing("password"))?;
        let requested = params.get("scope").map(scope::parse).transpose()?;
        let negotiated = scope::negotiate(requested.as_ref(), application)?;
        let target = self.target(params)?;
        let scope = self.narrow(&target, requested.as_ref(), &negotiated)?;
        // The tokens date from before the user is looked at: whoever blocks the user from here on, while the
        // password is still being checked, cuts them off.
        let draft = OpeningDraft::new(&application.policy, GrantType::Password, &self.clock);
        let known = self
            .check_password(username, password, address, Some(&application.client_id))
            .await?
            .ok_or_else(|| {
                ProtocolError::new(ErrorCode::InvalidGrant, "the user name or password is wrong")
            })?;
        if known.remaining != Remaining::Nothing {
            let text = "this account is protected by a second factor, which this grant cannot carry: \
                        use the authorization code grant";
            return Err(ProtocolError::new(ErrorCode::InvalidGrant, text).into());
        }
        let user = known.user;
        let grant = Grant {
            client_id: application.client_id.clone(),
            user_id: Some(user.id),
            scope,
            resource: target.url,
            auth_time: Some(self.clock.now()),
            sid: None,
            email: target.first_party.then_some(user.email),
            delegated: false,
        };
        let family = FamilyId(self.clock.new_id());
        self.tokens.open_family(family, &grant, &draft.opening).await?;
        self.issue(application, &grant, &draft.access, draft.refresh)
    }
}
