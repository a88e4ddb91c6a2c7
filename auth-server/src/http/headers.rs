//! Headers of pages: strict Content-Security-Policy without inline code, no framing, no referrer, no caching.

use askama::Template;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use url::Url;

/// What a page may do beyond the strictest policy.
#[derive(Clone, Debug, Default)]
pub struct PagePolicy {
    /// Address that a form of the page ends at through a redirect: browsers apply `form-action` to it, too.
    pub form_leads_to: Option<String>,
    /// The page runs a script of ours.
    pub script: bool,
    /// The script asks this server.
    pub script_asks: bool,
}

/// Renders a page with its headers.
pub fn page(status: StatusCode, template: &impl Template, policy: &PagePolicy) -> Response {
    match template.render() {
        Ok(html) => {
            let mut response = (status, html).into_response();
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            if let Ok(value) = HeaderValue::from_str(&content_security_policy(policy)) {
                headers.insert(CONTENT_SECURITY_POLICY, value);
            }
            for (name, value) in [
                ("x-frame-options", "DENY"),
                ("referrer-policy", "no-referrer"),
                ("x-content-type-options", "nosniff"),
                ("cross-origin-opener-policy", "same-origin"),
                ("permissions-policy", "interest-cohort=()"),
            ] {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn content_security_policy(policy: &PagePolicy) -> String {
    let script = if policy.script { "; script-src 'self'" } else { "" };
    let asks = if policy.script_asks {
        "; connect-src 'self'"
    } else {
        ""
    };
    let leads_to = policy
        .form_leads_to
        .as_deref()
        .and_then(source_of)
        .map(|source| format!(" {source}"));
    format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data:{script}{asks}; form-action 'self'{}; \
         frame-ancestors 'none'; base-uri 'none'",
        leads_to.unwrap_or_default()
    )
}

/// Where a form may end that leads to an address: browsers hold the directive against every further redirect,
/// and applications send users on from their redirect URI to other hosts of theirs, so its scheme is all we know.
fn source_of(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    Some(match url.scheme() {
        // A developer's machine: http there, perhaps https next.
        "http" => "http: https:".to_owned(),
        scheme => format!("{scheme}:"),
    })
}

/// 303, so that no browser repeats a POST with its credentials elsewhere (RFC 9700 4.12).
pub fn see_other(location: &str) -> Response {
    let Ok(value) = HeaderValue::from_str(location) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(LOCATION, value);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        HeaderName::from_static("referrer-policy"),
        HeaderValue::from_static("no-referrer"),
    );
    response
}

/// Whether `target` is a path of this server and nothing else: what browsers would read as another host is not.
pub fn is_local_path(target: &str) -> bool {
    target.starts_with('/')
        && !target.starts_with("//")
        && !target.contains('\\')
        && target.bytes().all(|byte| byte.is_ascii_graphic())
}
