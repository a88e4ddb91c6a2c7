//! Signing people in on the pages of this server, which is for that an application like any other: an
//! authorization code with PKCE (RFC 6749, 7636), its answer checked by state and issuer (RFC 9207).
//!
//! Between leaving and coming back, a browser carries one random value in a cookie. State and code verifier
//! follow from it under a key, so that nothing is stored for visitors who never come back.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::basic::{BasicClient, BasicErrorResponse};
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpClientError, HttpRequest,
    HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, TokenResponse,
    TokenUrl,
};
use rand::{CryptoRng, RngExt};
use url::Url;

use crate::config::Config;
use crate::domain::session::SessionCookie;
use crate::domain::slug::is_slug;
use crate::paths;
use crate::verification::{IssuerClient, IssuerError};

/// What the pages cannot do without: to see the user's room.
pub const SEE: &str = "rooms:retrieve";
/// What only owners and administrators need: to change it.
pub const CHANGE: &str = "rooms:update";

/// Names what a key is made for, so that no tag of one kind passes for one of another.
const KEY_LABEL: &[u8] = b"anteroom pages";

type TransportError = HttpClientError<reqwest::Error>;

/// Why the sign-in cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SignInSetupError {
    /// The HTTP client.
    #[error("HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// The address that people come back to.
    #[error("server.resource_url: {0}")]
    Address(#[from] url::ParseError),
}

/// Why somebody could not be signed in. No text holds a code, a token or a secret.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The user did not agree.
    #[error("the user did not agree")]
    Denied,
    /// The answer is not for this browser, not from the issuer, or no longer good.
    #[error("{0}")]
    Distrusted(String),
    /// This server is not registered as it should be, or the issuer is away.
    #[error("{0}")]
    Unavailable(String),
}

impl From<IssuerError> for SignInError {
    fn from(error: IssuerError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// One browser's way to the authorization server and back to a room, as its cookie says it.
#[derive(Clone, Eq, PartialEq)]
pub struct Attempt(String);

impl Attempt {
    /// A new one, that ends at the page of a room.
    pub fn new(room: &str, rng: &mut impl CryptoRng) -> Self {
        let nonce = URL_SAFE_NO_PAD.encode(rng.random::<[u8; 32]>());
        Self(format!("{nonce}.{room}"))
    }

    /// What a browser sent.
    pub fn presented(value: String) -> Option<Self> {
        let (nonce, room) = value.split_once('.')?;
        (nonce.len() == 43 && is_slug(room)).then_some(Self(value))
    }

    /// The value itself, for the browser.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The slug of the room.
    pub fn room(&self) -> &str {
        self.0.split_once('.').map_or("", |(_, room)| room)
    }
}

/// What the browser brings back.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Must be the state of the attempt.
    pub state: Option<&'a str>,
    /// Must be the issuer.
    pub iss: Option<&'a str>,
    /// To be exchanged for a token.
    pub code: Option<&'a str>,
    /// Came in place of the code.
    pub error: Option<&'a str>,
}

/// This server as an application.
pub struct SignIn {
    client_id: ClientId,
    client_secret: ClientSecret,
    redirect_uri: RedirectUrl,
    resource: String,
    issuer_name: String,
    scopes: Vec<Scope>,
    key: hmac::Key,
    timeout: Duration,
    issuer: IssuerClient,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl SignIn {
    /// `None` when this server is not registered as an application, or does not serve the pages.
    pub fn new(config: &Config) -> Result<Option<Self>, SignInSetupError> {
        if config.webapp.client_id.is_empty() || !config.serves_room_pages() {
            return Ok(None);
        }
        let secret = config.webapp.client_secret.expose();
        // Every instance has the secret, and nobody else: the pages need no key of their own.
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        Ok(Some(Self {
            client_id: ClientId::new(config.webapp.client_id.clone()),
            client_secret: ClientSecret::new(secret.to_owned()),
            redirect_uri: RedirectUrl::new(format!("{}{}", config.resource_base(), paths::SIGN_IN_CALLBACK))?,
            resource: config.server.resource_url.clone(),
            issuer_name: config.issuer.url.clone(),
            scopes: scopes(&config.scope_prefix),
            key: hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, KEY_LABEL).as_ref()),
            timeout: config.issuer.timeout,
            issuer: IssuerClient::new(config)?,
        }))
    }

