//! Writing the audit log. A line that cannot be written never fails the request that caused it, but is said
//! in the server's own log.

use uuid::Uuid;

use super::Services;
use crate::domain::audit::{AuditEntry, AuditKind};
use crate::store::sql;

/// What concerns whom.
#[derive(Clone, Debug, Default)]
pub struct Subject<'a> {
    /// The user.
    pub user_id: Option<Uuid>,
    /// The application.
    pub client_id: Option<&'a str>,
    /// Where the request came from.
    pub address: Option<&'a str>,
}

impl Services {
    /// Writes one line.
    pub async fn audit(&self, kind: AuditKind, subject: Subject<'_>, detail: impl Into<String>) {
        let entry = AuditEntry {
            id: self.clock.new_id(),
            at: self.clock.now(),
            kind,
            user_id: subject.user_id,
            client_id: subject.client_id.map(str::to_owned),
            address: subject.address.map(str::to_owned),
            detail: detail.into(),
        };
        if let Err(error) = sql::audit::insert(&self.database, &entry).await {
            tracing::error!(%error, kind = kind.as_str(), "audit line not written");
        }
    }
}
