//! `WWW-Authenticate` for Bearer (RFC 6750 section 3), with `resource_metadata` (RFC 9728 section 5.1).

use axum::http::{HeaderValue, StatusCode, header};

use crate::http::error::ApiError;
use crate::state::State;
use crate::verification::Refusal;

/// What a 401 says, whether the token is bad or not there at all.
const INVALID_TOKEN: &str = "Invalid token.";
/// What a 401 says when the token was good and is over.
const TOKEN_EXPIRED: &str = "Token expired.";

/// Why a request gets no further.
#[derive(Debug)]
pub(super) enum Refused<'a> {
    /// It has no token. RFC 6750 section 3.1: then the challenge has no error code.
    NoToken {
        /// For the log.
        reason: &'static str,
    },
    /// It presents its token in a way that nobody should guess at.
    InvalidRequest {
        /// For the client and the log.
        reason: &'static str,
    },
    /// Its token was judged.
    Token(Refusal),
    /// Its token does not permit this.
    Scope {
        /// The permission that is missing, as the Meet API writes it.
        named: &'a str,
        /// For `scope=`.
        scope: &'a str,
    },
    /// No user is behind its token.
    NoUser,
}

impl Refused<'_> {
    pub(super) fn into_error(self, state: &State) -> ApiError {
        match self {
            Self::NoToken { reason } => ApiError::token(StatusCode::UNAUTHORIZED, INVALID_TOKEN, reason)
                .with_header(header::WWW_AUTHENTICATE, challenge(state, &[])),
            Self::InvalidRequest { reason } => ApiError::token(StatusCode::BAD_REQUEST, reason, reason)
                .with_header(
                    header::WWW_AUTHENTICATE,
                    challenge(
                        state,
                        &[("error", "invalid_request"), ("error_description", reason)],
                    ),
                ),
            Self::Token(Refusal::Unavailable { reason, retry_after }) => {
                ApiError::unavailable(reason).retry_after(retry_after)
            }
            Self::Token(refusal) => {
                let text = if matches!(refusal, Refusal::Expired) {
                    TOKEN_EXPIRED
                } else {
                    INVALID_TOKEN
                };
                ApiError::token(StatusCode::UNAUTHORIZED, text, refusal.to_string()).with_header(
                    header::WWW_AUTHENTICATE,
                    challenge(state, &[("error", "invalid_token"), ("error_description", text)]),
                )
            }
            Self::Scope { named, scope } => {
                let detail = format!("Insufficient permissions. Required scope: '{named}'");
                ApiError::forbidden(&detail).with_header(
                    header::WWW_AUTHENTICATE,
                    challenge(
                        state,
                        &[
                            ("error", "insufficient_scope"),
                            ("error_description", &detail),
                            ("scope", scope),
                        ],
                    ),
                )
            }
            Self::NoUser => {
                let detail = "This API acts for a user: a token that was issued to an application alone cannot use it.";
                ApiError::forbidden(detail).with_header(
                    header::WWW_AUTHENTICATE,
                    challenge(
                        state,
                        &[("error", "insufficient_scope"), ("error_description", detail)],
                    ),
                )
            }
        }
    }
}

/// Values are ours and the configured URL's: none has a quotation mark or a backslash.
fn challenge(state: &State, attributes: &[(&str, &str)]) -> HeaderValue {
    let mut text = String::from("Bearer ");
    for (name, value) in attributes {
        text.push_str(name);
        text.push_str("=\"");
        text.push_str(value);
        text.push_str("\", ");
    }
    text.push_str("resource_metadata=\"");
    text.push_str(state.documents.protected_resource_url.as_str());
    text.push('"');
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("Bearer"))
}
