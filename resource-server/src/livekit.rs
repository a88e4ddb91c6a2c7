//! Join tokens for LiveKit, in its public format: a JWT (RFC 7519), signed with HS256 (RFC 7518 section 3.2) under
//! the secret of an API key that the LiveKit server knows. The two servers never talk to each other.

use std::time::Duration;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use uuid::Uuid;

use crate::config::LiveKitConfig;
use crate::domain::access::Role;

/// Signs join tokens.
pub struct LiveKit {
    url: String,
    api_key: String,
    secret: hmac::Key,
    token_life: Duration,
}

/// Who enters which room.
#[derive(Clone, Copy, Debug)]
pub struct Entrant<'a> {
    /// The user.
    pub user_id: Uuid,
    /// What the others in the meeting read, where it is known.
    pub name: Option<&'a str>,
    /// The room.
    pub room_id: Uuid,
    /// What the user is in it; none for a guest.
    pub role: Option<Role>,
}

/// The payload. LiveKit reads what stands in `video` as the rights within one room.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: Uuid,
    jti: Uuid,
    nbf: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    video: VideoGrant,
    metadata: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the shape of LiveKit's grant")]
struct VideoGrant {
    room: Uuid,
    room_join: bool,
    can_publish: bool,
    can_subscribe: bool,
    can_publish_data: bool,
    /// Mutes and removes others.
    room_admin: bool,
}

impl std::fmt::Debug for LiveKit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveKit")
            .field("url", &self.url)
            .field("api_key", &self.api_key)
            .finish_non_exhaustive()
    }
}

impl LiveKit {
    /// `None` when the settings name no LiveKit server.
    pub fn new(config: &LiveKitConfig) -> Option<Self> {
        config.is_set().then(|| Self {
            url: config.url.clone(),
            api_key: config.api_key.clone(),
            secret: hmac::Key::new(HMAC_SHA256, config.api_secret.expose().as_bytes()),
            token_life: config.token_life,
        })
    }

    /// Where the clients of a meeting connect to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How long a token may be used to enter.
    pub fn token_life(&self) -> Duration {
        self.token_life
    }

    /// A token that is good from `now` on (Unix seconds).
    pub fn join_token(&self, entrant: Entrant<'_>, now: i64) -> Result<String, serde_json::Error> {
        let life = i64::try_from(self.token_life.as_secs()).unwrap_or(i64::MAX);
        let role = entrant.role.map_or("guest", Role::as_str);
        self.sign(&Claims {
            iss: &self.api_key,
            sub: entrant.user_id,
            jti: Uuid::new_v4(),
            nbf: now,
            exp: now.saturating_add(life),
            name: entrant.name,
            video: VideoGrant {
                room: entrant.room_id,
                room_join: true,
                can_publish: true,
                can_subscribe: true,
                can_publish_data: true,
                room_admin: entrant.role.is_some_and(Role::may_manage),
            },
            metadata: serde_json::json!({ "role": role }).to_string(),
        })
    }

    fn sign(&self, claims: &Claims<'_>) -> Result<String, serde_json::Error> {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims)?);
        let mut token = format!("{header}.{payload}");
        let tag = hmac::sign(&self.secret, token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(tag, &mut token);
        Ok(token)
    }
}
