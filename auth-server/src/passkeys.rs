//! Passkeys (WebAuthn Level 2): the ceremonies of the relying party, which this server is. Each has two halves; the
//! state between them travels as text, and whoever keeps it sees to it that it is ours, recent and used once.
//!
//! User verification (a fingerprint, a PIN) is always asked for: a passkey can then stand for the password, too.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// Why a ceremony came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// The issuer's host is an address, for which there are no passkeys (WebAuthn 4, RP ID).
    #[error("the issuer has no host name, so there are no passkeys")]
    Unavailable,
    /// What the browser sent is no credential.
    #[error("the passkey's answer cannot be read: {0}")]
    Unreadable(String),
    /// A credential that does not prove what it should.
    #[error("the passkey was refused: {0}")]
    Refused(String),
    /// What we kept cannot be read.
    #[error("a stored passkey cannot be read: {0}")]
    Broken(String),
}

impl From<WebauthnError> for PasskeyError {
    fn from(error: WebauthnError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// The first half of a ceremony.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// For the browser: the options of `navigator.credentials`, JSON with binary values in base64url.
    pub options: String,
    /// For the second half.
    pub state: String,
}

/// A passkey that was just made.
#[derive(Clone, Debug)]
pub struct NewPasskey {
    /// The authenticator's id of it, base64url.
    pub credential_id: String,
    /// What verifying needs, JSON.
    pub credential: String,
    /// The authenticator's counter; 0 when it has none.
    pub sign_count: i64,
    /// Whether the key may leave its device.
    pub synced: bool,
}

/// A passkey that somebody shows, not verified yet.
#[derive(Clone, Debug)]
pub struct Presented {
    /// The authenticator's id of it, base64url.
    pub credential_id: String,
    /// The user whom the authenticator made it for, if it says; nil for a name that is none of ours.
    pub user_id: Option<Uuid>,
    answer: PublicKeyCredential,
}

/// A passkey that proved itself.
#[derive(Clone, Debug)]
pub struct Proven {
    /// What verifying needs from now on, JSON.
    pub credential: String,
    /// The authenticator's counter; 0 when it has none.
    pub sign_count: i64,
    /// Whether the key may leave its device.
    pub synced: bool,
}

/// This server as a relying party.
#[derive(Debug)]
pub struct RelyingParty(Option<Webauthn>);

impl RelyingParty {
    /// The relying party of an issuer: its host is the RP ID, itself the one origin.
    pub fn new(issuer: &str) -> Self {
        let webauthn = Url::parse(issuer).ok().and_then(|origin| {
            let host = origin.domain()?.to_owned();
            WebauthnBuilder::new(&host, &origin)
                .and_then(|builder| builder.rp_name(&host).build())
                .ok()
        });
        Self(webauthn)
    }

    /// Whether there can be passkeys.
    pub fn is_available(&self) -> bool {
        self.0.is_some()
    }

    fn webauthn(&self) -> Result<&Webauthn, PasskeyError> {
        self.0.as_ref().ok_or(PasskeyError::Unavailable)
    }

    /// Begins to make a passkey for a user; `existing` are those of theirs, so that no authenticator gets a second.
    pub fn start_registration(
        &self,
        user_id: Uuid,
        email: &str,
        name: &str,
        existing: &[String],
    ) -> Result<Ceremony, PasskeyError> {
        let exclude = existing.iter().filter_map(|id| decode(id)).collect();
        let (challenge, state) =
            self.webauthn()?
                .start_passkey_registration(user_id, email, name, Some(exclude))?;
        let mut options = serde_json::to_value(challenge.public_key).map_err(|error| broken(&error))?;
        // Only what the authenticator keeps can be found without an e-mail address.
        options["authenticatorSelection"]["residentKey"] = json!("required");
        options["authenticatorSelection"]["requireResidentKey"] = json!(true);
        Ok(Ceremony {
            options: options.to_string(),
            state: write(&state)?,
        })
    }

    /// Checks what an authenticator answered to `state`.
    pub fn finish_registration(&self, state: &str, answer: &str) -> Result<NewPasskey, PasskeyError> {
        let state: PasskeyRegistration = read(state)?;
        let answer: RegisterPublicKeyCredential = presented(answer)?;
        let passkey = self.webauthn()?.finish_passkey_registration(&answer, &state)?;
        let credential = serde_json::to_value(&passkey).map_err(|error| broken(&error))?;
        Ok(NewPasskey {
            credential_id: URL_SAFE_NO_PAD.encode(passkey.cred_id()),
            sign_count: credential["cred"]["counter"].as_i64().unwrap_or_default(),
            synced: credential["cred"]["backup_eligible"]
                .as_bool()
                .unwrap_or_default(),
            credential: credential.to_string(),
        })
    }

    /// Begins to ask for one of `allowed`; for any passkey of this server when that is empty.
    pub fn start_authentication(&self, allowed: &[String]) -> Result<Ceremony, PasskeyError> {
        let (challenge, state) = self.webauthn()?.start_discoverable_authentication()?;
        let mut options = serde_json::to_value(challenge.public_key).map_err(|error| broken(&error))?;
        options["allowCredentials"] = allowed
            .iter()
            .map(|id| json!({"type": "public-key", "id": id}))
            .collect::<Value>();
        Ok(Ceremony {
            options: options.to_string(),
            state: write(&state)?,
        })
    }

    /// Reads which passkey an answer claims to come from.
    pub fn identify(answer: &str) -> Result<Presented, PasskeyError> {
        let answer: PublicKeyCredential = presented(answer)?;
        Ok(Presented {
            credential_id: URL_SAFE_NO_PAD.encode(answer.get_credential_id()),
            user_id: answer
                .get_user_unique_id()
                .filter(|handle| !handle.is_empty())
                .map(|handle| Uuid::from_slice(handle).unwrap_or_default()),
            answer,
        })
    }

    /// Checks an answer to `state` with the stored `credential` (WebAuthn 7.2): challenge, origin, RP ID, user
    /// verification, signature, counter.
    pub fn finish_authentication(
        &self,
        state: &str,
        presented: &Presented,
        credential: &str,
    ) -> Result<Proven, PasskeyError> {
        let state: DiscoverableAuthentication = read(state)?;
        let mut passkey: Passkey = read(credential)?;
        let key = DiscoverableKey::from(&passkey);
        let result =
            self.webauthn()?
                .finish_discoverable_authentication_v2(&presented.answer, state, &key)?;
        if !result.user_verified() {
            return Err(PasskeyError::Refused("the user was not verified".to_owned()));
        }
        passkey.update_credential(&result);
        Ok(Proven {
            credential: write(&passkey)?,
            sign_count: i64::from(result.counter()),
            synced: result.backup_eligible(),
        })
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn broken(error: &serde_json::Error) -> PasskeyError {
    PasskeyError::Broken(error.to_string())
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, PasskeyError> {
    serde_json::from_str(text).map_err(|error| broken(&error))
}

fn write(value: &impl Serialize) -> Result<String, PasskeyError> {
    serde_json::to_string(value).map_err(|error| broken(&error))
}

fn presented<T: DeserializeOwned>(answer: &str) -> Result<T, PasskeyError> {
    serde_json::from_str(answer).map_err(|error| PasskeyError::Unreadable(error.to_string()))
}
