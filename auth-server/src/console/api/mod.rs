//! `/admin/api/v1`: the operations of the console as JSON, for programs with a bearer token. Cookies mean nothing here.
//! Each handler describes itself, and the document is made of the routes.

pub mod access;
pub mod answer;
pub mod api_keys;
pub mod application_body;
pub mod applications;
pub mod audit;
pub mod documents;
pub mod findings;
pub mod keys;
pub mod outbox;
pub mod permissions;
pub mod request;
pub mod resources;
pub mod reviews;
pub mod secrets;
pub mod tokens;
pub mod users;
pub mod webhooks;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{any, get};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::answer::ApiError;
use crate::paths;
use crate::state::AppState;

/// The routes, with their document.
pub fn routes(state: &AppState) -> Router<AppState> {
    let services = &state.services;
    let frame = documents::frame(&services.issuer, &services.catalogue);
    let (described, document) = OpenApiRouter::with_openapi(frame)
        .merge(of_applications())
        .merge(of_people())
        .merge(of_what_is_sent())
        .routes(routes!(tokens::remove))
        .routes(routes!(resources::list, resources::post))
        .routes(routes!(resources::get, resources::patch))
        .routes(routes!(resources::rotate))
        .routes(routes!(keys::list))
        .routes(routes!(keys::rotate))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(audit::error))
        .split_for_parts();
    // A document of ours is always JSON; if it ever is not, the tests of the document say so.
    let document = document.to_json().unwrap_or_default();
    let answer = ([(CONTENT_TYPE, "application/json")], document);
    described
        .route(paths::ADMIN_API_OPENAPI, get(async move || answer))
        .route(paths::ADMIN_API, any(no_route))
        .route(paths::ADMIN_API_REST, any(no_route))
        .method_not_allowed_fallback(no_method)
}

fn of_applications() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(applications::list, applications::post))
        .routes(routes!(applications::get, applications::put, applications::patch))
        .routes(routes!(secrets::list, secrets::post))
        .routes(routes!(secrets::rotate))
        .routes(routes!(secrets::delete))
        .routes(routes!(tokens::of_application, tokens::remove_of_application))
        .routes(routes!(reviews::timeline))
        .routes(routes!(reviews::list))
        .routes(routes!(reviews::post))
        .routes(routes!(findings::get))
        .routes(routes!(api_keys::list, api_keys::post))
        .routes(routes!(api_keys::get, api_keys::patch))
        .routes(routes!(permissions::list))
}

fn of_people() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(users::list, users::post))
        .routes(routes!(users::get, users::patch))
        .routes(routes!(users::password))
        .routes(routes!(users::reset_second_factors))
        .routes(routes!(users::sessions, users::end_sessions))
        .routes(routes!(users::end_session))
        .routes(routes!(tokens::of_user, tokens::remove_of_user))
}

fn of_what_is_sent() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(webhooks::list, webhooks::post))
        .routes(routes!(webhooks::get, webhooks::patch, webhooks::delete))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::replay))
        .routes(routes!(outbox::list))
        .routes(routes!(outbox::get))
        .routes(routes!(outbox::send))
}

/// An address below where nothing is.
pub async fn no_route() -> ApiError {
    ApiError::not_found()
}

async fn no_method() -> ApiError {
    ApiError::Request {
        status: axum::http::StatusCode::METHOD_NOT_ALLOWED,
        code: "method_not_allowed",
        detail: "there is no such method at this address".to_owned(),
    }
}
