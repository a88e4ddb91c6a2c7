//! Who may use the admin API: an access token of this server for this server (RFC 8707) with the permission. A
//! server-wide token is its application's, which an administrator gave the permission; a user's token is worth what the
//! user's roles are, too.

use token_format::catalogue::{Catalogue, Owner};
use token_format::scope::ScopeSet;

use super::registry::Actor;
use super::{FlowError, Services};
use crate::domain::role::Role;
use crate::domain::secret::PlainToken;
use crate::domain::user::User;
use crate::store::sql::users;

/// What a request to the admin API wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminRight {
    /// See applications, their secrets but the values, their API keys.
    ReadApplications,
    /// Register, change and block them.
    WriteApplications,
    /// See users and their sessions.
    ReadUsers,
    /// Add, change and block them.
    WriteUsers,
    /// See live tokens.
    ReadTokens,
    /// Remove them.
    WriteTokens,
    /// See resource servers.
    ReadResources,
    /// Register, change and block them.
    WriteResources,
    /// See what waits for review, and decide.
    Review,
    /// See the audit log and the reasons behind error ids.
    ReadAudit,
    /// See signing keys.
    ReadKeys,
    /// Make the next one.
    WriteKeys,
    /// See receivers of events, and what was sent to each.
    ReadWebhooks,
    /// Add, change and delete them, and send once more; see their whole addresses.
    WriteWebhooks,
    /// See messages to people, but for the links in them.
    ReadOutbox,
    /// Send them again; see the links in them.
    WriteOutbox,
}

impl AdminRight {
    /// The permission for it. The general permission of the same thing, without what follows the last colon, and
    /// `admin` stand for it, too.
    pub const fn scope(self) -> &'static str {
        match self {
            Self::ReadApplications => "admin:applications:read",
            Self::WriteApplications => "admin:applications:write",
            Self::ReadUsers => "admin:users:read",
            Self::WriteUsers => "admin:users:write",
            Self::ReadTokens => "admin:tokens:read",
            Self::WriteTokens => "admin:tokens:write",
            Self::ReadResources => "admin:resources:read",
            Self::WriteResources => "admin:resources:write",
            Self::Review => "admin:review",
            Self::ReadAudit => "admin:audit:read",
            Self::ReadKeys => "admin:keys:read",
            Self::WriteKeys => "admin:keys:write",
            Self::ReadWebhooks => "admin:webhooks:read",
            Self::WriteWebhooks => "admin:webhooks:write",
            Self::ReadOutbox => "admin:outbox:read",
            Self::WriteOutbox => "admin:outbox:write",
        }
    }

    const fn changes(self) -> bool {
        matches!(
            self,
            Self::WriteApplications
                | Self::WriteUsers
                | Self::WriteTokens
                | Self::WriteResources
                | Self::Review
                | Self::WriteKeys
                | Self::WriteWebhooks
                | Self::WriteOutbox
        )
    }

    /// Whether a user's roles allow it: administrators everything, reviewers the review alone, auditors to look.
    pub fn is_allowed(self, user: &User) -> bool {
        Role::of(user).into_iter().any(|role| match role {
            Role::Admin => true,
            Role::Reviewer => self == Self::Review,
            Role::Auditor => !self.changes(),
            Role::Developer => false,
        })
    }
}

/// Why a request to the admin API may not do what it wants.
#[derive(Debug, thiserror::Error)]
pub enum AdminAccessError {
    /// Nobody we know: 401.
    #[error("{0}")]
    Unauthenticated(String),
    /// The token lacks the permission: 403.
    #[error("the token lacks the permission {}", .0.scope())]
    Insufficient(AdminRight),
    /// The token lacks a permission of this server that an application has: 403.
    #[error("the application may have {0}, which the token lacks")]
    Beyond(String),
    /// The user behind the token lacks the role: 403.
    #[error("the roles of {email} do not allow {}", .right.scope())]
    Role {
        /// What was wanted.
        right: AdminRight,
        /// Who wanted it.
        email: String,
    },
    /// What every flow can fail of.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

/// Somebody who was let in.
#[derive(Clone, Debug)]
pub struct AdminCaller {
    /// For the registry and the audit log.
    pub actor: Actor,
    scope: ScopeSet,
    user: Option<User>,
}

impl AdminCaller {
    /// Whether the caller may do another thing, too: what is shown of some things depends on it.
    pub fn may(&self, right: AdminRight) -> bool {
        covers(right.scope(), |scope| self.scope.contains(scope))
            && self.user.as_ref().is_none_or(|user| right.is_allowed(user))
    }

