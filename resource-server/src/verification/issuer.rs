//! The authorization server, as seen over HTTP: metadata (RFC 8414), keys (RFC 7517),
//! introspection (RFC 7662), the revocation feed, and its users and groups (RFC 7644).

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, DATE, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use token_format::key::JwkSet;
use url::{Url, form_urlencoded};

use super::introspection::Kind;
use crate::config::{Config, Secret, is_loopback};

/// Where its users and groups are, below its own URL (RFC 7644 section 3.13).
const SCIM: &str = "/scim/v2";
/// RFC 7644 section 8.1.
const SCIM_JSON: &str = "application/scim+json";

/// Why the authorization server gave no usable answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum IssuerError {
    /// It cannot be reached, or the answer broke off.
    #[error("{what}: {problem}")]
    Transport {
        /// What was asked.
        what: &'static str,
        /// What happened.
        problem: String,
    },
    /// It answered with another status than 200.
    #[error("{what}: answered {status}")]
    Status {
        /// What was asked.
        what: &'static str,
        /// The status.
        status: StatusCode,
        /// When it wants to be asked again.
        retry_after: Option<String>,
    },
    /// It answered with something else than it should.
    #[error("{what}: {problem}")]
    Answer {
        /// What was asked.
        what: &'static str,
        /// What is wrong.
        problem: String,
    },
}

/// What introspection answered, before anybody looked into it.
#[derive(Debug)]
pub struct RawAnswer {
    pub(super) media_type: String,
    pub(super) body: Vec<u8>,
}

/// Where its endpoints are.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// `jwks_uri`
    pub jwks: Url,
    /// `introspection_endpoint`
    pub introspection: Url,
    /// `revocation_feed`
    pub revocations: Url,
    /// `authorization_endpoint`, as browsers reach it. Only the sign-in on the pages needs this and the next.
    pub authorization: Option<Url>,
    /// `token_endpoint`
    pub token: Option<Url>,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
    introspection_endpoint: String,
    revocation_feed: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
}

/// One request about users or groups.
#[derive(Debug)]
pub struct ScimRequest<'a> {
    /// For error texts.
    pub what: &'static str,
    /// What to do.
    pub method: Method,
    /// With what, below `/scim/v2`.
    pub path: &'a str,
    /// The query.
    pub query: &'a [(&'static str, String)],
    /// The resource or the changes.
    pub body: Option<Value>,
}

/// The answer to it, whatever its status.
#[derive(Debug)]
pub struct ScimReply {
    /// The status.
    pub status: StatusCode,
    /// When it wants to be asked again.
    pub retry_after: Option<String>,
    /// The body, not looked at.
    pub body: Vec<u8>,
}

/// Talks to the authorization server with this server's own credentials.
#[derive(Debug)]
pub struct IssuerClient {
    http: reqwest::Client,
    issuer: String,
    internal_url: Option<String>,
    allow_insecure_http: bool,
    client_id: String,
    client_secret: Secret,
    timeout: Duration,
    endpoints: RwLock<Option<Arc<Endpoints>>>,
}

impl IssuerClient {
    /// Makes no request yet.
    pub fn new(config: &Config) -> Result<Self, reqwest::Error> {
        let internal_url = Some(config.issuer.internal_url.clone()).filter(|url| !url.is_empty());
        let reached = internal_url.as_deref().unwrap_or(&config.issuer.url);
        let mut http = reqwest::Client::builder()
            .connect_timeout(config.issuer.timeout)
            // Credentials go to the endpoints of the metadata and nowhere else.
            .redirect(reqwest::redirect::Policy::none());
        if Url::parse(reached).is_ok_and(|url| is_loopback(&url)) {
            http = http.no_proxy();
        }
        Ok(Self {
            http: http.build()?,
            issuer: config.issuer.url.clone(),
            internal_url,
            allow_insecure_http: config.issuer.allow_insecure_http,
            client_id: config.introspection.client_id.clone(),
            client_secret: config.introspection.client_secret.clone(),
            timeout: config.issuer.timeout,
            endpoints: RwLock::new(None),
        })
    }

