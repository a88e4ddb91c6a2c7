//! The app's pages. Every change is a POST with the session's token, answered with a redirect to the page.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use oauth2::CsrfToken;
use serde::Deserialize;
use tokio::sync::OwnedMutexGuard;

use crate::App;
use crate::oauth::{Answer, CREATE_ROOMS, LIST_ROOMS, OAuthError};
use crate::rooms::{ApiError, Rooms};
use crate::session::{Notice, Session};

type Shared = State<Arc<App>>;

/// Builds the app's routes.
pub fn router(app: Arc<App>) -> Router {
    // Browsers apply form-action to where a form ends after redirects, too: Connect ends at the issuer.
    let policy = format!(
        "default-src 'none'; style-src 'self'; form-action 'self' {}; frame-ancestors 'none'; base-uri 'none'",
        app.oauth.issuer_origin()
    );
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    Router::new()
        .route("/", get(home))
        .route("/app.css", get(stylesheet))
        .route("/connect", post(connect))
        .route("/callback", get(callback))
        .route("/rooms", post(create_room))
        .route("/refresh", post(refresh))
        .route("/disconnect", post(disconnect))
        .layer(middleware::map_response(move |mut response: Response| {
            let headers = response.headers_mut();
            headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
            // The callback's address holds a code: no other site shall learn it from a Referer.
            headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
            headers.insert(
                HeaderName::from_static("x-content-type-options"),
                HeaderValue::from_static("nosniff"),
            );
            headers
                .entry(CACHE_CONTROL)
                .or_insert(HeaderValue::from_static("no-store"));
            async { response }
        }))
        .with_state(app)
}

/// The page, in each of its states.
#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    csrf: &'a str,
    issuer: &'a str,
    notice: Option<Notice>,
    connected: Option<Connected>,
}

/// The page's part for a connected user.
struct Connected {
    can_create: bool,
    /// None if the user did not allow the list, or it could not be fetched.
    rooms: Option<Rooms>,
    can_list: bool,
    refreshed: u32,
    minutes_left: Option<u64>,
}

