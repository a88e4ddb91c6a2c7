//! The OAuth side: an authorization code with PKCE (RFC 6749, 7636, 9207), refresh, revocation (RFC 7009).

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use oauth2::basic::{BasicClient, BasicErrorResponse, BasicTokenResponse};
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    HttpClientError, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RefreshToken, RequestTokenError, Scope, TokenResponse, TokenUrl,
};
use reqwest::Url;
use serde::Deserialize;
use tokio::sync::OnceCell;

/// The base scope of the rooms API, then the two things this app does. Ask for what you need and no more:
/// users read this list, and may say no to a part of it.
pub const SCOPES: [&str; 3] = ["lasuite_visio", LIST_ROOMS, CREATE_ROOMS];
/// See the user's rooms.
pub const LIST_ROOMS: &str = "lasuite_visio:rooms:list";
/// Make rooms.
pub const CREATE_ROOMS: &str = "lasuite_visio:rooms:create";

/// An access token that ends this soon is replaced before it is used, so that it does not end on the way.
const MARGIN: Duration = Duration::from_secs(10);

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;
type TransportError = HttpClientError<reqwest::Error>;

/// What the app must be told.
pub struct Settings {
    /// The authorization server, exactly as it names itself.
    pub issuer: String,
    /// From the registration.
    pub client_id: String,
    /// From the registration; a public client has none.
    pub client_secret: Option<String>,
    /// Where users find this app.
    pub app_url: String,
}

/// Why something did not work. No variant holds a token or a secret, so that each can be shown and logged.
#[derive(Debug, thiserror::Error)]
pub enum OAuthError {
    /// The authorization server said no, in the words of RFC 6749 5.2.
    #[error("{code}: {description}")]
    Refused {
        /// Such as `invalid_grant`.
        code: String,
        /// For people; may be empty.
        description: String,
    },
    /// The answer is not for us, not from whom we asked, or not what the RFCs promise.
    #[error("{0}")]
    Distrusted(&'static str),
    /// No usable answer.
    #[error("the authorization server does not answer: {0}")]
    Unreachable(String),
}

/// The part of the metadata (RFC 8414 2) that this app uses.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    revocation_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What must be remembered between sending a browser away and its return. Its Debug shows nothing of it.
pub struct Pending {
    state: CsrfToken,
    verifier: PkceCodeVerifier,
}

/// What the browser brings back to the redirect URI.
#[derive(Deserialize)]
pub struct Answer {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// A user's permission, as long as it lasts.
pub struct Connection {
    access_token: String,
    /// None if the server did not say: then a 401 tells.
    expires_at: Option<Instant>,
    refresh_token: Option<RefreshToken>,
    /// What the user allowed, which may be less than was asked for.
    pub scopes: BTreeSet<String>,
    /// How often the access token was replaced.
    pub refreshed: u32,
}

impl Connection {
    /// The access token.
    pub fn access_token(&self) -> &str {
        &self.access_token
    }

    /// Whether the access token should be replaced before its next use.
    pub fn is_over(&self) -> bool {
        self.expires_at
            .is_some_and(|end| end.saturating_duration_since(Instant::now()) < MARGIN)
    }

    /// How long the access token still lives.
    pub fn remaining(&self) -> Option<Duration> {
        self.expires_at
            .map(|end| end.saturating_duration_since(Instant::now()))
    }
}

/// This app, as a client of one authorization server.
pub struct OAuth {
    settings: Settings,
    redirect_uri: RedirectUrl,
    http: reqwest::Client,
    metadata: OnceCell<Metadata>,
}

impl OAuth {
    /// Nothing is sent yet: the app starts even while the authorization server is away.
    pub fn new(settings: Settings, http: reqwest::Client) -> Result<Self, oauth2::url::ParseError> {
        Ok(Self {
            redirect_uri: RedirectUrl::new(format!("{}/callback", settings.app_url))?,
            settings,
            http,
            metadata: OnceCell::new(),
        })
    }

