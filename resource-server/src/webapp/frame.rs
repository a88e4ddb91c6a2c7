//! What surrounds every page: the error page in place of a failure, the choice of language, and the headers
//! (strict Content-Security-Policy without inline code, no framing, no referrer).

use askama::Template;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::cookies;
use super::failure::Failure;
use super::visitor::Visitor;
use crate::http::error::{ErrorId, Reason};
use crate::http::observe::new_error_id;
use crate::pages::{ErrorPage, PageContext, Problem};
use crate::state::AppState;

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; \
         base-uri 'none'",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (header::CACHE_CONTROL, "no-store"),
];

/// Runs the request and dresses its answer.
pub async fn frame(
    State(state): State<AppState>,
    visitor: Visitor,
    request: Request,
    next: Next,
) -> Response {
    // A form's address cannot be shown again with GET; its error page switches languages elsewhere.
    let path = if request.method() == Method::GET {
        request.uri().path().to_owned()
    } else {
        String::new()
    };
    let chosen = visitor.chosen;
    let mut response = next.run(request).await;
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        explain(&state, &visitor, failure, path, &mut response);
    }
    let headers = response.headers_mut();
    if headers.get(header::CONTENT_TYPE) == Some(&HTML) || headers.contains_key(header::LOCATION) {
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Some(language) = chosen {
            let life = cookies::LANGUAGE_LIFE;
            let cookie = cookies::set(cookies::LANGUAGE, language.tag(), life, &state.config);
            append(headers, cookie);
        }
    }
    response
}

/// Puts the error page into an answer; its cookies stay.
fn explain(state: &AppState, visitor: &Visitor, failure: Failure, path: String, response: &mut Response) {
    let path = match &failure.room {
        Some(slug) if path.is_empty() => format!("/{slug}"),
        _ => path,
    };
    let id = new_error_id();
    let page = ErrorPage {
        page: PageContext::new(visitor.language, state.config.base_path(), &path),
        problem: failure.problem,
        status: failure.status,
        error_id: id.clone(),
        room: failure.room,
    };
    let page = html(failure.status, &page);
    *response.status_mut() = page.status();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HTML);
    headers.remove(header::CONTENT_LENGTH);
    if failure.problem == Problem::Unavailable {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    *response.body_mut() = page.into_body();
    response.extensions_mut().insert(ErrorId(id));
    response.extensions_mut().insert(Reason(failure.reason));
}

/// A page.
pub(super) fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, [(header::CONTENT_TYPE, HTML)], html).into_response(),
        Err(error) => {
            let mut response = (StatusCode::INTERNAL_SERVER_ERROR, Body::empty()).into_response();
            let reason = Reason(format!("a page could not be rendered: {error}"));
            response.extensions_mut().insert(reason);
            response
        }
    }
}

/// 303, so that no browser repeats a POST elsewhere (RFC 9700 section 4.12).
pub(super) fn see_other(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => Failure::new(Problem::Internal, "an address that is no header value").into_response(),
    }
}

/// Adds a `Set-Cookie` header.
pub(super) fn append(headers: &mut HeaderMap, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        headers.append(header::SET_COOKIE, cookie);
    }
}
