//! Users and groups, which belong to the authorization server: a SCIM 2.0 client (RFC 7644).
//!
//! A user or group that was read is believed for a short while; a change made here shows at once.
//! Nothing is answered from memory that is older, also when the authorization server is away.

mod cache;
mod error;
mod groups;
mod resources;
mod users;

use std::sync::Arc;

use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use cache::Remembered;
pub use error::DirectoryError;
use resources::ScimError;

use crate::config::Config;
use crate::domain::directory::{DirectoryUser, Group};
use crate::telemetry::Metrics;
use crate::verification::{Bounded, IssuerClient, ScimReply, ScimRequest, read_json};

/// The largest answer that is read: a page of 100 users takes a tenth of it.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// What is said about a change that the authorization server refuses without a word.
const READ_ONLY: &str = "The directory is read-only: users and groups are managed elsewhere.";
/// What is said about a value that it refuses without a word.
const NOT_ACCEPTED: &str = "This value was not accepted.";

/// Reads and writes users and groups with this server's own credentials.
#[derive(Debug)]
pub struct Directory {
    issuer: Arc<IssuerClient>,
    bounded: Bounded,
    users: Remembered<DirectoryUser>,
    groups: Remembered<Group>,
    metrics: Metrics,
}

/// What is asked of the authorization server.
struct Request<'a> {
    what: &'static str,
    method: Method,
    path: &'a str,
    query: &'a [(&'static str, String)],
    body: Option<Value>,
}

impl<'a> Request<'a> {
    fn read(what: &'static str, path: &'a str, query: &'a [(&'static str, String)]) -> Self {
        Self {
            what,
            method: Method::GET,
            path,
            query,
            body: None,
        }
    }

    fn write(what: &'static str, method: Method, path: &'a str, body: Option<Value>) -> Self {
        Self {
            what,
            method,
            path,
            query: &[],
            body,
        }
    }
}

/// What it answered.
enum Reply {
    /// The resource, as JSON.
    Resource(Vec<u8>),
    /// It is done, and there is nothing to say.
    NoContent,
    /// There is no such user or group.
    NotFound,
    /// Somebody has this address or name already.
    Taken,
    /// It does not want these values; why, in words for people.
    Invalid(String),
}

impl Directory {
    /// Makes no request yet.
    pub fn new(config: &Config, issuer: Arc<IssuerClient>, metrics: Metrics) -> Self {
        let life = config.directory.cache_seconds;
        Self {
            issuer,
            bounded: Bounded::new(config.directory.max_concurrent, config.issuer.timeout),
            users: Remembered::new(life),
            groups: Remembered::new(life),
            metrics,
        }
    }

    async fn send(&self, request: Request<'_>) -> Result<Reply, DirectoryError> {
        let (what, is_write) = (request.what, request.method != Method::GET);
        let request = ScimRequest {
            what,
            method: request.method,
            path: request.path,
            query: request.query,
            body: request.body,
        };
        let answer = self
            .bounded
            .run(what, self.issuer.scim(request, ANSWER_LIMIT))
            .await;
        let reply = answer
            .map_err(DirectoryError::from)
            .and_then(|answer| classify(what, is_write, answer));
        let outcome = match &reply {
            Ok(Reply::Resource(_) | Reply::NoContent) => "ok",
            Ok(_) | Err(DirectoryError::Forbidden { .. }) => "refused",
            Err(_) => "failed",
        };
        self.metrics
            .directory_requests
            .with_label_values(&[outcome])
            .inc();
        reply
    }

    /// Reads what is there, or not.
    async fn fetch<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
        query: &[(&'static str, String)],
    ) -> Result<Option<T>, DirectoryError> {
        match self.send(Request::read(what, path, query)).await? {
            Reply::Resource(body) => Ok(Some(read_json(what, &body)?)),
            Reply::NotFound => Ok(None),
            reply => Err(unexpected(what, &reply)),
        }
    }
}

/// RFC 7644 section 3.12. A change is refused with 403 or 501 (its users come from elsewhere, say); a 403
/// to a reader means that this server may not read.
fn classify(what: &'static str, is_write: bool, answer: ScimReply) -> Result<Reply, DirectoryError> {
    let detail = |otherwise: &str| ScimError::detail_of(&answer.body).unwrap_or_else(|| otherwise.to_owned());
    match answer.status {
        StatusCode::OK | StatusCode::CREATED => Ok(Reply::Resource(answer.body)),
        StatusCode::NO_CONTENT => Ok(Reply::NoContent),
        StatusCode::NOT_FOUND => Ok(Reply::NotFound),
        StatusCode::CONFLICT => Ok(Reply::Taken),
        StatusCode::BAD_REQUEST => Ok(Reply::Invalid(detail(NOT_ACCEPTED))),
        StatusCode::FORBIDDEN | StatusCode::NOT_IMPLEMENTED if is_write => Err(DirectoryError::Forbidden {
            detail: detail(READ_ONLY),
        }),
        status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
            Err(DirectoryError::Misconfigured { what, status })
        }
        status => Err(DirectoryError::Unavailable {
            reason: format!("{what}: answered {status}"),
            retry_after: answer.retry_after,
        }),
    }
}

/// An answer that makes no sense here.
fn unexpected(what: &'static str, reply: &Reply) -> DirectoryError {
    let answered = match reply {
        Reply::Resource(_) => "with a resource",
        Reply::NoContent => "with nothing",
        Reply::NotFound => "not found",
        Reply::Taken => "taken",
        Reply::Invalid(detail) => detail,
    };
    DirectoryError::Unavailable {
        reason: format!("{what}: the authorization server answered: {answered}"),
        retry_after: None,
    }
}
