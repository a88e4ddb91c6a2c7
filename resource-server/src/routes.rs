//! The whole HTTP surface on one screen.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use tower_http::catch_panic::CatchPanicLayer;

use crate::doors::meet;
use crate::endpoints::{descriptions, health, metrics};
use crate::http::observe;
use crate::paths;
use crate::state::AppState;
use crate::webapp;

/// Every route, with what surrounds it.
pub fn router(state: AppState) -> Router {
    let rooms = || get(meet::list::get).post(meet::create::post);
    let room = || -> MethodRouter<AppState> {
        get(meet::retrieve::get)
            .put(meet::update::patch)
            .patch(meet::update::patch)
            .delete(meet::delete::delete)
    };
    let doors = Router::new()
        .route(paths::ROOMS, rooms())
        .route(paths::ROOMS_SLASH, rooms())
        .route(paths::ROOM, room())
        .route(paths::ROOM_SLASH, room())
        .layer(map_response(private));

    let metadata_path = state.documents.protected_resource_url.path().to_owned();
    let mut endpoints = Router::new()
        .route(paths::PROTECTED_RESOURCE, get(descriptions::protected_resource))
        .route(paths::MEET_OPENAPI, get(descriptions::meet_openapi))
        .route(paths::OPENAPI, get(descriptions::meet_openapi))
        .route(paths::HEALTH_LIVE, get(health::live))
        .route(paths::HEALTH_READY, get(health::ready))
        .route(paths::METRICS, get(metrics::get));
    if metadata_path != paths::PROTECTED_RESOURCE {
        endpoints = endpoints.route(&metadata_path, get(descriptions::protected_resource));
    }

    let mut routes = doors.merge(endpoints);
    if state.config.serves_room_pages() {
        routes = routes.merge(pages(&state));
    }
    routes
        .fallback(observe::no_route)
        .method_not_allowed_fallback(observe::no_method)
        .layer(CatchPanicLayer::custom(observe::panicked))
        .layer(from_fn_with_state(state.clone(), observe::observe))
        .with_state(state)
}

/// The pages for people.
fn pages(state: &AppState) -> Router<AppState> {
    let room = get(webapp::room::get).fallback(webapp::room::other_method);
    Router::new()
        .route(paths::ROOM_PAGE, room)
        .route(paths::ROOM_PAGE_NAME, post(webapp::name::post))
        .route(paths::ROOM_PAGE_ACCESS_LEVEL, post(webapp::access_level::post))
        .route(paths::ROOM_PAGE_ATTENDEES, post(webapp::attendees::add))
        .route(paths::ROOM_PAGE_REMOVE_ATTENDEE, post(webapp::attendees::remove))
        .route(paths::SIGN_IN, get(webapp::sign_in::get))
        .route(paths::SIGN_IN_CALLBACK, get(webapp::callback::get))
        .route(paths::SIGN_OUT, post(webapp::sign_out::post))
        .layer(from_fn_with_state(state.clone(), webapp::frame::frame))
        .route(paths::ASSET, get(webapp::assets::get))
}

/// Answers of a door are for the holder of the token and nobody else.
async fn private(mut response: Response) -> Response {
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    response
}
