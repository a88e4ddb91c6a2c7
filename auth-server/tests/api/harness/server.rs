//! A server of one's own: the same `build` as the binary's, on a free port, with a clock the test moves.

use std::time::Duration;

use auth_server::config::{Config, DirectoryConfig, DirectoryMode, LdapConfig};
use auth_server::domain::application::ResourceServer;
use auth_server::domain::clock::Clock;
use auth_server::domain::role::{Role, RolesChange};
use auth_server::domain::secret::PlainToken;
use auth_server::domain::session::Session;
use auth_server::domain::user::User;
use auth_server::flows::registry::{Actor, UserChange};
use auth_server::http::serve::serve;
use auth_server::outbound::{Lookup, system_lookup};
use auth_server::routes::router;
use auth_server::state::AppState;
use auth_server::store::sql::{resources, users};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::storage::Guard;
use super::{Application, Browser, NewApplication, Storage};

/// How a test's server differs from the default one.
#[derive(Debug)]
pub struct Options {
    pub storage: Storage,
    /// A clock that only the test moves, starting now; else the machine's.
    pub manual_clock: bool,
    /// Changes to the configuration.
    pub configure: fn(&mut Config),
    /// How names of other servers are looked up.
    pub lookup: fn() -> Lookup,
    /// The mail server; none: messages are kept in the outbox.
    pub smtp_url: Option<String>,
    /// The LDAP directory that users live in; none: the server's own database.
    pub directory: Option<LdapConfig>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            storage: Storage::SqliteEmbedded,
            manual_clock: false,
            configure: |_| {},
            lookup: system_lookup,
            smtp_url: None,
            directory: None,
        }
    }
}

impl Options {
    pub fn manual_clock() -> Self {
        Self {
            manual_clock: true,
            ..Self::default()
        }
    }

    pub fn configured(configure: fn(&mut Config)) -> Self {
        Self {
            configure,
            ..Self::default()
        }
    }
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    /// Its address, which is its issuer.
    pub url: String,
    pub config: Config,
    pub state: AppState,
    /// Registered at start; the audience of tokens.
    pub resource: ResourceServer,
    pub resource_secret: String,
    storage: Guard,
}

/// The user every server has.
pub const EMAIL: &str = "alice@example.com";
pub const PASSWORD: &str = "correct horse battery";

impl Server {
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub async fn start_with(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let mut config = Config::load(None, |_| None).expect("the defaults are sound");
        config.listen_addr = listener.local_addr().expect("an address");
        config.issuer_url = format!("http://{}", config.listen_addr);
        // Tests fail a lot from one address; the limits have tests of their own.
        config.limits.failures_per_address = 0;
        config.limits.sign_in_failures_per_address = 0;
        config.limits.sign_in_failures_per_account_and_address = 5;
        let storage = options.storage.prepare(&mut config).await;
        (options.configure)(&mut config);
        if let Some(url) = options.smtp_url {
            config.mail.smtp_url = url;
        }
        if let Some(ldap) = options.directory {
            config.directory = DirectoryConfig {
                mode: DirectoryMode::Ldap,
                ldap,
            };
        }
        let clock = if options.manual_clock {
            Clock::manual(Clock::System.now_millis())
        } else {
            Clock::System
        };
        let (database, _) = auth_server::state::open_stores(&config).await.expect("stores");
        database.migrate().await.expect("migrations");
        let (state, url) = run_with(&config, clock, listener, (options.lookup)()).await;
        let secret = PlainToken::generate("cs-");
        let resource = ResourceServer {
            client_id: Uuid::new_v4().to_string(),
            name: "Rooms".to_owned(),
            url: "http://localhost:8081".to_owned(),
            scope_prefix: Some("lasuite_visio".to_owned()),
            first_party: true,
            disabled: false,
            encryption_key: None,
            requires_signed_introspection: false,
            secrets: Vec::new(),
            created_at: state.services.clock.now(),
        };
        resources::insert(&database, &resource, &secret.hashed())
            .await
            .expect("a resource server");
        state
            .services
            .clients
            .reload_resources()
            .await
            .expect("resource servers");
        let server = Self {
            url,
            config,
            state,
            resource,
            resource_secret: secret.reveal().to_owned(),
            storage,
        };
        server.add_user(EMAIL, PASSWORD).await;
        server
    }

    /// A second instance on the same storage, with the same issuer, at an address of its own.
    pub async fn another_instance(&self) -> (AppState, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let mut config = self.config.clone();
        config.listen_addr = listener.local_addr().expect("an address");
        run(&config, self.state.services.clock.clone(), listener).await
    }

