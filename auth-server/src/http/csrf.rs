//! CSRF: a form carries a keyed hash over the cookie of the browser it was shown to, its purpose and what it is
//! about. Another session's token, or one for other content, does not fit.

use axum::http::HeaderMap;
use axum::http::header::ORIGIN;

use crate::keys::ServerMac;

const LABEL: &str = "csrf";

/// The token of a form.
pub fn token(mac: &ServerMac, cookie: &str, purpose: &str, about: &str) -> String {
    mac.hex(LABEL, &[cookie, purpose, about])
}

/// Whether a form may act: its token fits, and the browser does not say that it comes from elsewhere. Pages
/// send no referrer, so browsers may give their origin as `null`.
pub fn accepts(
    mac: &ServerMac,
    headers: &HeaderMap,
    issuer: &str,
    cookie: Option<&str>,
    purpose: &str,
    about: &str,
    presented: Option<&str>,
) -> bool {
    let (Some(cookie), Some(presented)) = (cookie, presented) else {
        return false;
    };
    let foreign_origin = headers
        .get(ORIGIN)
        .is_some_and(|origin| origin.as_bytes() != b"null" && origin.as_bytes() != issuer.as_bytes());
    let cross_site = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site.as_bytes() == b"cross-site" || site.as_bytes() == b"same-site");
    !foreign_origin && !cross_site && mac.verify_hex(LABEL, &[cookie, purpose, about], presented)
}
