//! Cookies: HttpOnly, SameSite=Lax, and on https `Secure` with the `__Host-` prefix, which ties them to this
//! host (RFC 6265bis section 4.1.3). Lax, as the return from the authorization server is a visit from
//! another site.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::config::Config;

/// Who is signed in.
pub(super) const SESSION: &str = "anteroom_rooms_session";
/// On the way to the authorization server and back.
pub(super) const ATTEMPT: &str = "anteroom_rooms_sign_in";
/// What the next page tells.
pub(super) const NOTICE: &str = "anteroom_rooms_notice";
/// The chosen language.
pub(super) const LANGUAGE: &str = "anteroom_rooms_language";

/// Seconds in which a person signs in and agrees.
pub(super) const ATTEMPT_LIFE: i64 = 1800;
/// Seconds until the next page must have come.
pub(super) const NOTICE_LIFE: i64 = 30;
/// Seconds for which a choice of language is remembered.
pub(super) const LANGUAGE_LIFE: i64 = 31_536_000;

fn is_secure(config: &Config) -> bool {
    let scheme = config.server.resource_url.get(..6);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
}

/// The value of a cookie of ours.
pub(super) fn find(headers: &HeaderMap, name: &str, config: &Config) -> Option<String> {
    let prefix = if is_secure(config) { "__Host-" } else { "" };
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, value)| known.strip_prefix(prefix) == Some(name) && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

/// A `Set-Cookie` header; 0 seconds of life remove the cookie.
pub(super) fn set(name: &str, value: &str, life: i64, config: &Config) -> Option<HeaderValue> {
    let (prefix, secure) = if is_secure(config) {
        ("__Host-", "; Secure")
    } else {
        ("", "")
    };
    HeaderValue::from_str(&format!(
        "{prefix}{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={life}{secure}"
    ))
    .ok()
}

/// A `Set-Cookie` header that removes a cookie.
pub(super) fn remove(name: &str, config: &Config) -> Option<HeaderValue> {
    set(name, "", 0, config)
}