async fn home(State(app): Shared, headers: HeaderMap) -> Response {
    let (session, cookie) = match app.sessions.find(&headers).await {
        Some(session) => (session, None),
        None => app.sessions.open().await,
    };
    let mut session = session.lock_owned().await;
    let rooms = match &mut session.connection {
        Some(connection) if connection.scopes.contains(LIST_ROOMS) => Some(app.list_rooms(connection).await),
        _ => None,
    };
    let rooms = match rooms {
        Some(Ok(rooms)) => Some(rooms),
        Some(Err(error)) => {
            tell_about(&mut session, "Your rooms could not be listed.", &error);
            None
        }
        None => None,
    };
    let notice = session.notice.take();
    let connected = session.connection.as_ref().map(|connection| Connected {
        can_create: connection.scopes.contains(CREATE_ROOMS),
        can_list: connection.scopes.contains(LIST_ROOMS),
        rooms,
        refreshed: connection.refreshed,
        minutes_left: connection.remaining().map(|left| left.as_secs().div_ceil(60)),
    });
    let page = Home {
        csrf: session.csrf.secret(),
        issuer: app.oauth.issuer(),
        notice,
        connected,
    };
    match page.render() {
        Ok(html) => with_cookie(axum::response::Html(html), cookie),
        Err(error) => {
            eprintln!("the page could not be rendered: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn stylesheet() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, include_str!("../assets/app.css")).into_response()
}

/// What every form of the page carries.
#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    name: String,
}

/// The session that a form came from, if it is ours.
async fn session_of(app: &App, headers: &HeaderMap, fields: &Fields) -> Option<OwnedMutexGuard<Session>> {
    let session = app.sessions.find(headers).await?.lock_owned().await;
    (session.csrf == CsrfToken::new(fields.csrf.clone())).then_some(session)
}

fn home_again() -> Response {
    Redirect::to("/").into_response()
}

/// A form without the session's token: of another site, or of a page from before a restart.
fn form_expired() -> Response {
    (
        StatusCode::FORBIDDEN,
        "This form is no longer valid. Go back, reload the page and try again.\n",
    )
        .into_response()
}

async fn connect(State(app): Shared, headers: HeaderMap, Form(fields): Form<Fields>) -> Response {
    let Some(mut session) = session_of(&app, &headers, &fields).await else {
        return form_expired();
    };
    match app.oauth.begin().await {
        Ok((url, pending)) => {
            session.pending = Some(pending);
            Redirect::to(url.as_str()).into_response()
        }
        Err(error) => {
            tell_about(
                &mut session,
                "Connecting is not possible right now.",
                &error.into(),
            );
            home_again()
        }
    }
}

async fn callback(State(app): Shared, headers: HeaderMap, Query(answer): Query<Answer>) -> Response {
    let (shared, opened) = match app.sessions.find(&headers).await {
        Some(session) => (session, None),
        None => app.sessions.open().await,
    };
    let mut session = Arc::clone(&shared).lock_owned().await;
    let pending = session.pending.take();
    match app.oauth.finish(pending, answer).await {
        Ok(connection) => {
            if let Some(old) = session.connection.replace(connection)
                && let Err(error) = app.oauth.revoke(&old).await
            {
                eprintln!("the connection before could not be revoked: {error}");
            }
            session.notice = Some(Notice::good("You are connected."));
            // The session is worth more now, so its old cookie must not open it.
            let cookie = app.sessions.renew(&headers, &shared).await;
            with_cookie(Redirect::to("/"), cookie)
        }
        Err(OAuthError::Refused { code, description }) if code == "access_denied" => {
            session.notice = Some(Notice::bad(
                "You said no, so nothing is shared. You can connect whenever you like.",
                Some(format!("{code}: {description}")),
            ));
            with_cookie(Redirect::to("/"), opened)
        }
        Err(error) => {
            tell_about(&mut session, "You could not be connected.", &error.into());
            with_cookie(Redirect::to("/"), opened)
        }
    }
}

async fn create_room(State(app): Shared, headers: HeaderMap, Form(fields): Form<Fields>) -> Response {
    let Some(mut session) = session_of(&app, &headers, &fields).await else {
        return form_expired();
    };
    if let Some(connection) = &mut session.connection {
        match app.create_room(connection, &fields.name).await {
            Ok(room) => {
                let name = room.name.unwrap_or(room.slug);
                session.notice = Some(Notice::good(format!("The room “{name}” is ready.")));
            }
            Err(error) => tell_about(&mut session, "The room could not be created.", &error),
        }
    }
    home_again()
}

/// Nobody needs this button, as `rooms.rs` refreshes by itself: it is here to be watched.
async fn refresh(State(app): Shared, headers: HeaderMap, Form(fields): Form<Fields>) -> Response {
    let Some(mut session) = session_of(&app, &headers, &fields).await else {
        return form_expired();
    };
    if let Some(connection) = &mut session.connection {
        match app.oauth.refresh(connection).await {
            Ok(newer) => {
                *connection = newer;
                session.notice = Some(Notice::good("There is a new access token."));
            }
            Err(error) => tell_about(
                &mut session,
                "The access token could not be replaced.",
                &error.into(),
            ),
        }
    }
    home_again()
}

async fn disconnect(State(app): Shared, headers: HeaderMap, Form(fields): Form<Fields>) -> Response {
    let Some(mut session) = session_of(&app, &headers, &fields).await else {
        return form_expired();
    };
    if let Some(connection) = session.connection.take() {
        session.notice = Some(match app.oauth.revoke(&connection).await {
            Ok(()) => Notice::good("You are disconnected, and the tokens are revoked."),
            Err(error) => Notice::bad(
                "This app has forgotten your tokens, but could not revoke them: they end by themselves.",
                Some(error.to_string()),
            ),
        });
    }
    home_again()
}

/// Puts an error on the next page. When the user's permission is gone, so is the connection.
fn tell_about(session: &mut Session, what: &str, error: &ApiError) {
    let is_over = matches!(error, ApiError::OAuth(OAuthError::Refused { code, .. }) if code == "invalid_grant")
        || matches!(error, ApiError::Refused { status, .. } if *status == StatusCode::UNAUTHORIZED);
    let text = if is_over && session.connection.take().is_some() {
        "The connection has ended, perhaps because you ended it elsewhere. Connect again to go on.".to_owned()
    } else {
        what.to_owned()
    };
    eprintln!("{what} {error}");
    session.notice = Some(Notice::bad(text, Some(error.to_string())));
}

fn with_cookie(response: impl IntoResponse, cookie: Option<HeaderValue>) -> Response {
    let mut response = response.into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}
