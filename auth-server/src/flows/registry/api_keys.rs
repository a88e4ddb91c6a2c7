//! API keys of applications of the profile keyed.

use uuid::Uuid;

use super::Registry;
use super::problem::{Problem, RegistryError, Thing};
use super::registering::{Kind, NewApplication};
use crate::domain::api_key::ApiKey;
use crate::domain::application::check_name;
use crate::domain::audit::AuditKind;
use crate::domain::event::Event;
use crate::domain::listing::{Listed, Place};
use crate::domain::policy::{MAX_ACCESS_SECONDS, Profile};
use crate::domain::secret::PlainToken;
use crate::mint::API_KEY_MARK;
use crate::store::sql::{api_keys, applications};

/// An API key that was made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What is kept of it.
    pub key: ApiKey,
    /// The key, which is not shown again.
    pub plain: PlainToken,
}

impl Registry<'_> {
    /// Makes an API key of an application of profile keyed; without one, of a new application that has no secret.
    pub async fn add_api_key(&self, name: &str, client_id: Option<&str>) -> Result<NewKey, RegistryError> {
        if check_name(name).is_err() {
            return Err(Problem::Name.of("name").into());
        }
        if let Some(client_id) = client_id {
            self.check_keyed(client_id).await?;
        }
        let client_id = match client_id {
            Some(client_id) => client_id.to_owned(),
            None => self.application_for_a_key(name).await?,
        };
        let plain = PlainToken::generate(API_KEY_MARK);
        let key = ApiKey {
            id: self.clock.new_id(),
            client_id,
            name: name.to_owned(),
            hash: plain.hashed(),
            disabled: false,
            created_at: self.clock.now(),
        };
        api_keys::insert(self.database, &key).await?;
        let detail = format!("API key {} {:?} added", key.id, key.name);
        self.audit(AuditKind::SecretChanged, None, Some(&key.client_id), detail)
            .await?;
        Ok(NewKey { key, plain })
    }

    /// Refuses an application that can have no API keys.
    pub async fn check_keyed(&self, client_id: &str) -> Result<(), RegistryError> {
        match applications::find(self.database, client_id).await? {
            None => Err(Problem::UnknownApplication.of("client_id").into()),
            Some(application) if application.profile != Profile::Keyed => {
                let reason = "API keys are for applications of profile keyed";
                Err(Problem::Kind { reason }.of("client_id").into())
            }
            Some(_) => Ok(()),
        }
    }

    /// An application for one key: it has no secret and may authenticate in no other way.
    async fn application_for_a_key(&self, name: &str) -> Result<String, RegistryError> {
        let profile = Profile::Keyed;
        let new = NewApplication {
            kind: Kind::KeyOnly,
            scope: profile.policy().mandatory_scope,
            ..NewApplication::of(profile, name)
        };
        let created = self.insert(new, false).await?;
        let client_id = created.registration.application.client_id;
        let detail = format!("application {name:?} added for an API key, profile {profile}");
        self.audit(AuditKind::AdminCommand, None, Some(&client_id), detail)
            .await?;
        Ok(client_id)
    }

    /// Finds an API key.
    pub async fn api_key(&self, id: Uuid) -> Result<ApiKey, RegistryError> {
        api_keys::find(self.database, id)
            .await?
            .ok_or(RegistryError::NotFound(Thing::ApiKey))
    }

    /// Lists API keys, of one application or of all, the one made last first.
    pub async fn api_keys(
        &self,
        client_id: Option<&str>,
        after: Option<&Place>,
        limit: i64,
    ) -> Result<Listed<ApiKey>, RegistryError> {
        Ok(api_keys::page(self.database, client_id, after, limit).await?)
    }

    /// Blocks an API key, or lets it work again.
    pub async fn set_api_key_disabled(&self, id: Uuid, disabled: bool) -> Result<ApiKey, RegistryError> {
        let key = api_keys::set_disabled(self.database, id, disabled)
            .await?
            .ok_or(RegistryError::NotFound(Thing::ApiKey))?;
        self.announce(&Event::ApiKeyChanged { id }).await?;
        if disabled {
            // Resource servers ask anew when they hear it; one that starts later has nothing to forget.
            let exp = self.clock.now() + MAX_ACCESS_SECONDS;
            self.announce(&Event::Token { jti: id, exp }).await?;
        }
        let state = if disabled { "disabled" } else { "enabled" };
        let detail = format!("API key {id} {:?} {state}", key.name);
        self.audit(AuditKind::AdminCommand, None, Some(&key.client_id), detail)
            .await?;
        Ok(key)
    }
}