    /// Reads the metadata and remembers the endpoints.
    pub async fn discover(&self) -> Result<Arc<Endpoints>, IssuerError> {
        let what = "authorization server metadata";
        let url = metadata_url(self.internal_url.as_deref().unwrap_or(&self.issuer))
            .map_err(|problem| IssuerError::Answer { what, problem })?;
        let response = self.send(what, self.http.get(url).timeout(self.timeout)).await?;
        let metadata: Metadata = json(what, response).await?;
        if metadata.issuer != self.issuer {
            return Err(IssuerError::Answer {
                what,
                problem: format!(
                    "its issuer is {:?}, ISSUER_URL is {:?}",
                    metadata.issuer, self.issuer
                ),
            });
        }
        let endpoint = |name: &str, text: &str| {
            self.reached(text).map_err(|problem| IssuerError::Answer {
                what,
                problem: format!("{name}: {problem}"),
            })
        };
        let endpoints = Arc::new(Endpoints {
            jwks: endpoint("jwks_uri", &metadata.jwks_uri)?,
            introspection: endpoint("introspection_endpoint", &metadata.introspection_endpoint)?,
            revocations: endpoint("revocation_feed", &metadata.revocation_feed)?,
            authorization: metadata
                .authorization_endpoint
                .map(|text| {
                    Url::parse(&text).map_err(|error| IssuerError::Answer {
                        what,
                        problem: format!("authorization_endpoint: {text:?}: {error}"),
                    })
                })
                .transpose()?,
            token: metadata
                .token_endpoint
                .map(|text| endpoint("token_endpoint", &text))
                .transpose()?,
        });
        *self.endpoints.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&endpoints));
        Ok(endpoints)
    }

    /// The `Date` that its answers carry, for a look at its clock.
    pub async fn date(&self) -> Result<Option<String>, IssuerError> {
        let what = "JWKS";
        let url = self.endpoints().await?.jwks.clone();
        let response = self.send(what, self.http.get(url).timeout(self.timeout)).await?;
        Ok(response
            .headers()
            .get(DATE)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned))
    }

    /// Whether the metadata was ever read.
    pub fn is_discovered(&self) -> bool {
        self.endpoints
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    /// The key set, and how long it says it may be kept.
    pub async fn keys(&self) -> Result<(JwkSet, Option<Duration>), IssuerError> {
        let what = "JWKS";
        let url = self.endpoints().await?.jwks.clone();
        let response = self.send(what, self.http.get(url).timeout(self.timeout)).await?;
        let max_age = response
            .headers()
            .get(CACHE_CONTROL)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| {
                value
                    .split(',')
                    .find_map(|part| part.trim().strip_prefix("max-age=")?.parse().ok())
            })
            .map(Duration::from_secs);
        Ok((json(what, response).await?, max_age))
    }

    /// Asks about one token or key, for an answer of this media type.
    pub async fn introspect(
        &self,
        token: &str,
        kind: Kind,
        media_type: &'static str,
    ) -> Result<RawAnswer, IssuerError> {
        let what = "introspection";
        let url = self.endpoints().await?.introspection.clone();
        let request = self
            .authenticated(self.http.post(url))
            .header(ACCEPT, media_type)
            .form(&[("token", token), ("token_type_hint", kind.as_str())])
            .timeout(self.timeout);
        let response = self.send(what, request).await?;
        let media_type = response.headers().get(CONTENT_TYPE);
        let media_type = media_type
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim().to_owned();
        let body = response.bytes().await.map_err(|error| transport(what, error))?;
        Ok(RawAnswer {
            media_type,
            body: body.into(),
        })
    }

    /// Opens the stream of revocations after `last_event_id`. It has no end, and no time limit.
    pub async fn revocations(&self, last_event_id: Option<&str>) -> Result<Response, IssuerError> {
        let what = "revocation feed";
        let url = self.endpoints().await?.revocations.clone();
        let mut request = self
            .authenticated(self.http.get(url))
            .header(ACCEPT, "text/event-stream");
        if let Some(id) = last_event_id {
            request = request.header("Last-Event-ID", id);
        }
        tokio::time::timeout(self.timeout, self.send(what, request))
            .await
            .map_err(|_| IssuerError::Transport {
                what,
                problem: format!("no answer within {:?}", self.timeout),
            })?
    }

    /// For requests with other credentials than this server's as a resource server.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Asks about users and groups. A body of more than `limit` bytes is an error.
    pub async fn scim(&self, request: ScimRequest<'_>, limit: usize) -> Result<ScimReply, IssuerError> {
        let what = request.what;
        let base = self.issuer.trim_end_matches('/');
        let url = self
            .reached(&format!("{base}{}{}", SCIM, request.path))
            .map_err(|problem| IssuerError::Answer { what, problem })?;
        let mut sent = self
            .authenticated(self.http.request(request.method, url))
            .header(ACCEPT, SCIM_JSON)
            .query(request.query)
            .timeout(self.timeout);
        if let Some(body) = request.body {
            sent = sent.header(CONTENT_TYPE, SCIM_JSON).body(body.to_string());
        }
        let mut response = sent.send().await.map_err(|error| transport(what, error))?;
        let (status, retry_after) = (response.status(), retry_after(&response));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| transport(what, error))? {
            if body.len() + chunk.len() > limit {
                return Err(IssuerError::Answer {
                    what,
                    problem: format!("more than {limit} bytes"),
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(ScimReply {
            status,
            retry_after,
            body,
        })
    }

    /// The endpoints, from the metadata if they are not known yet.
    pub async fn endpoints(&self) -> Result<Arc<Endpoints>, IssuerError> {
        let known = self
            .endpoints
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match known {
            Some(endpoints) => Ok(endpoints),
            None => self.discover().await,
        }
    }

    /// RFC 6749 section 2.3.1: both parts are form-encoded before they go into Basic.
    fn authenticated(&self, request: RequestBuilder) -> RequestBuilder {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        request.basic_auth(encode(&self.client_id), Some(encode(self.client_secret.expose())))
    }

    async fn send(&self, what: &'static str, request: RequestBuilder) -> Result<Response, IssuerError> {
        let response = request.send().await.map_err(|error| transport(what, error))?;
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        Err(IssuerError::Status {
            what,
            status: response.status(),
            retry_after: retry_after(&response),
        })
    }

    /// An address of the issuer as it is reached from here. Secrets and tokens are sent to the endpoints: the
    /// rule for the issuer holds for them, too.
    pub fn reached(&self, text: &str) -> Result<Url, String> {
        let rebased = match (
            &self.internal_url,
            text.strip_prefix(self.issuer.trim_end_matches('/')),
        ) {
            (Some(internal), Some(path)) => format!("{}{path}", internal.trim_end_matches('/')),
            _ => text.to_owned(),
        };
        let url = Url::parse(&rebased).map_err(|error| format!("{text:?}: {error}"))?;
        let by_choice = self.internal_url.is_some() && rebased != text;
        let is_safe = url.scheme() == "https"
            || (url.scheme() == "http" && (is_loopback(&url) || self.allow_insecure_http || by_choice));
        if is_safe {
            Ok(url)
        } else {
            Err(format!("{text:?} is not https"))
        }
    }
}

fn retry_after(response: &Response) -> Option<String> {
    let value = response.headers().get(RETRY_AFTER)?;
    value.to_str().ok().map(str::to_owned)
}

/// RFC 8414 section 3.1: the well-known part goes between host and path.
fn metadata_url(issuer: &str) -> Result<Url, String> {
    let mut url = Url::parse(issuer).map_err(|error| format!("{issuer:?}: {error}"))?;
    let path = format!(
        "/.well-known/oauth-authorization-server{}",
        url.path().trim_end_matches('/')
    );
    url.set_path(&path);
    Ok(url)
}

async fn json<T: DeserializeOwned>(what: &'static str, response: Response) -> Result<T, IssuerError> {
    let body = response.bytes().await.map_err(|error| transport(what, error))?;
    read_json(what, &body)
}

/// Reads an answer. The parser's text may quote the answer, which may quote a token: only the place is told.
pub fn read_json<T: DeserializeOwned>(what: &'static str, body: &[u8]) -> Result<T, IssuerError> {
    serde_json::from_slice(body).map_err(|error| IssuerError::Answer {
        what,
        problem: format!(
            "not the JSON that was expected (line {}, column {})",
            error.line(),
            error.column()
        ),
    })
}

fn transport(what: &'static str, error: reqwest::Error) -> IssuerError {
    let error = error.without_url();
    let mut problem = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        problem.push_str(": ");
        problem.push_str(&cause.to_string());
        source = cause.source();
    }
    IssuerError::Transport { what, problem }
}
