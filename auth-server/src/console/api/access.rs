//! Who asks: a value of [`Allowed`] exists only after the check.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use token_format::scope::ScopeSet;
use uuid::Uuid;

use super::answer::ApiError;
use crate::domain::audit::ErrorReport;
use crate::domain::registration::Registration;
use crate::domain::secret::PlainToken;
use crate::engine::authorization_header;
use crate::flows::admin_access::{AdminAccessError, AdminCaller, AdminRight};
use crate::flows::audit::Subject;
use crate::flows::registry::{Registry, RegistryError};
use crate::flows::{FlowError, Services};
use crate::http::rate_limit;
use crate::http::visitor::ClientAddress;
use crate::state::AppState;

/// A right, as a type: the signature of a handler says what it demands.
pub(super) trait Right {
    /// The right.
    const RIGHT: AdminRight;
}

macro_rules! rights {
    ($($name:ident),+ $(,)?) => {$(
        /// The right of this name.
        pub struct $name;

        impl Right for $name {
            const RIGHT: AdminRight = AdminRight::$name;
        }
    )+};
}

rights!(
    ReadApplications,
    WriteApplications,
    ReadUsers,
    WriteUsers,
    ReadTokens,
    WriteTokens,
    ReadResources,
    WriteResources,
    Review,
    ReadAudit,
    ReadKeys,
    WriteKeys,
    ReadWebhooks,
    WriteWebhooks,
    ReadOutbox,
    WriteOutbox,
);

/// May do what the right says.
pub struct Allowed<R> {
    state: AppState,
    caller: AdminCaller,
    right: PhantomData<R>,
}

impl<R> Allowed<R> {
    /// The operations, in the caller's name.
    pub(super) fn registry(&self) -> Registry<'_> {
        self.state.services.registry(self.caller.actor.clone())
    }

    /// What is not the registry's.
    pub(super) fn services(&self) -> &Services {
        &self.state.services
    }

    /// The caller, for the audit lines of what is not the registry's.
    pub(super) fn subject(&self) -> Subject<'_> {
        self.caller.actor.subject()
    }

    /// Whether the caller may do another thing, too.
    pub(super) fn may(&self, right: AdminRight) -> bool {
        self.caller.may(right)
    }

    /// The exact reason behind an error id.
    pub(super) async fn error_report(&self, id: Uuid) -> Result<ErrorReport, RegistryError> {
        self.state.error_report(&self.registry(), id).await
    }
}

impl Allowed<WriteApplications> {
    /// Refuses an application that may have permissions of this server which the caller lacks.
    pub(super) fn check_within(&self, scope: &ScopeSet) -> Result<(), ApiError> {
        Ok(self.caller.check_within(scope, &self.state.services.catalogue)?)
    }

    /// The same of an application that is there, and the application.
    pub(super) async fn application_within(&self, client_id: &str) -> Result<Registration, ApiError> {
        let found = self.registry().application(client_id).await?;
        self.check_within(&found.application.scope)?;
        Ok(found)
    }
}

impl<R: Right> FromRequestParts<AppState> for Allowed<R> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Ok(address) = ClientAddress::from_request_parts(parts, state).await;
        rate_limit::check_address(state, address)?;
        let caller = async {
            let token = bearer(parts).await?;
            let address = address.to_string();
            state.services.admin_caller(&token, R::RIGHT, &address).await
        };
        let caller = caller.await.inspect_err(|error| {
            if matches!(error, AdminAccessError::Unauthenticated(_)) {
                rate_limit::count_failure(state, address);
            }
        })?;
        Ok(Self {
            state: state.clone(),
            caller,
            right: PhantomData,
        })
    }
}

/// The token, from the Authorization header alone (RFC 6750 2.1).
async fn bearer(parts: &mut Parts) -> Result<PlainToken, AdminAccessError> {
    let refused = |reason: &str| AdminAccessError::Unauthenticated(reason.to_owned());
    let header = authorization_header(parts)
        .await
        .map_err(|error| AdminAccessError::Flow(FlowError::from(error)))?
        .ok_or_else(|| refused("the request has no token"))?;
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(PlainToken::presented(token.trim()))
        }
        _ => Err(refused("the request has credentials, but no bearer token")),
    }
}
