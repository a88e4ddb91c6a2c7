//! What an operator does on the command line beside the running server: it opens the stores itself, writes, and
//! announces the change; the server hears of it through the event log alone.

use std::time::{Duration, Instant};

use auth_server::domain::application::{ResourceServer, ReviewStatus};
use auth_server::domain::event::Event;
use auth_server::domain::secret::PlainToken;
use auth_server::domain::token::RevocationTarget;
use auth_server::flows::accounts::Accounts;
use auth_server::store::database::Database;
use auth_server::store::sql::{applications, resources, users};
use auth_server::store::tokens::TokenStore;
use uuid::Uuid;

use super::{Application, Server};

/// A resource server's id and secret.
#[derive(Clone, Debug)]
pub struct ResourceCredentials {
    pub client_id: String,
    pub secret: String,
}

impl Server {
    pub(super) async fn stores(&self) -> (Database, std::sync::Arc<dyn TokenStore>) {
        auth_server::state::open_stores(&self.config)
            .await
            .expect("stores")
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.state.services.clock.now_millis()
    }

    /// Revokes what an administrator chose.
    pub async fn revoke(&self, target: &RevocationTarget) {
        let (_, tokens) = self.stores().await;
        tokens.revoke(target, self.now_ms()).await.expect("revoked");
    }

    /// `app disable` and `app enable`.
    pub async fn set_application_disabled(&self, application: &Application, disabled: bool) {
        let (database, tokens) = self.stores().await;
        let client_id = application.client_id.clone();
        let known = applications::set_disabled(&database, &client_id, disabled).await;
        assert!(known.expect("written"));
        if disabled {
            let target = RevocationTarget::Client(client_id.clone());
            tokens.revoke(&target, self.now_ms()).await.expect("revoked");
        }
        let event = Event::ApplicationChanged { client_id };
        tokens.publish(&event, self.now_ms()).await.expect("announced");
    }

    /// `app approve`, `app hold` and `app reject`.
    pub async fn review(&self, application: &Application, status: ReviewStatus) {
        let (database, tokens) = self.stores().await;
        let client_id = application.client_id.clone();
        let known = applications::set_review(&database, &client_id, status, None).await;
        assert!(known.expect("written"));
        let event = Event::ApplicationChanged { client_id };
        tokens.publish(&event, self.now_ms()).await.expect("announced");
    }

    /// `user disable` and `user enable`.
    pub async fn set_user_disabled(&self, email: &str, disabled: bool) {
        let (database, tokens) = self.stores().await;
        let user = users::find_by_email(&database, email).await.expect("read");
        let user_id = user.expect("a user").id;
        let accounts = Accounts {
            database: &database,
            tokens: tokens.as_ref(),
            clock: &self.state.services.clock,
        };
        let known = accounts.set_disabled(user_id, disabled).await;
        assert!(known.expect("written"));
        let event = Event::UserChanged { user_id };
        tokens.publish(&event, self.now_ms()).await.expect("announced");
    }

    /// `app rotate-secret`: the same application with its new secret.
    pub async fn rotate_secret(&self, application: &Application, overlap_seconds: i64) -> Application {
        let (database, tokens) = self.stores().await;
        let client_id = application.client_id.clone();
        let secret = PlainToken::generate("cs-");
        let now = self.now_ms() / 1000;
        let old_ends_at = (overlap_seconds > 0).then_some(now + overlap_seconds);
        applications::replace_secret(&database, &client_id, &secret.hashed(), now, old_ends_at)
            .await
            .expect("written");
        let event = Event::ApplicationChanged { client_id };
        tokens.publish(&event, self.now_ms()).await.expect("announced");
        Application {
            secret: Some(secret.reveal().to_owned()),
            ..application.clone()
        }
    }

    /// `resource add`, in force when it returns; it comes after the one every server has.
    pub async fn add_resource(&self, url: &str, first_party: bool) -> ResourceCredentials {
        let (database, _) = self.stores().await;
        let secret = PlainToken::generate("cs-");
        let resource = ResourceServer {
            client_id: Uuid::new_v4().to_string(),
            name: "Another".to_owned(),
            url: url.to_owned(),
            scope_prefix: None,
            first_party,
            disabled: false,
            encryption_key: None,
            requires_signed_introspection: false,
            secrets: Vec::new(),
            created_at: self.resource.created_at + 1,
        };
        resources::insert(&database, &resource, &secret.hashed())
            .await
            .expect("a resource server");
        let clients = &self.state.services.clients;
        clients.reload_resources().await.expect("resource servers");
        ResourceCredentials {
            client_id: resource.client_id,
            secret: secret.reveal().to_owned(),
        }
    }
}

/// Waits until a change has taken effect, which may take one second.
pub async fn within_a_second(what: &str, condition: impl AsyncFn() -> bool) {
    let start = Instant::now();
    loop {
        // The time is taken first: what was true when a late check began is no excuse.
        let late = start.elapsed() > Duration::from_secs(1);
        if condition().await {
            return;
        }
        assert!(!late, "after one second: not {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
