//! API keys: which application shows one, and what a resource server is told about it.

use std::sync::Arc;

use super::authenticate::Caller;
use super::introspect::Introspection;
use super::{FlowError, Services};
use crate::domain::api_key::ApiKey;
use crate::domain::application::Application;
use crate::domain::policy::Profile;
use crate::domain::secret::PlainToken;

/// What became of a key that was presented.
#[derive(Clone, Debug)]
pub enum KeyCheck {
    /// It is good.
    Live(Arc<ApiKey>, Arc<Application>),
    /// It is blocked, or its application is.
    Disabled(Arc<ApiKey>),
    /// There is no such key.
    Unknown,
}

impl Services {
    /// Looks at a presented key. It was found by its SHA-256, so nothing is left to compare.
    pub async fn check_api_key(&self, presented: &PlainToken) -> Result<KeyCheck, FlowError> {
        let Some(key) = self.api_keys.find(presented).await? else {
            return Ok(KeyCheck::Unknown);
        };
        let application = self.clients.application(&key.client_id).await?;
        // Other profiles' applications are unknown here, as at every dialect that is not theirs.
        let Some(application) = application.filter(|application| application.profile == Profile::Keyed)
        else {
            return Ok(KeyCheck::Unknown);
        };
        Ok(if application.is_usable() && !key.disabled {
            KeyCheck::Live(key, application)
        } else {
            KeyCheck::Disabled(key)
        })
    }

    /// Tells a registered resource server about an API key; applications learn nothing about keys.
    pub async fn introspect_api_key(
        &self,
        caller: &Caller,
        presented: &str,
    ) -> Result<Introspection, FlowError> {
        let Caller::ResourceServer(resource) = caller else {
            return Ok(Introspection::Inactive);
        };
        let check = self.check_api_key(&PlainToken::presented(presented)).await?;
        Ok(match check {
            KeyCheck::Live(key, _) => Introspection::ApiKey {
                key,
                resource: resource.url.clone(),
            },
            KeyCheck::Disabled(_) => Introspection::DisabledApiKey,
            KeyCheck::Unknown => Introspection::Inactive,
        })
    }
}