    /// Refuses an application that may have permissions of this server which the caller lacks: whoever decides what it
    /// may do, or holds its secret, has them.
    pub fn check_within(&self, scope: &ScopeSet, catalogue: &Catalogue) -> Result<(), AdminAccessError> {
        let is_ours = |value: &&str| {
            catalogue
                .find(value)
                .is_some_and(|known| known.of == Owner::Server)
        };
        let beyond = scope
            .iter()
            .filter(is_ours)
            .find(|value| !covers(value, |scope| self.scope.contains(scope)))
            // Who may do everything here may make whom they like.
            .filter(|_| !self.scope.contains("admin"));
        beyond.map_or(Ok(()), |value| Err(AdminAccessError::Beyond(value.to_owned())))
    }
}

impl Services {
    /// Proves that the bearer of a token may do something. The token store is asked each time, so that a revoked token
    /// is worth nothing at once.
    pub async fn admin_caller(
        &self,
        token: &PlainToken,
        right: AdminRight,
        address: &str,
    ) -> Result<AdminCaller, AdminAccessError> {
        let refused = |reason: &str| AdminAccessError::Unauthenticated(format!("the token {reason}"));
        let key = self
            .access_key(token.reveal())
            .ok_or_else(|| refused("is none of this server's"))?;
        let record = self
            .tokens
            .find_access(&key, self.clock.now_millis())
            .await
            .map_err(FlowError::from)?
            .ok_or_else(|| refused("is unknown, expired or revoked"))?;
        let grant = record.grant;
        if grant.resource != *self.issuer {
            return Err(refused(&format!("is for {}", grant.resource)));
        }
        let application = self
            .clients
            .application(&grant.client_id)
            .await
            .map_err(FlowError::from)?;
        if !application.is_some_and(|application| application.is_usable()) {
            return Err(refused("is of an application that is blocked"));
        }
        if !covers(right.scope(), |scope| grant.scope.contains(scope)) {
            return Err(AdminAccessError::Insufficient(right));
        }
        let Some(user_id) = grant.user_id else {
            return Ok(AdminCaller {
                actor: Actor::application(&grant.client_id, Some(address)),
                scope: grant.scope,
                user: None,
            });
        };
        let user = users::find(&self.database, user_id)
            .await
            .map_err(FlowError::from)?
            .filter(|user| !user.disabled)
            .ok_or_else(|| refused("is of a user who is blocked"))?;
        if !right.is_allowed(&user) {
            return Err(AdminAccessError::Role {
                right,
                email: user.email,
            });
        }
        Ok(AdminCaller {
            actor: Actor::user(&user, Some(address)),
            scope: grant.scope,
            user: Some(user),
        })
    }
}

/// Whether a permission, or one that stands for it, is there: `admin:users:read`, `admin:users`, `admin`.
fn covers(required: &str, has: impl Fn(&str) -> bool) -> bool {
    let mut name = required;
    loop {
        if has(name) {
            return true;
        }
        match name.rsplit_once(':') {
            Some((general, _)) => name = general,
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    /// S3.49: a general permission stands for what is below it, and for nothing beside it.
    #[test]
    fn general_permissions() {
        let has = |scope: &'static str| move |name: &str| name == scope;
        for (scope, required, covered) in [
            ("admin", "admin:users:write", true),
            ("admin", "admin:review", true),
            ("admin:users", "admin:users:write", true),
            ("admin:users:write", "admin:users:write", true),
            ("admin:users:read", "admin:users:write", false),
            ("admin:users", "admin:tokens:read", false),
            ("admin:user", "admin:users:read", false),
            ("users", "admin:users:read", false),
            ("", "admin:users:read", false),
        ] {
            assert_eq!(covers(required, has(scope)), covered, "{scope} {required}");
        }
    }
}
