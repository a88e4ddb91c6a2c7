//! Introspection (RFC 7662): a resource server may look at tokens made out to it, an application at its own; and
//! the answer as a signed JWT (RFC 9701).

use std::sync::Arc;

use serde::Serialize;
use token_format::verify::verify_issued_token;
use uuid::Uuid;

use super::authenticate::Caller;
use super::{FlowError, Services};
use crate::domain::api_key::ApiKey;
use crate::domain::secret::PlainToken;
use crate::domain::token::{AccessKey, AccessRecord, RefreshView};
use crate::mint;
use crate::protocol::error::{ErrorCode, ProtocolError};

/// What a caller is told about a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Introspection {
    /// Nothing: unknown, expired, revoked, or none of the caller's business.
    Inactive,
    /// A live access token.
    Access(Box<AccessRecord>),
    /// The caller's own live refresh token.
    Refresh(Box<RefreshView>),
    /// A live API key, which is no token.
    ApiKey {
        /// The key.
        key: Arc<ApiKey>,
        /// The resource server that asks.
        resource: String,
    },
    /// An API key that is blocked.
    DisabledApiKey,
}

impl Services {
    /// Looks at a token for a caller.
    pub async fn introspect(&self, caller: &Caller, token: &str) -> Result<Introspection, FlowError> {
        let now_ms = self.clock.now_millis();
        let key = self.access_key(token);
        if let Some(record) = match key {
            Some(key) => self.tokens.find_access(&key, now_ms).await?,
            None => None,
        } {
            let visible = match caller {
                Caller::ResourceServer(resource) => record.grant.resource == resource.url,
                Caller::Application(application) => record.grant.client_id == application.client_id,
            };
            let usable = self
                .clients
                .application(&record.grant.client_id)
                .await?
                .is_some_and(|application| application.is_usable());
            return Ok(if visible && usable {
                Introspection::Access(Box::new(record))
            } else {
                Introspection::Inactive
            });
        }
        // A refresh token is never shown to a resource server as if it gave access.
        let Caller::Application(application) = caller else {
            return Ok(Introspection::Inactive);
        };
        let view = self
            .tokens
            .view_refresh(&PlainToken::presented(token).hashed(), now_ms)
            .await?;
        Ok(match view {
            Some(view) if view.grant.client_id == application.client_id && !view.used => {
                Introspection::Refresh(Box::new(view))
            }
            _ => Introspection::Inactive,
        })
    }

    /// Refuses a plain answer to a resource server that is to have signed ones alone: whoever could strip the
    /// wish for one off its requests would strip the signature (RFC 9701 8.1).
    pub fn check_plain_introspection(caller: &Caller) -> Result<(), ProtocolError> {
        match caller {
            Caller::ResourceServer(resource) if resource.requires_signed_introspection => {
                Err(ProtocolError::new(
                    ErrorCode::InvalidRequest,
                    "this resource server gets signed answers alone: \
                     send Accept: application/token-introspection+jwt",
                ))
            }
            _ => Ok(()),
        }
    }

    /// The answer to a caller as a JWT (RFC 9701 5), encrypted if it is a resource server with a key.
    pub fn sign_introspection(&self, caller: &Caller, answer: &impl Serialize) -> Result<String, FlowError> {
        let (audience, reader) = match caller {
            Caller::ResourceServer(resource) => (&resource.client_id, resource.encryption_key.as_deref()),
            Caller::Application(application) => (&application.client_id, None),
        };
        let keys = self.keys.current();
        Ok(mint::introspection_answer(
            answer,
            &self.issuer,
            audience,
            self.clock.now(),
            &keys,
            reader,
        )?)
    }

    /// How the store would know a token: a JWT that this server signed by its id, anything else by its hash.
    pub(super) fn access_key(&self, token: &str) -> Option<AccessKey> {
        if token.split('.').count() != 3 {
            return Some(AccessKey::Opaque(PlainToken::presented(token).hashed()));
        }
        let keys = self.keys.current();
        let claims = verify_issued_token(
            token,
            keys.as_ref(),
            &self.issuer,
            &keys.algorithms(),
            self.clock.now(),
        )
        .ok()?;
        claims.jti.parse::<Uuid>().ok().map(AccessKey::Jti)
    }
}