    /// The client id that this server has as an application.
    pub fn client_id(&self) -> &str {
        self.client_id.as_str()
    }

    /// Where to send the browser.
    pub async fn begin(&self, attempt: &Attempt, language: &str) -> Result<Url, SignInError> {
        let endpoints = self.issuer.endpoints().await?;
        let endpoint = endpoints.authorization.clone();
        let endpoint = endpoint.ok_or_else(|| missing("authorization_endpoint"))?;
        let client = BasicClient::new(self.client_id.clone())
            .set_auth_uri(AuthUrl::from_url(endpoint))
            .set_redirect_uri(self.redirect_uri.clone());
        let state = self.tag("state", attempt.expose());
        let (url, _) = client
            .authorize_url(|| CsrfToken::new(state))
            .add_scopes(self.scopes.iter().cloned())
            .add_extra_param("resource", self.resource.as_str())
            .add_extra_param("ui_locales", language)
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(
                &self.verifier(attempt),
            ))
            .url();
        Ok(url)
    }

    /// Checks the browser's answer and exchanges its code for an access token.
    pub async fn finish(&self, attempt: &Attempt, answer: Answer<'_>) -> Result<String, SignInError> {
        let distrusted = |reason: &str| SignInError::Distrusted(reason.to_owned());
        // First of all the state. Until it fits, nothing else in the answer deserves to be believed.
        let fits = answer.state.is_some_and(|state| {
            URL_SAFE_NO_PAD
                .decode(state)
                .is_ok_and(|tag| self.tag_fits("state", attempt.expose(), &tag))
        });
        if !fits {
            return Err(distrusted("the state is that of another attempt, or missing"));
        }
        if answer.iss != Some(self.issuer_name.as_str()) {
            return Err(distrusted("the answer is not from the issuer (its iss differs)"));
        }
        match answer.error {
            Some("access_denied") => return Err(SignInError::Denied),
            Some(code) => {
                let code: String = code.chars().filter(char::is_ascii_graphic).take(64).collect();
                return Err(SignInError::Unavailable(format!(
                    "the authorization server refused with {code}"
                )));
            }
            None => {}
        }
        let code = answer.code.ok_or_else(|| distrusted("neither code nor error"))?;
        self.exchange(code, self.verifier(attempt)).await
    }

    async fn exchange(&self, code: &str, verifier: PkceCodeVerifier) -> Result<String, SignInError> {
        let endpoints = self.issuer.endpoints().await?;
        let endpoint = endpoints.token.clone().ok_or_else(|| missing("token_endpoint"))?;
        let client = BasicClient::new(self.client_id.clone())
            .set_client_secret(self.client_secret.clone())
            .set_redirect_uri(self.redirect_uri.clone())
            .set_token_uri(TokenUrl::from_url(endpoint));
        let transport = |request| send(self.issuer.http().clone(), self.timeout, request);
        let tokens = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(verifier)
            .request_async(&transport)
            .await
            .map_err(readable)?;
        Ok(tokens.access_token().secret().clone())
    }

    /// Whether the authorization server knows this application as it is configured. The credentials are tried
    /// with a code that nobody issued; address and permissions with a request that asks nobody (OpenID Connect
    /// Core 3.1.2.1, `prompt=none`), and so ends at the redirect URI at once.
    pub async fn examine(&self) -> Result<(), SignInError> {
        let refused = |reason: String| Err(SignInError::Unavailable(reason));
        let attempt = Attempt::new("doc-tors-try", &mut rand::rng());
        match self.exchange("doctor", self.verifier(&attempt)).await {
            Err(SignInError::Distrusted(_)) => {}
            Err(error) => return Err(error),
            Ok(_) => return refused("the token endpoint takes a code that nobody issued".to_owned()),
        }
        let mut url = self.begin(&attempt, "en").await?;
        url.query_pairs_mut().append_pair("prompt", "none");
        let url = self
            .issuer
            .reached(url.as_str())
            .map_err(SignInError::Unavailable)?;
        let request = self.issuer.http().get(url).timeout(self.timeout);
        let answer = request
            .send()
            .await
            .map_err(|error| SignInError::Unavailable(error.without_url().to_string()))?;
        let location = answer.headers().get(axum::http::header::LOCATION);
        let location = location.and_then(|location| Url::parse(location.to_str().ok()?).ok());
        let back = self.redirect_uri.url();
        let Some(location) =
            location.filter(|location| (location.origin(), location.path()) == (back.origin(), back.path()))
        else {
            return refused(format!("the redirect URI {back} is not registered"));
        };
        match location.query_pairs().find(|(name, _)| name == "error") {
            Some((_, code)) if !code.ends_with("_required") => refused(format!(
                "a sign-in is answered with {code}: the application must be allowed `{}`",
                self.scopes
                    .iter()
                    .map(|scope| scope.as_str())
                    .collect::<Vec<_>>()
                    .join(" ")
            )),
            _ => Ok(()),
        }
    }

    /// The token of every form that a session's pages have.
    pub fn form_token(&self, session: &SessionCookie) -> String {
        self.tag("form", session.expose())
    }

    /// Whether a form came from a page of this session.
    pub fn form_fits(&self, session: &SessionCookie, token: &str) -> bool {
        URL_SAFE_NO_PAD
            .decode(token)
            .is_ok_and(|tag| self.tag_fits("form", session.expose(), &tag))
    }

    /// Only this server can make it, and only the browser with the cookie leads to it (RFC 7636 4.1).
    fn verifier(&self, attempt: &Attempt) -> PkceCodeVerifier {
        PkceCodeVerifier::new(self.tag("verifier", attempt.expose()))
    }

    fn tag(&self, purpose: &str, about: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, &message(purpose, about)))
    }

    /// In a time that does not depend on where they differ.
    fn tag_fits(&self, purpose: &str, about: &str, tag: &[u8]) -> bool {
        hmac::verify(&self.key, &message(purpose, about), tag).is_ok()
    }
}