    /// An instance on the same storage with another configuration.
    pub async fn instance_with(&self, config: &Config) -> (AppState, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        run(config, self.state.services.clock.clone(), listener).await
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub fn folder(&self) -> &std::path::Path {
        self.storage.folder.path()
    }

    /// Moves a manual clock.
    pub fn advance(&self, by: Duration) {
        self.state
            .services
            .clock
            .advance(i64::try_from(by.as_millis()).expect("a short time"));
    }

    pub async fn add_administrator(&self, email: &str, password: &str) -> User {
        self.add(email, password, true).await
    }

    pub async fn add_user(&self, email: &str, password: &str) -> User {
        self.add(email, password, false).await
    }

    async fn add(&self, email: &str, password: &str, is_admin: bool) -> User {
        let services = &self.state.services;
        let hash = services.passwords.hash(password.to_owned()).await;
        let user = User {
            password_hash: Some(hash.expect("a hash")),
            is_admin,
            ..self.unstored_user(email)
        };
        users::insert(&services.database, &user).await.expect("a user");
        user
    }

    /// The record of a user without a password and a role, not stored yet.
    pub fn unstored_user(&self, email: &str) -> User {
        let clock = &self.state.services.clock;
        User {
            id: clock.new_id(),
            email: email.to_owned(),
            name: "Test".to_owned(),
            password_hash: None,
            is_admin: false,
            is_developer: false,
            is_reviewer: false,
            is_auditor: false,
            language: None,
            disabled: false,
            created_at: clock.now(),
        }
    }

    /// The live sessions of a user.
    pub async fn sessions(&self, email: &str) -> Vec<Session> {
        let services = &self.state.services;
        let user = self.user(email).await;
        let listed = services
            .tokens
            .list_sessions(user.id, services.clock.now_millis());
        listed.await.expect("sessions")
    }

    /// Ends what the server does by itself (sending, delivering, examining); it goes on answering.
    pub async fn end_tasks(&self) {
        self.state.stopping.cancel();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    /// Registers an application.
    pub async fn application(&self, new: NewApplication) -> Application {
        Application::register(self, new).await
    }

    /// A browser with no cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// A browser in which alice has signed in.
    pub async fn signed_in(&self) -> Browser {
        let browser = self.browser();
        browser.sign_in(EMAIL, PASSWORD).await;
        browser
    }

    /// Signs somebody in who has the password of all.
    pub async fn signed_in_as(&self, email: &str) -> Browser {
        let browser = self.browser();
        browser.sign_in(email, PASSWORD).await;
        browser
    }

    /// Gives a user these roles and no others.
    pub async fn give_roles(&self, user_id: Uuid, roles: &[Role]) -> User {
        let change = UserChange {
            roles: RolesChange::exactly(roles),
            ..UserChange::default()
        };
        let registry = self.state.services.registry(Actor::command_line());
        let edited = registry.edit_user(user_id, &change, None).await;
        edited.expect("the roles").user
    }

    /// A new user with these roles, signed in.
    pub async fn person(&self, email: &str, roles: &[Role]) -> (User, Browser) {
        let user = self.add_user(email, PASSWORD).await;
        let user = self.give_roles(user.id, roles).await;
        (user, self.signed_in_as(email).await)
    }

    /// Introspects as the resource server.
    pub async fn introspect(&self, token: &str) -> serde_json::Value {
        let response = client()
            .post(self.at("/oauth2/introspect"))
            .basic_auth(&self.resource.client_id, Some(&self.resource_secret))
            .form(&[("token", token)])
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 200);
        response.json().await.expect("JSON")
    }

    /// Whether the resource server would accept a token.
    pub async fn is_active(&self, token: &str) -> bool {
        self.introspect(token).await["active"]
            .as_bool()
            .expect("active is a boolean")
    }

    /// The lines of the audit log of one kind.
    pub async fn audit(&self, kind: &str) -> Vec<auth_server::store::sql::audit::AuditRow> {
        let rows = auth_server::store::sql::audit::latest(&self.state.services.database, 1000)
            .await
            .expect("audit");
        rows.into_iter().filter(|row| row.kind == kind).collect()
    }

    /// The reason behind an error id, once it is written.
    pub async fn reason(&self, error_id: &str) -> String {
        let id = error_id.parse().expect("an error id is a UUID");
        for _ in 0..200 {
            let found = auth_server::store::sql::audit::find_report(&self.state.services.database, id);
            if let Some(report) = found.await.expect("reports") {
                return report.reason;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no report for {error_id}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.stopping.cancel();
    }
}

/// An HTTP client that follows no redirect.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
}

async fn run(config: &Config, clock: Clock, listener: TcpListener) -> (AppState, String) {
    run_with(config, clock, listener, system_lookup()).await
}

async fn run_with(
    config: &Config,
    clock: Clock,
    listener: TcpListener,
    lookup: Lookup,
) -> (AppState, String) {
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let state = AppState::open_with(config, clock, lookup)
        .await
        .expect("the server opens");
    state.start_tasks(config);
    tokio::spawn(serve(
        listener,
        router(state.clone()),
        Duration::from_secs(5),
        state.stopping.clone(),
    ));
    (state, url)
}
