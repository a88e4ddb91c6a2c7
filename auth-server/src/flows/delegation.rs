//! Delegation (profile meet-delegated): a trusted application acts for a user whom it names by e-mail address.
//!
//! 1. which application asks, proven by its secret, and whether it may delegate at all;
//! 2. whether it is active: only who knows the secret is told;
//! 3. the address is one;
//! 4. its domain is one of the application's, exactly;
//! 5. there is such a user, or one is made where the setting allows it, and nobody has blocked them;
//! 6. the token is recorded and written out. No refresh token (S1.18).

use std::sync::Arc;

use super::audit::Subject;
use super::authenticate::{Credentials, check_usable};
use super::{FlowError, Issued, Services};
use crate::domain::application::Application;
use crate::domain::audit::AuditKind;
use crate::domain::grant::Grant;
use crate::domain::policy::{GrantType, Profile};
use crate::domain::user::{User, default_name, normalize_email};
use crate::mint::AccessDraft;
use crate::protocol::request::Params;
use crate::protocol::scope;
use crate::store::sql::{provisional, users};
use crate::telemetry::METRICS;

/// Why an application may not act for a user. The texts are for administrators.
#[derive(Debug, thiserror::Error)]
pub enum DelegationError {
    /// Unknown application, wrong secret, or one that may not delegate: nobody outside can tell which.
    #[error("{0}")]
    Credentials(String),
    /// Blocked, or not approved.
    #[error("{0}")]
    Inactive(String),
    /// No e-mail address.
    #[error("scope: {0}")]
    Address(&'static str),
    /// An address of a domain that is not the application's.
    #[error("asked for a user of {asked}; allowed: {allowed:?}")]
    Domain {
        /// The domain of the address.
        asked: String,
        /// The application's domains.
        allowed: Vec<String>,
    },
    /// No such user, or a blocked one.
    #[error("{0}")]
    UnknownUser(String),
    /// What is wrong has nothing to do with delegation.
    #[error(transparent)]
    Flow(FlowError),
}

impl<E: Into<FlowError>> From<E> for DelegationError {
    fn from(error: E) -> Self {
        Self::Flow(error.into())
    }
}

impl Services {
    /// Steps 1 and 2: the application that asks.
    pub async fn delegating_application(
        &self,
        credentials: &Credentials,
    ) -> Result<Arc<Application>, DelegationError> {
        let application = self
            .prove(credentials, Some(Profile::MeetDelegated))
            .await
            .map_err(|error| match error {
                FlowError::Protocol(error) => DelegationError::Credentials(error.reason),
                other => other.into(),
            })?;
        Self::check_grant(&application, GrantType::Delegation)
            .map_err(|error| DelegationError::Credentials(error.reason))?;
        check_usable(&application).map_err(|error| DelegationError::Inactive(error.reason))?;
        Ok(application)
    }

    /// Steps 3 to 6: a token of that application for the user with an address.
    pub async fn delegate(
        &self,
        application: &Application,
        address: &str,
        params: &Params,
    ) -> Result<Issued, DelegationError> {
        let email = normalize_email(address).map_err(DelegationError::Address)?;
        check_domain(application, &email)?;
        let target = self.target(params)?;
        // The token dates from before the user is looked at: whoever blocks the user from here on cuts it off.
        let access = AccessDraft::new(&application.policy, GrantType::Delegation, &self.clock);
        let user = self.delegated_user(application, email).await?;
        let grant = Grant {
            client_id: application.client_id.clone(),
            user_id: Some(user.id),
            scope: self.narrow(&target, None, &scope::negotiate(None, application)?)?,
            resource: target.url,
            auth_time: None,
            sid: None,
            email: target.first_party.then_some(user.email),
            delegated: true,
        };
        self.tokens.record_access(&access.record, &grant).await?;
        let issued = self.issue(application, &grant, &access, None)?;
        METRICS
            .tokens_issued
            .with_label_values(&[GrantType::Delegation.as_str()])
            .inc();
        Ok(issued)
    }

    /// Step 5: the user with a normalized address.
    async fn delegated_user(
        &self,
        application: &Application,
        email: String,
    ) -> Result<User, DelegationError> {
        let user = match users::find_by_email(&self.database, &email).await? {
            Some(user) => user,
            None if self.settings.delegation_creates_users => {
                self.provisional_user(application, email).await?
            }
            None => return Err(unknown_user()),
        };
        if user.disabled {
            return Err(DelegationError::UnknownUser(format!(
                "user {} is blocked",
                user.id
            )));
        }
        Ok(user)
    }

    /// A user who is known by e-mail address alone, until an operator or a directory gives them a way to sign in. Of
    /// several requests at once, one makes the user.
    async fn provisional_user(
        &self,
        application: &Application,
        email: String,
    ) -> Result<User, DelegationError> {
        let user = User {
            id: self.clock.new_id(),
            name: default_name(&email),
            email,
            password_hash: None,
            is_admin: false,
            is_developer: false,
            is_reviewer: false,
            is_auditor: false,
            language: None,
            disabled: false,
            created_at: self.clock.now(),
        };
        if !provisional::insert(&self.database, &user).await? {
            let first = users::find_by_email(&self.database, &user.email).await?;
            return first.ok_or_else(unknown_user);
        }
        let subject = Subject {
            user_id: Some(user.id),
            client_id: Some(&application.client_id),
            address: None,
        };
        self.audit(AuditKind::ProvisionalUser, subject, user.email.as_str())
            .await;
        Ok(user)
    }
}

fn unknown_user() -> DelegationError {
    DelegationError::UnknownUser("no user has this address".to_owned())
}

/// Step 4: exactly one of the application's domains; what only ends like one is another domain.
fn check_domain(application: &Application, email: &str) -> Result<(), DelegationError> {
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    if application.policy.allow_any_domain || application.domains.iter().any(|own| own == domain) {
        return Ok(());
    }
    Err(DelegationError::Domain {
        asked: domain.to_owned(),
        allowed: application.domains.clone(),
    })
}
