//! Client authentication (RFC 6749 2.3): which application, or which resource server, makes a request.

use std::sync::Arc;

use super::{FlowError, Services};
use crate::domain::application::{Application, AuthMethod, ResourceServer, matching_secret, secret_matches};
use crate::domain::policy::Profile;
use crate::domain::secret::PlainToken;
use crate::protocol::error::{ErrorCode, ProtocolError};

/// Credentials as a request presents them; at most one method (checked where they are read).
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The id.
    pub client_id: String,
    /// The secret, unless the method is none.
    pub secret: Option<PlainToken>,
    /// How they came.
    pub method: AuthMethod,
}

/// Who a request's credentials belong to.
#[derive(Clone, Debug)]
pub enum Caller {
    /// A registered application.
    Application(Arc<Application>),
    /// A registered resource server.
    ResourceServer(ResourceServer),
}

impl Services {
    /// Proves that a request comes from a registered, usable application. An unknown id and a wrong secret look
    /// the same from outside.
    pub async fn authenticate_application(
        &self,
        credentials: &Credentials,
    ) -> Result<Arc<Application>, FlowError> {
        let application = self.prove(credentials, None).await?;
        check_usable(&application)?;
        Ok(application)
    }

    /// The same at the endpoint of a dialect, where the applications of other profiles are unknown.
    pub async fn authenticate_at_dialect(
        &self,
        credentials: &Credentials,
        profile: Profile,
    ) -> Result<Arc<Application>, FlowError> {
        let application = self.prove(credentials, Some(profile)).await?;
        check_usable(&application)?;
        Ok(application)
    }

    /// The same for an endpoint that resource servers call too.
    pub async fn authenticate_caller(&self, credentials: &Credentials) -> Result<Caller, FlowError> {
        let Some(resource) = self.clients.resource_by_id(&credentials.client_id) else {
            return self
                .authenticate_application(credentials)
                .await
                .map(Caller::Application);
        };
        let proven = credentials
            .secret
            .as_ref()
            .is_some_and(|secret| secret_matches(&resource.secrets, secret, self.clock.now()));
        if !proven || resource.disabled {
            let state = if resource.disabled {
                "is disabled"
            } else {
                "sent a wrong secret"
            };
            return Err(refused(format!("resource server {:?} {state}", resource.client_id)).into());
        }
        Ok(Caller::ResourceServer(resource))
    }

    /// Proves which application makes a request, usable or not; with a profile, one of that profile alone.
    pub(super) async fn prove(
        &self,
        credentials: &Credentials,
        profile: Option<Profile>,
    ) -> Result<Arc<Application>, FlowError> {
        let Some(application) = self.clients.application(&credentials.client_id).await? else {
            return Err(refused(format!("no application {:?}", credentials.client_id)).into());
        };
        if let Some(profile) = profile.filter(|profile| *profile != application.profile) {
            return Err(refused(format!(
                "{} has profile {}, and this endpoint serves {profile}",
                application.client_id, application.profile
            ))
            .into());
        }
        self.check_secret(&application, credentials)?;
        Ok(application)
    }

    fn check_secret(
        &self,
        application: &Application,
        credentials: &Credentials,
    ) -> Result<(), ProtocolError> {
        let client_id = &application.client_id;
        if !application.auth_methods.contains(&credentials.method) {
            return Err(refused(format!(
                "{client_id} may not authenticate by {}",
                credentials.method
            )));
        }
        let now = self.clock.now();
        let used = match &credentials.secret {
            None if application.is_public() => return Ok(()),
            Some(secret) => matching_secret(&application.secrets, secret, now),
            None => None,
        };
        let used = used.ok_or_else(|| refused(format!("{client_id} sent a wrong secret")))?;
        self.secret_uses.note(used, now);
        Ok(())
    }
}

/// Refuses an application that is blocked, or not approved (yet).
pub(super) fn check_usable(application: &Application) -> Result<(), ProtocolError> {
    if application.is_usable() {
        return Ok(());
    }
    let state = if application.disabled {
        "disabled"
    } else {
        application.review.as_str()
    };
    Err(refused(format!("{} is {state}", application.client_id)))
}

fn refused(reason: String) -> ProtocolError {
    ProtocolError::new(ErrorCode::InvalidClient, "client authentication failed").because(reason)
}
