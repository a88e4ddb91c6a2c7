//! Tokens as the token store knows them: never the tokens themselves.

use std::fmt;

use serde::{Deserialize, Serialize};
use token_format::scope::ScopeSet;
use uuid::Uuid;

use super::grant::{CodeBinding, FamilyId, Grant};
use super::listing::Place;
use super::secret::HashedToken;

/// An authorization code waiting to be redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRecord {
    /// The family its tokens will form; a replay of the code revokes it.
    pub family: FamilyId,
    /// What was authorized.
    pub grant: Grant,
    /// What the exchange must match.
    pub binding: CodeBinding,
    /// End of life, milliseconds since the Unix epoch.
    pub expires_at_ms: i64,
}

/// How the store finds an access token again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AccessKey {
    /// A JWT, by its `jti`.
    Jti(Uuid),
    /// An opaque token, by its hash.
    Opaque(HashedToken),
}

impl AccessKey {
    /// The key as text: `j` and the jti, or `o` and the hash.
    pub fn to_text(&self) -> String {
        match self {
            Self::Jti(jti) => format!("j{}", jti.simple()),
            Self::Opaque(hash) => format!("o{}", hash.as_str()),
        }
    }

    /// Reads what `to_text` wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        if let Some(jti) = text.strip_prefix('j') {
            return jti.parse().ok().map(Self::Jti);
        }
        let hash = text.strip_prefix('o')?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then(|| Self::Opaque(HashedToken::stored(hash)))
    }
}

/// An access token about to be issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccess {
    /// How it will be found.
    pub key: AccessKey,
    /// Its id (UUIDv7: carries the moment of issue), also for opaque tokens.
    pub jti: Uuid,
    /// Moment of issue, milliseconds since the Unix epoch.
    pub issued_at_ms: i64,
    /// End of life, milliseconds since the Unix epoch.
    pub expires_at_ms: i64,
    /// The scope when narrower than the grant's.
    pub scope: Option<ScopeSet>,
}

/// A refresh token about to be issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRefresh {
    /// Its hash.
    pub hash: HashedToken,
    /// End of life, milliseconds since the Unix epoch; the store cuts it to the family's own end.
    pub expires_at_ms: i64,
}

/// The first tokens of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The access token.
    pub access: NewAccess,
    /// The refresh token, when the application's policy gives one.
    pub refresh: Option<NewRefresh>,
    /// The family's absolute end, however often it is refreshed; milliseconds since the Unix epoch.
    pub family_ends_at_ms: i64,
}

/// What became of a code that was presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redemption {
    /// First use: the code is burnt, and the family with its first tokens exists.
    Redeemed(Box<CodeRecord>),
    /// The code had been used: its family is revoked now (RFC 6749 4.1.2).
    Replayed {
        /// The family that was revoked.
        family: FamilyId,
        /// Whose it was.
        grant: Box<Grant>,
    },
    /// No such code, or its life is over.
    Unknown,
}

/// What happens to a refresh token when it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefreshPolicy {
    /// A successor takes its place (RFC 9700 4.14.2).
    Rotate {
        /// The successor: derived from the presented token, so that it can be given again.
        successor: NewRefresh,
        /// For how long after its first use the same successor is given again, milliseconds; 0: never.
        grace_ms: i64,
    },
    /// It stays as it is and is never re-issued.
    Keep,
}

/// A refresh token's use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshAttempt {
    /// The presented token's hash.
    pub presented: HashedToken,
    /// The application that presents it.
    pub client_id: String,
    /// What the application's policy says.
    pub policy: RefreshPolicy,
    /// The access token to be issued.
    pub access: NewAccess,
}

/// What became of a refresh token that was presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefreshOutcome {
    /// The successor (or with policy keep the token itself) and the new access token are live.
    Refreshed {
        /// The family.
        family: FamilyId,
        /// What was authorized.
        grant: Box<Grant>,
    },
    /// A replay within the grace: the same successor holds, a new access token is live.
    Repeated {
        /// The family.
        family: FamilyId,
        /// What was authorized.
        grant: Box<Grant>,
    },
    /// A replay: the whole family is revoked now.
    Replayed {
        /// The family that was revoked.
        family: FamilyId,
        /// Whose it was.
        grant: Box<Grant>,
    },
    /// The token is another application's; nothing changed.
    WrongClient,
    /// No such token, its life is over, or it was revoked.
    Unknown,
}

/// A live refresh token, looked at without using it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshView {
    /// The family.
    pub family: FamilyId,
    /// What was authorized.
    pub grant: Grant,
    /// Moment of issue, milliseconds since the Unix epoch.
    pub issued_at_ms: i64,
    /// End of life, milliseconds since the Unix epoch.
    pub expires_at_ms: i64,
    /// Whether it has been used (and rotated) already.
    pub used: bool,
}

/// A live access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRecord {
    /// Its id.
    pub jti: Uuid,
    /// The family, unless the token stands alone (client credentials).
    pub family: Option<FamilyId>,
    /// What was authorized, its scope already narrowed to this token's.
    pub grant: Grant,
    /// Moment of issue, milliseconds since the Unix epoch.
    pub issued_at_ms: i64,
    /// End of life, milliseconds since the Unix epoch.
    pub expires_at_ms: i64,
}

/// One line of a token list: a family, or an access token that stands alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSummary {
    /// What [`RevocationTarget`] revokes it by: `family:UUID` or `token:KEY`.
    pub id: String,
    /// The application.
    pub client_id: String,
    /// The user, unless server-wide.
    pub user_id: Option<Uuid>,
    /// What was allowed.
    pub scope: ScopeSet,
    /// First issue, milliseconds since the Unix epoch.
    pub issued_at_ms: i64,
    /// Last issue in the family, milliseconds since the Unix epoch.
    pub last_used_at_ms: i64,
    /// When the last of it ends, milliseconds since the Unix epoch.
    pub expires_at_ms: i64,
}

impl TokenSummary {
    /// Where it stands in a list.
    pub fn place(&self) -> Place {
        Place::from((self.issued_at_ms, self.id.as_str()))
    }
}

/// What a revocation hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevocationTarget {
    /// One access token.
    Access(AccessKey),
    /// One family: its refresh tokens and access tokens.
    Family(FamilyId),
    /// Everything issued to an application so far.
    Client(String),
    /// Everything issued for a user so far.
    User(Uuid),
    /// Everything issued to an application for a user so far.
    Grant {
        /// The application.
        client_id: String,
        /// The user.
        user_id: Uuid,
    },
}

/// In words, for the audit log.
impl fmt::Display for RevocationTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access(key) => write!(f, "the access token {}", key.to_text()),
            Self::Family(FamilyId(id)) => write!(f, "everything of the authorization {id}"),
            Self::Client(client_id) => write!(f, "everything of the application {client_id}"),
            Self::User(id) => write!(f, "everything of the user {id}"),
            Self::Grant { client_id, user_id } => {
                write!(
                    f,
                    "everything of the application {client_id} for the user {user_id}"
                )
            }
        }
    }
}

impl RevocationTarget {
    /// Reads the id of a [`TokenSummary`].
    pub fn from_text(id: &str) -> Option<Self> {
        match id.split_once(':')? {
            ("family", family) => family.parse().ok().map(|family| Self::Family(FamilyId(family))),
            ("token", key) => AccessKey::from_text(key).map(Self::Access),
            _ => None,
        }
    }
}

/// Which tokens to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenFilter {
    /// An application's.
    Client(String),
    /// A user's.
    User(Uuid),
}
