//! What administrators, reviewers, developers, the admin API, `apply` and the command line do to the records: one set
//! of operations for all of them. Each checks what it is given and names every field that is wrong, writes in one
//! statement or transaction, tells running servers, ends what must end, and writes a line of the audit log that says who
//! did it. Whether the caller has the role for it is checked before: here only ownership is.

mod access;
mod api_keys;
mod applications;
mod changing;
mod checks;
mod declared;
pub mod export;
mod history;
mod own;
pub mod permissions;
mod problem;
mod registering;
mod resources;
mod reviews;
mod secrets;
mod signing_keys;
mod users;

use std::fmt;

use token_format::catalogue::Catalogue;
use uuid::Uuid;

use super::Services;
use super::accounts::Accounts;
use super::audit::Subject;
use super::notices::Notices;
use crate::domain::audit::{AuditEntry, AuditKind};
use crate::domain::clock::Clock;
use crate::domain::event::Event;
use crate::domain::user::User;
use crate::store::StoreError;
use crate::store::database::Database;
use crate::store::sql;
use crate::store::tokens::TokenStore;

pub use api_keys::NewKey;
pub use checks::{MAX_REDIRECT_URIS, check_client_id, policy_problems};
pub use declared::{
    Declaration, DeclaredApplication, DeclaredKey, DeclaredResource, DeclaredUser, Difference, Outcome,
};
pub use own::{Draft, USE_CASES};
pub use problem::{Conflict, FieldProblem, Problem, RegistryError, Thing};
pub use registering::{Created, Kind, NewApplication};
pub use resources::{IntrospectionChange, NewResource, ResourceChange, described};
pub use reviews::{Decided, Decision, Overview, Queued, REVIEW_SECONDS};
pub use secrets::{MAX_OVERLAP_SECONDS, MAX_SECRETS, NewSecret};
pub use signing_keys::{KeyStatus, NewSigningKey};
pub use users::{LANGUAGES, MadeUser, NewUser, UserChange};

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    who: Who,
    address: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Who {
    CommandLine,
    User { id: Uuid, email: String },
    Application { client_id: String },
}

impl Actor {
    /// An operator at the machine itself.
    pub const fn command_line() -> Self {
        Self {
            who: Who::CommandLine,
            address: None,
        }
    }

    /// A user, and where the request came from.
    pub fn user(user: &User, address: Option<&str>) -> Self {
        Self {
            who: Who::User {
                id: user.id,
                email: user.email.clone(),
            },
            address: address.map(str::to_owned),
        }
    }

    /// An application with a token of its own, and where the request came from.
    pub fn application(client_id: &str, address: Option<&str>) -> Self {
        Self {
            who: Who::Application {
                client_id: client_id.to_owned(),
            },
            address: address.map(str::to_owned),
        }
    }

    /// The user's id; none for applications and the command line.
    pub fn user_id(&self) -> Option<Uuid> {
        match self.who {
            Who::User { id, .. } => Some(id),
            Who::CommandLine | Who::Application { .. } => None,
        }
    }

    /// Who acts, for the audit lines of what is not the registry's.
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            user_id: self.user_id(),
            client_id: match &self.who {
                Who::Application { client_id } => Some(client_id),
                Who::CommandLine | Who::User { .. } => None,
            },
            address: self.address.as_deref(),
        }
    }

    /// Whether it is an operator at the machine itself, who may do what leaves the server without administrators.
    fn is_command_line(&self) -> bool {
        self.who == Who::CommandLine
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.who {
            Who::CommandLine => f.write_str("command line"),
            Who::User { id, email } => write!(f, "{email} ({id})"),
            Who::Application { client_id } => write!(f, "application {client_id}"),
        }
    }
}

/// The operations, for one actor.
#[derive(Clone, Debug)]
pub struct Registry<'a> {
    /// Records.
    pub database: &'a Database,
    /// Tokens and sessions.
    pub tokens: &'a dyn TokenStore,
    /// The time.
    pub clock: &'a Clock,
    /// Every permission there is.
    pub catalogue: &'a Catalogue,
    /// Whether users and groups live in the database, and can be changed (S3.58).
    pub directory_is_writable: bool,
    /// Where links of messages lead.
    pub issuer: &'a str,
    /// Who does it.
    pub actor: Actor,
}

impl Registry<'_> {
    /// The accounts, with what their changes bring with them.
    fn accounts(&self) -> Accounts<'_> {
        Accounts {
            database: self.database,
            tokens: self.tokens,
            clock: self.clock,
        }
    }

    /// What is told to people and other systems.
    fn notices(&self) -> Notices<'_> {
        Notices {
            database: self.database,
            clock: self.clock,
            issuer: self.issuer,
        }
    }

    /// Tells running servers.
    async fn announce(&self, event: &Event) -> Result<(), RegistryError> {
        self.tokens
            .publish(event, self.clock.now_millis())
            .await
            .map_err(RegistryError::Untold)
    }

    async fn announce_application(&self, client_id: &str) -> Result<(), RegistryError> {
        let client_id = client_id.to_owned();
        self.announce(&Event::ApplicationChanged { client_id }).await
    }

    /// Writes down what was done, and by whom.
    async fn audit(
        &self,
        kind: AuditKind,
        user_id: Option<Uuid>,
        client_id: Option<&str>,
        detail: impl fmt::Display,
    ) -> Result<(), StoreError> {
        let entry = AuditEntry {
            id: self.clock.new_id(),
            at: self.clock.now(),
            kind,
            user_id,
            client_id: client_id.map(str::to_owned),
            address: self.actor.address.clone(),
            detail: format!("{}: {detail}", self.actor),
        };
        sql::audit::insert(self.database, &entry).await
    }
}

impl Services {
    /// The operations of a running server.
    pub fn registry(&self, actor: Actor) -> Registry<'_> {
        Registry {
            database: &self.database,
            tokens: self.tokens.as_ref(),
            clock: &self.clock,
            catalogue: &self.catalogue,
            directory_is_writable: self.directory.is_writable(),
            issuer: &self.issuer,
            actor,
        }
    }
}