/// No purpose has a NUL in it, so no two pairs read alike.
fn message(purpose: &str, about: &str) -> Vec<u8> {
    [purpose.as_bytes(), b"\0", about.as_bytes()].concat()
}

/// Least privilege: nothing but what the pages do. Prefixed scopes need the prefix itself, too.
fn scopes(prefix: &str) -> Vec<Scope> {
    let prefix = prefix.trim_end_matches(':');
    let mut scopes = Vec::new();
    if !prefix.is_empty() {
        scopes.push(Scope::new(prefix.to_owned()));
    }
    scopes.extend([SEE, CHANGE].map(|scope| {
        Scope::new(if prefix.is_empty() {
            scope.to_owned()
        } else {
            format!("{prefix}:{scope}")
        })
    }));
    scopes
}

fn missing(name: &str) -> SignInError {
    SignInError::Unavailable(format!("the authorization server's metadata names no {name}"))
}

/// The HTTP client of the `oauth2` crate: any function from a request to a future response will do.
async fn send(
    http: reqwest::Client,
    timeout: Duration,
    request: HttpRequest,
) -> Result<HttpResponse, TransportError> {
    let mut request = reqwest::Request::try_from(request).map_err(Box::new)?;
    *request.timeout_mut() = Some(timeout);
    let answer = http.execute(request).await.map_err(Box::new)?;
    let mut response = axum::http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    Ok(response.body(answer.bytes().await.map_err(Box::new)?.to_vec())?)
}

fn readable(error: RequestTokenError<TransportError, BasicErrorResponse>) -> SignInError {
    match error {
        RequestTokenError::ServerResponse(error) if error.error().as_ref() == "invalid_grant" => {
            SignInError::Distrusted("the code is not, or no longer, good".to_owned())
        }
        RequestTokenError::ServerResponse(error) => SignInError::Unavailable(format!(
            "the token endpoint refused with {}",
            error.error().as_ref()
        )),
        RequestTokenError::Request(HttpClientError::Reqwest(error)) => {
            SignInError::Unavailable(error.without_url().to_string())
        }
        // The rest quotes the answer, which may quote a token.
        RequestTokenError::Request(_) | RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            SignInError::Unavailable("the token endpoint's answer is not one of RFC 6749".to_owned())
        }
    }
}
