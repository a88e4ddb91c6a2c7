//! Cookies: HttpOnly, SameSite=Lax, and on https `Secure` with the `__Host-` prefix, which ties them to this
//! host (RFC 6265bis 4.1.3).

use axum::http::HeaderValue;

/// The chosen language; no secret, so it has no prefix.
pub const LANGUAGE: &str = "anteroom_language";

const YEAR_SECONDS: i64 = 31_536_000;

/// Name of the session cookie.
pub fn session_name(secure: bool) -> String {
    host_name("anteroom_session", secure)
}

/// Name of the cookie that forms before the sign-in are bound to.
pub fn form_name(secure: bool) -> String {
    host_name("anteroom_form", secure)
}

/// Name of the cookie between the password and the second factor.
pub fn half_name(secure: bool) -> String {
    host_name("anteroom_second_factor", secure)
}

fn host_name(name: &str, secure: bool) -> String {
    if secure {
        format!("__Host-{name}")
    } else {
        name.to_owned()
    }
}

/// The value of a cookie in a Cookie header.
pub fn find(header: &str, name: &str) -> Option<String> {
    header
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, value)| *known == name && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

/// A Set-Cookie header for a cookie that ends with the browser or after `max_age` seconds (0 deletes it).
pub fn set(name: &str, value: &str, max_age: Option<i64>, secure: bool) -> Option<HeaderValue> {
    let age = max_age
        .map(|seconds| format!("; Max-Age={seconds}"))
        .unwrap_or_default();
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!(
        "{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}"
    ))
    .ok()
}

/// A Set-Cookie header that remembers the language.
pub fn set_language(tag: &str, secure: bool) -> Option<HeaderValue> {
    set(LANGUAGE, tag, Some(YEAR_SECONDS), secure)
}
