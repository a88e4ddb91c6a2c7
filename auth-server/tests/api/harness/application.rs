//! An application: registered as the command line would, and the requests it makes.

use auth_server::domain::application::{self as domain, AuthMethod, ReviewStatus};
use auth_server::domain::policy::{Policy, Profile};
use auth_server::domain::secret::PlainToken;
use auth_server::store::sql::applications;
use reqwest::header::HeaderMap;
use serde_json::Value;
use uuid::Uuid;

use super::server::client;
use super::{Server, pkce};

/// What to register.
#[derive(Clone, Debug)]
pub struct NewApplication {
    pub name: String,
    pub profile: Profile,
    pub public: bool,
    pub redirect_uris: Vec<String>,
    pub scope: String,
    /// E-mail domains of users it may act for.
    pub domains: Vec<String>,
    pub change: fn(&mut Policy),
    /// Ways of authentication; none: what the command line would register.
    pub auth_methods: Option<&'static [AuthMethod]>,
    /// A client id and a secret of the test's choice.
    pub credentials: Option<(&'static str, &'static str)>,
}

impl NewApplication {
    pub fn of(profile: Profile) -> Self {
        Self {
            name: "Test application".to_owned(),
            profile,
            public: false,
            redirect_uris: vec!["https://app.example/callback".to_owned()],
            scope: "rooms:list rooms:create".to_owned(),
            domains: Vec::new(),
            change: |_| {},
            auth_methods: None,
            credentials: None,
        }
    }

    pub fn public() -> Self {
        Self {
            public: true,
            ..Self::of(Profile::Standard)
        }
    }

    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    pub fn redirect_uris(mut self, uris: &[&str]) -> Self {
        self.redirect_uris = uris.iter().map(|uri| (*uri).to_owned()).collect();
        self
    }

    pub fn scope(mut self, scope: &str) -> Self {
        scope.clone_into(&mut self.scope);
        self
    }

    pub fn domains(mut self, domains: &[&str]) -> Self {
        self.domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
        self
    }

    pub fn policy(mut self, change: fn(&mut Policy)) -> Self {
        self.change = change;
        self
    }

    pub fn auth_methods(mut self, methods: &'static [AuthMethod]) -> Self {
        self.auth_methods = Some(methods);
        self
    }

    pub fn credentials(mut self, client_id: &'static str, secret: &'static str) -> Self {
        self.credentials = Some((client_id, secret));
        self
    }
}

/// A registered application that talks to one server.
#[derive(Clone, Debug)]
pub struct Application {
    pub url: String,
    pub client_id: String,
    pub secret: Option<String>,
    pub redirect_uri: String,
}

/// An answer of an endpoint that applications call.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Tokens {
    pub fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }

    pub fn get(&self, name: &str) -> &str {
        self.body[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {}", self.body))
    }

    pub fn access(&self) -> &str {
        self.get("access_token")
    }

    pub fn refresh(&self) -> &str {
        self.get("refresh_token")
    }

    /// The error code; the answer must be one.
    pub fn error(&self) -> &str {
        assert!((400..500).contains(&self.status), "{} {}", self.status, self.body);
        self.get("error")
    }
}

impl Application {
    pub(super) async fn register(server: &Server, new: NewApplication) -> Self {
        let mut policy = new.profile.policy();
        (new.change)(&mut policy);
        let secret = (!new.public).then(|| match new.credentials {
            Some((_, secret)) => PlainToken::presented(secret),
            None => PlainToken::generate("cs-"),
        });
        let auth_methods = match new.auth_methods {
            Some(methods) => methods.to_vec(),
            None if new.public => vec![AuthMethod::None],
            None => vec![AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost],
        };
        let application = domain::Application {
            client_id: match new.credentials {
                Some((client_id, _)) => client_id.to_owned(),
                None => Uuid::new_v4().to_string(),
            },
            name: new.name.clone(),
            profile: new.profile,
            policy,
            auth_methods,
            secrets: Vec::new(),
            redirect_uris: new.redirect_uris.clone(),
            scope: new.scope.parse().expect("a scope"),
            domains: new.domains.clone(),
            owner_id: None,
            review: ReviewStatus::Approved,
            review_reason: None,
            disabled: false,
            homepage_url: None,
            policy_url: None,
            about: domain::About::default(),
            submitted_at: None,
            created_at: server.state.services.clock.now(),
        };
        let hash = secret.as_ref().map(PlainToken::hashed);
        applications::insert(&server.state.services.database, &application, hash.as_ref())
            .await
            .expect("registered");
        Self {
            url: server.url.clone(),
            client_id: application.client_id,
            secret: secret.map(|secret| secret.reveal().to_owned()),
            redirect_uri: new.redirect_uris.first().cloned().unwrap_or_default(),
        }
    }

    /// The same application, talking to another instance.
    pub fn via(&self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self.clone()
        }
    }

    /// Posts a form, authenticated by Basic, or by `client_id` alone when public.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Tokens {
        let request = client().post(format!("{}{path}", self.url));
        let request = if let Some(secret) = &self.secret {
            request.basic_auth(&self.client_id, Some(secret)).form(fields)
        } else {
            let mut fields = fields.to_vec();
            fields.push(("client_id", &self.client_id));
            request.form(&fields)
        };
        read(request).await
    }

    /// Posts a JSON object, authenticated by Basic.
    pub async fn post_json(&self, path: &str, body: &Value) -> Tokens {
        let request = client()
            .post(format!("{}{path}", self.url))
            .basic_auth(&self.client_id, self.secret.as_ref());
        read(request.json(body)).await
    }

    /// Asks the token endpoint.
    pub async fn token(&self, fields: &[(&str, &str)]) -> Tokens {
        self.post("/oauth2/token", fields).await
    }

    pub async fn refresh(&self, token: &str) -> Tokens {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)])
            .await
    }

    pub async fn exchange(&self, code: &str, verifier: &str) -> Tokens {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", verifier),
        ])
        .await
    }

    /// The local path of an authorization request with PKCE, and the verifier. `more` adds or replaces
    /// parameters; an empty value leaves one out.
    pub fn request(&self, more: &[(&str, &str)]) -> (String, String) {
        let (verifier, challenge) = pkce();
        let mut params = vec![
            ("response_type", "code"),
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("state", "xyz"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in more {
            params.retain(|(known, _)| known != name);
            params.push((name, value));
        }
        params.retain(|(_, value)| !value.is_empty());
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(params)
            .finish();
        (format!("/oauth2/authorize?{query}"), verifier)
    }

    /// A code that alice approved, and its verifier.
    pub async fn code(&self, server: &Server, more: &[(&str, &str)]) -> (String, String) {
        let browser = server.signed_in().await;
        let (request, verifier) = self.request(more);
        (browser.approve(&request).await.code(), verifier)
    }

    /// Tokens that alice approved.
    pub async fn tokens(&self, server: &Server, more: &[(&str, &str)]) -> Tokens {
        let (code, verifier) = self.code(server, more).await;
        self.exchange(&code, &verifier).await.ok()
    }
}

/// Sends a request and reads the JSON of its answer, if it has one.
pub async fn read(request: reqwest::RequestBuilder) -> Tokens {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.expect("a body");
    Tokens {
        status,
        headers,
        body: serde_json::from_str(&text).unwrap_or(Value::Null),
    }
}
