//! What every change of an account brings with it, whoever makes it: the command line, a provisioning system, a
//! resource server.

use uuid::Uuid;

use super::Services;
use super::webhooks::Announcer;
use crate::domain::clock::Clock;
use crate::domain::event::Event;
use crate::domain::token::RevocationTarget;
use crate::domain::webhook::{EventType, Happening};
use crate::store::StoreError;
use crate::store::database::Database;
use crate::store::sql::people::{self, Update};
use crate::store::sql::second_factors;
use crate::store::tokens::TokenStore;

/// The stores that hold something of an account.
#[derive(Clone, Copy, Debug)]
pub struct Accounts<'a> {
    /// Records.
    pub database: &'a Database,
    /// Tokens and sessions.
    pub tokens: &'a dyn TokenStore,
    /// The time.
    pub clock: &'a Clock,
}

impl Accounts<'_> {
    /// Blocks or unblocks a user; false when there is none. Blocking ends every token and session.
    pub async fn set_disabled(&self, user_id: Uuid, disabled: bool) -> Result<bool, StoreError> {
        let update = Update {
            disabled: Some(disabled),
            ..Update::default()
        };
        let known = people::update(self.database, user_id, &update, self.clock.now())
            .await?
            .is_some();
        if known && disabled {
            self.end_access(user_id).await?;
            let announcer = Announcer {
                database: self.database,
                clock: self.clock,
            };
            let happening = Happening::new(EventType::UserDisabled).user(user_id);
            announcer.emit(&happening).await?;
        }
        Ok(known)
    }

    /// Gives a user another password, as its hash; every token and session ends. False when there is no such user.
    pub async fn set_password(&self, user_id: Uuid, hash: &str) -> Result<bool, StoreError> {
        let update = Update {
            password_hash: Some(Some(hash)),
            ..Update::default()
        };
        let known = people::update(self.database, user_id, &update, self.clock.now())
            .await?
            .is_some();
        if known {
            self.end_access(user_id).await?;
        }
        Ok(known)
    }

    /// Removes every second factor of a user who has lost them, recovery codes and all, and ends the sessions; how many
    /// apps and passkeys there were. Whoever calls writes it down.
    pub async fn reset_second_factors(&self, user_id: Uuid) -> Result<u64, StoreError> {
        let removed = second_factors::delete_all(self.database, user_id).await?;
        self.tokens.end_user_sessions(user_id, None).await?;
        Ok(removed)
    }

    /// Revokes every token issued for a user so far, and ends every session.
    pub async fn end_access(&self, user_id: Uuid) -> Result<(), StoreError> {
        let target = RevocationTarget::User(user_id);
        self.tokens.revoke(&target, self.clock.now_millis()).await?;
        self.tokens.end_user_sessions(user_id, None).await
    }

    /// Deletes a user who is blocked and has no access any more. Applications stay, without an owner; the audit
    /// log stays. False when there is no such user.
    pub async fn delete(&self, user_id: Uuid) -> Result<bool, StoreError> {
        let Some(orphans) = people::delete(self.database, user_id, self.clock.now()).await? else {
            return Ok(false);
        };
        for client_id in orphans {
            self.announce(&Event::ApplicationChanged { client_id }).await?;
        }
        Ok(true)
    }

    /// Tells running servers.
    pub async fn announce(&self, event: &Event) -> Result<(), StoreError> {
        self.tokens.publish(event, self.clock.now_millis()).await
    }
}

impl Services {
    /// The accounts of a running server.
    pub fn accounts(&self) -> Accounts<'_> {
        Accounts {
            database: &self.database,
            tokens: self.tokens.as_ref(),
            clock: &self.clock,
        }
    }
}
