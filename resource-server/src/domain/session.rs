//! Somebody who is signed in on the pages of this server.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::{CryptoRng, RngExt};
use uuid::Uuid;

use super::attendee::Email;
use super::principal::{AuthMethod, Principal};

/// A browser's sign-in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Session {
    /// The user.
    pub user_id: Uuid,
    /// The user's address, where the token told it.
    pub email: Option<Email>,
    /// The application through which the user signed in: this server's own.
    pub client_id: String,
    /// Whether the user agreed that rooms may be changed, too.
    pub may_change: bool,
    /// The id of the token that the sign-in rests on.
    pub token_id: String,
    /// When that token was issued, unix milliseconds.
    pub token_issued_at_millis: i64,
    /// Unix seconds; at this moment it is over.
    pub expires_at: i64,
}

impl Session {
    /// The user, as one who acts.
    pub fn principal(&self) -> Principal {
        Principal {
            user_id: self.user_id,
            email: self.email.clone(),
            client_id: self.client_id.clone(),
            auth_method: AuthMethod::Webapp,
        }
    }
}

/// The value of a session cookie. Only its hash is stored.
#[derive(Clone)]
pub struct SessionCookie(String);

impl SessionCookie {
    /// 256 random bits.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(URL_SAFE_NO_PAD.encode(rng.random::<[u8; 32]>()))
    }

    /// What a browser sent.
    pub fn presented(value: String) -> Self {
        Self(value)
    }

    /// The value itself, for the browser.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// SHA-256, under which the session is found.
    pub fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.0.as_bytes()))
    }
}

impl fmt::Debug for SessionCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionCookie(..)")
    }
}
