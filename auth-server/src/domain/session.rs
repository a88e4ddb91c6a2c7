//! A browser's session with the authorization server.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A signed-in browser. The cookie's value is random and stored as a hash only; `sid` is the public handle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The handle that tokens may carry (`sid`) and pages may show; worth nothing as a credential.
    pub sid: String,
    /// Who is signed in.
    pub user_id: Uuid,
    /// When the user last proved who they are, seconds since the Unix epoch (`auth_time`).
    pub auth_time: i64,
    /// When the session began, seconds since the Unix epoch.
    pub created_at: i64,
    /// When it ends unless ended before, seconds since the Unix epoch.
    pub expires_at: i64,
    /// The browser's User-Agent at sign-in, cut to 200 characters, for the user's own list of sessions.
    #[serde(default)]
    pub user_agent: String,
    /// How the user proved who they are; empty in sessions that are older than the record of it.
    #[serde(default)]
    pub amr: Vec<Amr>,
}

/// How somebody proved who they are (RFC 8176 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Amr {
    /// A password.
    Pwd,
    /// A one-time password.
    Otp,
    /// A key that cannot leave its hardware.
    Hwk,
    /// A key that software keeps.
    Swk,
    /// More than one factor.
    Mfa,
}