    /// The authorization server.
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Its scheme, host and port.
    pub fn issuer_origin(&self) -> String {
        let url = Url::parse(&self.settings.issuer);
        url.map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
    }

    /// Where to send the browser, and what to remember until it is back.
    pub async fn begin(&self) -> Result<(Url, Pending), OAuthError> {
        let client = self.client().await?;
        // PKCE binds the code to this app's secret `verifier`: a stolen code is worth nothing without it.
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        // The state binds the answer to this browser: nobody can hand a user the answer of another one.
        let (url, state) = client
            .authorize_url(|| CsrfToken::new_random_len(32))
            .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        Ok((url, Pending { state, verifier }))
    }

    /// Checks the browser's answer and exchanges its code. `pending` is used up: an answer counts once.
    pub async fn finish(&self, pending: Option<Pending>, answer: Answer) -> Result<Connection, OAuthError> {
        let pending = pending.ok_or(OAuthError::Distrusted(
            "this browser did not ask to be connected, or the answer was used before",
        ))?;
        // First of all the state. Until it fits, nothing else in the answer deserves to be read or shown.
        let state = answer.state.map(CsrfToken::new);
        if state.is_none_or(|state| state != pending.state) {
            return Err(OAuthError::Distrusted(
                "the answer belongs to another attempt (its state differs)",
            ));
        }
        // RFC 9207: the answer names its sender, so that no other server can slip its own answer in.
        let metadata = self.metadata().await?;
        let sender_fits = match &answer.iss {
            Some(iss) => *iss == metadata.issuer,
            None => !metadata.authorization_response_iss_parameter_supported,
        };
        if !sender_fits {
            return Err(OAuthError::Distrusted(
                "the answer comes from another server (its iss differs)",
            ));
        }
        if let Some(code) = answer.error {
            return Err(OAuthError::Refused {
                code,
                description: answer.error_description.unwrap_or_default(),
            });
        }
        let code = answer
            .code
            .ok_or(OAuthError::Distrusted("the answer has neither code nor error"))?;
        let transport = |request| send(self.http.clone(), request);
        let tokens = self
            .client()
            .await?
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(pending.verifier)
            .request_async(&transport)
            .await
            .map_err(readable)?;
        let asked = SCOPES.map(str::to_owned).into();
        Ok(connection(&tokens, asked, None, 0))
    }

    /// Replaces the access token, and the refresh token when a new one comes. With `Refused`, the user's
    /// permission is gone; after `Unreachable` the old refresh token may be tried again.
    pub async fn refresh(&self, old: &Connection) -> Result<Connection, OAuthError> {
        let refresh_token = old.refresh_token.as_ref().ok_or_else(|| OAuthError::Refused {
            code: "invalid_grant".to_owned(),
            description: "the connection is over and came without a refresh token".to_owned(),
        })?;
        let transport = |request| send(self.http.clone(), request);
        let tokens = self
            .client()
            .await?
            .exchange_refresh_token(refresh_token)
            .request_async(&transport)
            .await
            .map_err(readable)?;
        let kept = Some(refresh_token.clone());
        Ok(connection(&tokens, old.scopes.clone(), kept, old.refreshed + 1))
    }

    /// Ends the user's permission at the server: the refresh token, and with it its access tokens.
    pub async fn revoke(&self, connection: &Connection) -> Result<(), OAuthError> {
        let Some(endpoint) = &self.metadata().await?.revocation_endpoint else {
            return Ok(());
        };
        let (token, hint) = match &connection.refresh_token {
            Some(token) => (token.secret(), "refresh_token"),
            None => (&connection.access_token, "access_token"),
        };
        let mut form = vec![
            ("token", token.as_str()),
            ("token_type_hint", hint),
            ("client_id", &self.settings.client_id),
        ];
        form.extend(
            self.settings
                .client_secret
                .as_deref()
                .map(|secret| ("client_secret", secret)),
        );
        // By hand, as the crate revokes over https alone, and a local demo has none.
        let answer = self
            .http
            .post(endpoint)
            .form(&form)
            .send()
            .await
            .map_err(unreachable)?;
        if answer.status().is_success() {
            return Ok(());
        }
        let status = answer.status();
        match answer.json::<BasicErrorResponse>().await {
            Ok(error) => Err(refused(&error)),
            Err(_) => Err(OAuthError::Unreachable(format!(
                "the revocation was answered with {status}"
            ))),
        }
    }

