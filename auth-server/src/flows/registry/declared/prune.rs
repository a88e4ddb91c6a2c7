//! What is declared no longer.

use uuid::Uuid;

use super::kinds;
use crate::domain::registration::Registration;
use crate::flows::registry::Registry;
use crate::flows::registry::problem::RegistryError;
use crate::store::sql::{api_keys, applied, people};

impl Registry<'_> {
    /// Blocks what `apply` made and what is declared no longer. Nothing is ever deleted. Returns kind, name and id of
    /// each.
    pub async fn prune(
        &self,
        declared: &[(&'static str, String)],
        dry_run: bool,
    ) -> Result<Vec<(&'static str, String, String)>, RegistryError> {
        let mut blocked = Vec::new();
        for kind in [kinds::API_KEY, kinds::APPLICATION, kinds::USER, kinds::RESOURCE] {
            for (name, id) in applied::all(self.database, kind).await? {
                if declared
                    .iter()
                    .any(|(known, declared)| *known == kind && *declared == name)
                {
                    continue;
                }
                if self.block(kind, &id, dry_run).await? {
                    blocked.push((kind, name, id));
                }
            }
        }
        Ok(blocked)
    }

    /// False when it is gone or blocked already.
    async fn block(&self, kind: &str, id: &str, dry_run: bool) -> Result<bool, RegistryError> {
        let uuid = id.parse::<Uuid>().unwrap_or_default();
        let works = match kind {
            kinds::APPLICATION => works(self.application(id).await)?,
            kinds::USER => people::find(self.database, uuid)
                .await?
                .is_some_and(|person| !person.user.disabled),
            kinds::RESOURCE => match self.resource(id).await {
                Ok(resource) => !resource.disabled,
                Err(RegistryError::NotFound(_)) => false,
                Err(error) => return Err(error),
            },
            _ => api_keys::find(self.database, uuid)
                .await?
                .is_some_and(|key| !key.disabled),
        };
        if works && !dry_run {
            match kind {
                kinds::APPLICATION => self.set_application_disabled(id, true).await.map(|_| ())?,
                kinds::USER => self.set_user_disabled(uuid, true).await.map(|_| ())?,
                kinds::RESOURCE => self.set_resource_disabled(id, true).await.map(|_| ())?,
                _ => self.set_api_key_disabled(uuid, true).await.map(|_| ())?,
            }
        }
        Ok(works)
    }
}

fn works(found: Result<Registration, RegistryError>) -> Result<bool, RegistryError> {
    match found {
        Ok(found) => Ok(!found.application.disabled),
        Err(RegistryError::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
