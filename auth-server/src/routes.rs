//! The whole HTTP surface on one screen.

use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use percent_encoding::percent_decode_str;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::timeout::TimeoutLayer;

use crate::console::{account, admin, api, developer, outbox, people, webhooks};
use crate::dialects::{jiomeet, keyed, meet, trueconf};
use crate::endpoints::{
    assets, authorize, consent, discovery, documentation, health, home, introspect, jwks, language, links,
    login, logos, logout, revocations, revoke, scim, style, token,
};
use crate::http::failure::{Reason, error_page};
use crate::http::observe::observe;
use crate::http::visitor::Visitor;
use crate::pages::ErrorReason;
use crate::paths;
use crate::state::AppState;

/// Builds the server's routes.
pub fn router(state: AppState) -> Router {
    let for_scripts = Router::new()
        .route(paths::METADATA, get(discovery::get))
        .route(paths::OPENID_CONFIGURATION, get(discovery::get))
        .route(paths::JWKS, get(jwks::get))
        .route(paths::TOKEN, post(token::post))
        .route(paths::REVOKE, post(revoke::post))
        .layer(cors(&state));
    let bounded = Router::new()
        .route(
            paths::AUTHORIZE,
            get(authorize::get).head(no_head).post(authorize::post),
        )
        .route(paths::MEET_TOKEN, post(meet::post))
        .route(paths::MEET_TOKEN_SLASH, post(meet::post))
        .route(paths::TRUECONF_TOKEN, post(trueconf::post))
        .route(paths::JIOMEET_TOKEN, post(jiomeet::post))
        .route(paths::KEYED_TOKEN, post(keyed::post))
        .route(paths::INTROSPECT, post(introspect::post))
        .route(paths::HOME, get(home::get))
        .route(paths::LOGIN, get(login::get).post(login::post))
        .route(
            paths::LOGIN_PASSKEY,
            get(login::passkey::get).post(login::passkey::post),
        )
        .route(
            paths::SECOND_FACTOR,
            get(login::second_factor::get).post(login::second_factor::post),
        )
        .route(
            paths::SECOND_FACTOR_SET_UP,
            get(login::set_up::get).post(login::set_up::post),
        )
        .route(paths::CONSENT, get(consent::get).post(consent::post))
        .route(paths::ADMIN_OUTBOX, get(outbox::list))
        .route(paths::ADMIN_MESSAGE, get(outbox::show).post(outbox::send))
        .route(paths::ADMIN_WEBHOOKS, get(webhooks::list))
        .route(
            paths::ADMIN_WEBHOOK_NEW,
            get(webhooks::new).post(webhooks::create),
        )
        .route(paths::ADMIN_WEBHOOK, get(webhooks::show).post(webhooks::change))
        .route(paths::FORGOT_PASSWORD, get(links::forgot).post(links::ask))
        .route(paths::RESET_PASSWORD, get(links::choose).post(links::reset))
        .route(paths::VERIFY_EMAIL, get(links::confirm).post(links::verify))
        .route(paths::LOGOUT, get(logout::get).post(logout::post))
        .route(paths::LANGUAGE, get(language::get))
        .route(paths::ASSET, get(assets::get))
        .route(paths::LOGO, get(logos::get))
        .route(paths::HEALTH_LIVE, get(health::live))
        .route(paths::HEALTH_READY, get(health::ready))
        .route(paths::METRICS, get(health::metrics))
        .merge(for_scripts)
        .merge(documentation::route(&state))
        .merge(style::route(&state))
        .merge(scim_routes())
        .merge(api::routes(&state))
        .merge(account::routes())
        .merge(admin::routes())
        .merge(people::routes())
        .merge(developer::routes())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            Duration::from_secs(state.web.request_timeout_seconds),
        ));
    Router::new()
        // The feed has no end, so it has no time limit either.
        .route(paths::REVOCATIONS, get(revocations::get))
        .merge(bounded)
        .fallback(not_found)
        .layer(from_fn_with_state(state.clone(), without_nul))
        .layer(from_fn(retry_after_outage))
        .layer(CatchPanicLayer::custom(|_| {
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }))
        .layer(from_fn_with_state(state.clone(), observe))
        .with_state(state)
}

/// Users and groups. Whatever goes wrong here is said as SCIM says it.
fn scim_routes() -> Router<AppState> {
    use scim::{groups, service, users};
    Router::new()
        .route(paths::SCIM_CONFIG, get(service::config))
        .route(paths::SCIM_RESOURCE_TYPES, get(service::resource_types))
        .route(paths::SCIM_RESOURCE_TYPE, get(service::resource_type))
        .route(paths::SCIM_SCHEMAS, get(service::schemas))
        .route(paths::SCIM_SCHEMA, get(service::schema))
        .route(paths::SCIM_USERS, get(users::list).post(users::post))
        .route(paths::SCIM_USER_SEARCH, post(users::search))
        .route(
            paths::SCIM_USER,
            get(users::get)
                .put(users::put)
                .patch(users::patch)
                .delete(users::delete),
        )
        .route(paths::SCIM_GROUPS, get(groups::list).post(groups::post))
        .route(paths::SCIM_GROUP_SEARCH, post(groups::search))
        .route(
            paths::SCIM_GROUP,
            get(groups::get)
                .put(groups::put)
                .patch(groups::patch)
                .delete(groups::delete),
        )
        .route(paths::SCIM_SEARCH, any(service::not_implemented))
        .route(paths::SCIM_ME, any(service::not_implemented))
        .route(paths::SCIM_BULK, any(service::not_implemented))
        .route(paths::SCIM, any(service::not_found))
        .route(paths::SCIM_ROOT, any(service::not_found))
        .route(paths::SCIM_REST, any(service::not_found))
        .method_not_allowed_fallback(service::method_not_allowed)
}

/// Scripts of configured origins may call what applications call, never with cookies; the authorization
/// endpoint is for browsers to visit, not for scripts to read.
fn cors(state: &AppState) -> CorsLayer {
    let origins: Vec<HeaderValue> = state
        .web
        .cors_origins
        .iter()
        .filter_map(|origin| HeaderValue::from_str(origin).ok())
        .collect();
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
}

async fn no_head() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET,POST")]).into_response()
}

async fn not_found(State(state): State<AppState>, visitor: Visitor) -> Response {
    error_page(&state, &visitor, ErrorReason::NotFound, None, "no such page")
}

/// Nothing is at a path with a NUL: no id has one, and PostgreSQL takes none in a text.
async fn without_nul(
    state: State<AppState>,
    visitor: Visitor,
    request: Request,
    next: axum::middleware::Next,
) -> Response {
    let path = request.uri().path();
    if percent_decode_str(path).all(|byte| byte != 0) {
        return next.run(request).await;
    }
    if path.starts_with(paths::ADMIN_API) {
        api::no_route().await.into_response()
    } else if path.starts_with(paths::SCIM) {
        scim::service::not_found().await.into_response()
    } else {
        not_found(state, visitor).await
    }
}

/// A 503 that nobody gave a Retry-After, such as a time-out's, gets one.
async fn retry_after_outage(request: Request, next: axum::middleware::Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() == StatusCode::SERVICE_UNAVAILABLE && !response.headers().contains_key("retry-after")
    {
        response
            .headers_mut()
            .insert("retry-after", HeaderValue::from_static("1"));
        if response.extensions().get::<Reason>().is_none() {
            response
                .extensions_mut()
                .insert(Reason("the request took too long".to_owned()));
        }
    }
    response
}