    async fn client(&self) -> Result<Client, OAuthError> {
        let metadata = self.metadata().await?;
        let unusable = |_| OAuthError::Distrusted("the server's metadata names an endpoint that is no URL");
        let client = BasicClient::new(ClientId::new(self.settings.client_id.clone()))
            .set_auth_uri(AuthUrl::new(metadata.authorization_endpoint.clone()).map_err(unusable)?)
            .set_token_uri(TokenUrl::new(metadata.token_endpoint.clone()).map_err(unusable)?)
            .set_redirect_uri(self.redirect_uri.clone());
        Ok(match &self.settings.client_secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.clone())),
            None => client,
        })
    }

    /// Discovery (RFC 8414 3), once; after a failure the next request tries again.
    async fn metadata(&self) -> Result<&Metadata, OAuthError> {
        let fetch = || async {
            let mut url = Url::parse(&self.settings.issuer)
                .map_err(|_| OAuthError::Distrusted("ISSUER_URL is no URL"))?;
            // The well-known part goes between the host and the issuer's own path.
            let path = format!(
                "/.well-known/oauth-authorization-server{}",
                url.path().trim_end_matches('/')
            );
            url.set_path(&path);
            let answer = self.http.get(url).send().await.map_err(unreachable)?;
            let answer = answer.error_for_status().map_err(unreachable)?;
            let metadata: Metadata = answer.json().await.map_err(unreachable)?;
            if metadata.issuer == self.settings.issuer {
                Ok(metadata)
            } else {
                Err(OAuthError::Distrusted(
                    "the server's metadata is that of another issuer",
                ))
            }
        };
        self.metadata.get_or_try_init(fetch).await
    }
}

/// The HTTP client of the `oauth2` crate: any function from a request to a future response will do.
async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, TransportError> {
    let request = reqwest::Request::try_from(request).map_err(Box::new)?;
    let answer = http.execute(request).await.map_err(Box::new)?;
    let mut response = axum::http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    Ok(response.body(answer.bytes().await.map_err(Box::new)?.to_vec())?)
}

fn connection(
    tokens: &BasicTokenResponse,
    asked: BTreeSet<String>,
    kept: Option<RefreshToken>,
    refreshed: u32,
) -> Connection {
    // RFC 6749 5.1: an answer without scope grants exactly what was asked for.
    let granted = tokens
        .scopes()
        .map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect());
    Connection {
        access_token: tokens.access_token().secret().clone(),
        expires_at: tokens
            .expires_in()
            .and_then(|life| Instant::now().checked_add(life)),
        // RFC 6749 6: no new refresh token means that the old one stays.
        refresh_token: tokens.refresh_token().cloned().or(kept),
        scopes: granted.unwrap_or(asked),
        refreshed,
    }
}

fn readable(error: RequestTokenError<TransportError, BasicErrorResponse>) -> OAuthError {
    match error {
        RequestTokenError::ServerResponse(error) => refused(&error),
        RequestTokenError::Request(HttpClientError::Reqwest(error)) => unreachable(*error),
        other => OAuthError::Unreachable(other.to_string()),
    }
}

fn refused(error: &BasicErrorResponse) -> OAuthError {
    OAuthError::Refused {
        code: error.error().as_ref().to_owned(),
        description: error.error_description().cloned().unwrap_or_default(),
    }
}

fn unreachable(error: reqwest::Error) -> OAuthError {
    OAuthError::Unreachable(error.without_url().to_string())
}
