//! Who may read and change users and groups:
//!
//! - a registered first-party resource server, with its id and secret;
//! - an application with a server-wide token of this server for this server (RFC 8707) and the permission.

use crate::domain::secret::PlainToken;
use crate::flows::authenticate::{self, Caller as Client};
use crate::flows::{FlowError, Services};
use crate::protocol::error::ErrorCode;
use crate::protocol::scim::error::{ScimError, ScimErrorKind};

use super::DirectoryError;

/// What a request wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Read.
    Read,
    /// Make, change or delete.
    Write,
}

impl Right {
    /// The permission that a token must have for it.
    pub const fn scope(self) -> &'static str {
        match self {
            Self::Read => "scim:read",
            Self::Write => "scim:write",
        }
    }
}

/// What a request presents.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// HTTP Basic.
    Client(authenticate::Credentials),
    /// An access token.
    Token(PlainToken),
}

/// Who makes a request; made only by the check.
#[derive(Clone, Debug)]
pub struct Caller {
    client_id: String,
    kind: &'static str,
}

impl Caller {
    /// The application, or the resource server.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// For the audit log.
    pub(super) fn describe(&self) -> String {
        format!("by {} {}", self.kind, self.client_id)
    }
}

impl Services {
    /// Proves that a request may do what it wants to.
    pub async fn directory_caller(
        &self,
        credentials: &Credentials,
        right: Right,
    ) -> Result<Caller, DirectoryError> {
        let caller = match credentials {
            Credentials::Client(credentials) => self.resource_server(credentials).await?,
            Credentials::Token(token) => self.bearer(token, right).await?,
        };
        if right == Right::Write && !self.directory.is_writable() {
            return Err(forbidden(
                "users and groups live in an LDAP directory, which cannot be changed from here",
            ));
        }
        Ok(caller)
    }

    async fn resource_server(
        &self,
        credentials: &authenticate::Credentials,
    ) -> Result<Caller, DirectoryError> {
        match self.authenticate_caller(credentials).await {
            Ok(Client::ResourceServer(resource)) if resource.first_party => Ok(Caller {
                client_id: resource.client_id,
                kind: "resource server",
            }),
            Ok(Client::ResourceServer(_)) => Err(forbidden("only first-party resource servers may use SCIM")),
            Ok(Client::Application(_)) => Err(forbidden(
                "applications use SCIM with an access token, got by client credentials for this server",
            )),
            Err(FlowError::Protocol(error)) if error.code == ErrorCode::InvalidClient => {
                Err(DirectoryError::Unauthenticated(error.reason))
            }
            Err(other) => Err(other.into()),
        }
    }

    /// The token store is asked each time, so that a revoked token is worth nothing at once.
    async fn bearer(&self, token: &PlainToken, right: Right) -> Result<Caller, DirectoryError> {
        let refused = |reason: &str| DirectoryError::Unauthenticated(format!("the token {reason}"));
        let key = self
            .access_key(token.reveal())
            .ok_or_else(|| refused("is none of this server's"))?;
        let record = self
            .tokens
            .find_access(&key, self.clock.now_millis())
            .await?
            .ok_or_else(|| refused("is unknown, expired or revoked"))?;
        let grant = record.grant;
        if grant.resource != *self.issuer {
            return Err(refused(&format!("is for {}", grant.resource)));
        }
        let application = self.clients.application(&grant.client_id).await?;
        if !application.is_some_and(|application| application.is_usable()) {
            return Err(refused("is of an application that is blocked"));
        }
        if grant.user_id.is_some() {
            return Err(forbidden(
                "users' tokens cannot use SCIM: only server-wide ones can",
            ));
        }
        if !grant.scope.covers(right.scope()) {
            return Err(DirectoryError::Insufficient(right));
        }
        Ok(Caller {
            client_id: grant.client_id,
            kind: "application",
        })
    }
}

fn forbidden(detail: &'static str) -> DirectoryError {
    ScimError::new(ScimErrorKind::Forbidden, detail).into()
}
