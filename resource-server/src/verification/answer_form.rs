//! In which form the authorization server has to answer: plain JSON (RFC 7662), or a JWT that it signed
//! (RFC 9701) and, when this server has a key for that, encrypted. A server that wants the one refuses the
//! other: whoever sits between could otherwise leave the signature out.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use token_format::introspection::{INTROSPECTION_MEDIA_TYPE, verify_introspection};
use token_format::key::{DecryptionKey, JwkSet};
use token_format::verify::{Expectations, KeySource, VerifyError};

use super::introspection::Answer;
use super::issuer::{IssuerError, RawAnswer, read_json};
use crate::config::{AnswerFormat, Config};

const WHAT: &str = "introspection";
/// A longer file is not a key, bytes.
const LONGEST_KEY: u64 = 64 * 1024;

/// The form that answers must have.
#[derive(Debug)]
pub enum AnswerForm {
    /// Plain JSON.
    Plain,
    /// A signed JWT.
    Signed {
        /// Of whom and for whom: `audience` is this server's client id.
        expected: Expectations,
        /// The key it must be encrypted to.
        decryption_key: Option<Box<DecryptionKey>>,
    },
}

/// Why an answer is not believed.
#[derive(Debug)]
pub struct Unreadable {
    error: IssuerError,
    unknown_key: Option<String>,
}

impl AnswerForm {
    /// What the settings ask for. Reads the key's file.
    pub fn load(config: &Config) -> Result<Self, String> {
        match config.introspection.format {
            AnswerFormat::Json => Ok(Self::Plain),
            AnswerFormat::Jwt => Ok(Self::Signed {
                expected: Expectations {
                    issuer: config.issuer.url.clone(),
                    audience: config.introspection.client_id.clone(),
                    algorithms: config.issuer.algorithms.clone(),
                },
                decryption_key: read_key(&config.introspection.decryption_key)?.map(Box::new),
            }),
        }
    }

    /// What to ask for.
    pub fn media_type(&self) -> &'static str {
        match self {
            Self::Plain => "application/json",
            Self::Signed { .. } => INTROSPECTION_MEDIA_TYPE,
        }
    }

    /// The public half of the key that answers are encrypted to.
    pub fn public_keys(&self) -> JwkSet {
        let key = match self {
            Self::Plain => None,
            Self::Signed { decryption_key, .. } => decryption_key.as_ref(),
        };
        JwkSet {
            keys: key
                .map(|key| key.public_key().jwk().clone())
                .into_iter()
                .collect(),
        }
    }

    /// Reads an answer, believing the issuer's `keys` alone; `now` in unix seconds.
    pub fn read(&self, raw: &RawAnswer, keys: &impl KeySource, now: i64) -> Result<Answer, Unreadable> {
        match self {
            Self::Plain => Ok(read_json(WHAT, &raw.body)?),
            Self::Signed {
                expected,
                decryption_key,
            } => {
                if !raw.media_type.eq_ignore_ascii_case(INTROSPECTION_MEDIA_TYPE) {
                    return Err(problem("the answer is not a signed one (RFC 9701)").into());
                }
                let text = std::str::from_utf8(&raw.body).map_err(|_| problem("the answer is no JWT"))?;
                let decrypted;
                let jwt = match decryption_key {
                    None => text,
                    Some(key) => {
                        let content = key
                            .decrypt(text)
                            .and_then(token_format::jwe::Decrypted::nested_jwt);
                        decrypted = content.map_err(problem)?;
                        &decrypted
                    }
                };
                verify_introspection(jwt, keys, expected, now).map_err(Unreadable::from)
            }
        }
    }
}

impl fmt::Display for AnswerForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Signed {
                decryption_key: None, ..
            } => "signed",
            Self::Signed { .. } => "signed and encrypted",
        })
    }
}

impl Unreadable {
    /// The key id that is not in the key set, if that is all that is wrong.
    pub(super) fn unknown_key(&self) -> Option<&str> {
        self.unknown_key.as_deref()
    }
}

impl From<IssuerError> for Unreadable {
    fn from(error: IssuerError) -> Self {
        Self {
            error,
            unknown_key: None,
        }
    }
}

impl From<VerifyError> for Unreadable {
    fn from(error: VerifyError) -> Self {
        Self {
            error: problem(&error),
            unknown_key: match error {
                VerifyError::UnknownKey { kid } => Some(kid),
                _ => None,
            },
        }
    }
}

impl From<Unreadable> for IssuerError {
    fn from(unreadable: Unreadable) -> Self {
        unreadable.error
    }
}

fn problem(problem: impl fmt::Display) -> IssuerError {
    IssuerError::Answer {
        what: WHAT,
        problem: problem.to_string(),
    }
}

fn read_key(path: &Path) -> Result<Option<DecryptionKey>, String> {
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    let text = read_file(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let key = DecryptionKey::read(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Some(key))
}

fn read_file(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LONGEST_KEY).read_to_string(&mut text)?;
    Ok(text)
}
