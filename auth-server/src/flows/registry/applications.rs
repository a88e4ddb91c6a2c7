//! Applications: found, listed, changed, blocked.

use super::Registry;
use super::changing::Step;
use super::checks::{self, Rules};
use super::problem::{RegistryError, Thing, refuse};
use crate::domain::audit::AuditKind;
use crate::domain::listing::Listed;
use crate::domain::registration::{ApplicationChange, Registration};
use crate::domain::token::RevocationTarget;
use crate::domain::webhook::EventType;
use crate::store::StoreError;
use crate::store::sql::registrations::{self, ApplicationQuery};

impl Registry<'_> {
    pub(super) fn rules(&self, developer: bool) -> Rules<'_> {
        Rules {
            catalogue: self.catalogue,
            directory_is_writable: self.directory_is_writable,
            developer,
        }
    }

    /// Finds an application, with its secrets but their values.
    pub async fn application(&self, client_id: &str) -> Result<Registration, RegistryError> {
        registrations::find(self.database, client_id)
            .await?
            .ok_or(RegistryError::NotFound(Thing::Application))
    }

    /// Lists applications, the one registered last first.
    pub async fn applications(
        &self,
        query: &ApplicationQuery,
    ) -> Result<Listed<Registration>, RegistryError> {
        Ok(registrations::list(self.database, query).await?)
    }

    /// Changes an application, which runs with the change at once; with a version, only while it has that.
    pub async fn edit_application(
        &self,
        client_id: &str,
        change: &ApplicationChange,
        version: Option<i64>,
    ) -> Result<Registration, RegistryError> {
        let mut change = change.clone();
        change.domains = change.domains.as_deref().map(checks::normalized_domains);
        let owner_problem = self.owner_problem(change.owner_id.flatten()).await?;
        let edited = self
            .change(client_id, version, |before| {
                let change = change.beyond(&before.application);
                let mut after = before.application.clone();
                change.apply(&mut after);
                let mut problems = self.rules(false).check(&after, Some(&before.application));
                if after.owner_id != before.application.owner_id {
                    problems.extend(owner_problem.clone());
                }
                refuse(problems)?;
                Ok(Step::of(after, change.fields().join(", ")))
            })
            .await?;
        if !edited.detail.is_empty() {
            self.announce_application(client_id).await?;
            let detail = format!("application changed: {}", edited.detail);
            self.audit(AuditKind::AdminCommand, None, Some(client_id), detail)
                .await?;
            let changed = EventType::ApplicationChanged;
            self.notices().application(changed, client_id).await?;
        }
        Ok(edited.registration)
    }

    /// Blocks an application, which ends its tokens (S3.5), or lets it work again. A repeated block ends them again and
    /// tells running servers again, in case the first one got no further.
    pub async fn set_application_disabled(
        &self,
        client_id: &str,
        disabled: bool,
    ) -> Result<Registration, RegistryError> {
        let edited = self
            .change(client_id, None, |before| {
                let mut after = before.application.clone();
                after.disabled = disabled;
                Ok(Step::of(after, String::new()))
            })
            .await?;
        if disabled {
            self.revoke_all_of(client_id).await?;
        }
        self.announce_application(client_id).await?;
        if edited.before.application.disabled == disabled {
            return Ok(edited.registration);
        }
        let state = if disabled { "disabled" } else { "enabled" };
        let detail = format!("application {state}");
        self.audit(AuditKind::AdminCommand, None, Some(client_id), detail)
            .await?;
        let event = if disabled {
            EventType::ApplicationDisabled
        } else {
            EventType::ApplicationChanged
        };
        self.notices().application(event, client_id).await?;
        Ok(edited.registration)
    }

    /// Every token of an application ends.
    pub(super) async fn revoke_all_of(&self, client_id: &str) -> Result<(), StoreError> {
        let target = RevocationTarget::Client(client_id.to_owned());
        self.tokens.revoke(&target, self.clock.now_millis()).await
    }
}
