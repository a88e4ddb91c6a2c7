//! The audit log and the reasons behind error ids.

use uuid::Uuid;

use super::Registry;
use super::problem::{RegistryError, Thing};
use crate::domain::audit::ErrorReport;
use crate::domain::listing::Listed;
use crate::store::sql::audit::{self, AuditRow};
use crate::store::sql::audit_log::{self, AuditQuery};

impl Registry<'_> {
    /// Lines of the audit log, the newest first.
    pub async fn audit_log(&self, query: &AuditQuery) -> Result<Listed<AuditRow>, RegistryError> {
        Ok(audit_log::list(self.database, query).await?)
    }

    /// The exact reason behind an error id.
    pub async fn error_report(&self, id: Uuid) -> Result<ErrorReport, RegistryError> {
        audit::find_report(self.database, id)
            .await?
            .ok_or(RegistryError::NotFound(Thing::Report))
    }

    /// Refused requests that named an application, newest first.
    pub async fn error_reports_of(
        &self,
        client_id: &str,
        limit: i64,
    ) -> Result<Vec<ErrorReport>, RegistryError> {
        Ok(audit::reports_of(self.database, client_id, limit).await?)
    }

    /// One line of the audit log.
    pub async fn audit_line(&self, id: Uuid) -> Result<AuditRow, RegistryError> {
        audit::find(self.database, id)
            .await?
            .ok_or(RegistryError::NotFound(Thing::Report))
    }
}
