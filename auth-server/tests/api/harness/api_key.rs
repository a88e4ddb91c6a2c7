//! API keys, made and blocked as the command line does it.

use auth_server::domain::api_key::ApiKey;
use auth_server::domain::event::Event;
use auth_server::domain::policy::Profile;
use auth_server::domain::secret::PlainToken;
use auth_server::store::sql::api_keys;

use super::{Application, NewApplication, Server};

/// A key as its holder knows it.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    pub id: String,
    pub key: String,
    pub client_id: String,
}

impl Server {
    /// `api-key add`, for an application or for one of its own, which has no secret.
    pub async fn api_key(&self, application: Option<&Application>) -> NewApiKey {
        if let Some(application) = application {
            return self.api_key_of(&application.client_id).await;
        }
        let new = NewApplication::of(Profile::Keyed).scope("user").auth_methods(&[]);
        let application = self.application(new).await;
        self.api_key_of(&application.client_id).await
    }

    /// `api-key add --app`.
    pub async fn api_key_of(&self, client_id: &str) -> NewApiKey {
        let services = &self.state.services;
        let plain = PlainToken::generate("ak-");
        let key = ApiKey {
            id: services.clock.new_id(),
            client_id: client_id.to_owned(),
            name: "Test key".to_owned(),
            hash: plain.hashed(),
            disabled: false,
            created_at: services.clock.now(),
        };
        api_keys::insert(&services.database, &key).await.expect("a key");
        NewApiKey {
            id: key.id.to_string(),
            key: plain.reveal().to_owned(),
            client_id: key.client_id,
        }
    }

    /// `api-key disable` and `api-key enable`.
    pub async fn set_api_key_disabled(&self, key: &NewApiKey, disabled: bool) {
        let (database, tokens) = self.stores().await;
        let id = key.id.parse().expect("a UUID");
        let known = api_keys::set_disabled(&database, id, disabled).await;
        assert!(known.expect("written").is_some());
        let now_ms = self.now_ms();
        let changed = Event::ApiKeyChanged { id };
        tokens.publish(&changed, now_ms).await.expect("announced");
        if disabled {
            let exp = now_ms / 1000 + 604_800;
            let revoked = Event::Token { jti: id, exp };
            tokens.publish(&revoked, now_ms).await.expect("announced");
        }
    }
}
