//! The whole HTTP surface on one screen.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::doors::{
    addressbook, avatars, call_logs, conferences, groups, keyed, meet, meetings, sessions, users,
};
use crate::endpoints::{descriptions, health, metrics};
use crate::http::observe;
use crate::paths;
use crate::state::AppState;
use crate::webapp;

/// Every route, with what surrounds it. An error says why the routes cannot be described.
pub fn router(state: AppState) -> Result<Router, String> {
    let rooms = || get(meet::list::get).post(meet::create::post);
    let room = || -> MethodRouter<AppState> {
        get(meet::retrieve::get)
            .put(meet::update::patch)
            .patch(meet::update::patch)
            .delete(meet::delete::delete)
    };
    let meet = Router::new()
        .route(paths::ROOMS, rooms())
        .route(paths::ROOMS_SLASH, rooms())
        .route(paths::ROOM, room())
        .route(paths::ROOM_SLASH, room());

    // Routes that describe themselves: each one is in the document.
    let (described, document) = OpenApiRouter::with_openapi(state.documents.openapi_frame(&state.config))
        .routes(routes!(conferences::list::get, conferences::create::post))
        .routes(routes!(
            conferences::retrieve::get,
            conferences::update::put,
            conferences::update::patch,
            conferences::delete::delete
        ))
        .routes(routes!(
            conferences::participants::list,
            conferences::participants::add
        ))
        .routes(routes!(
            conferences::participants::read,
            conferences::participants::put,
            conferences::participants::patch,
            conferences::participants::remove
        ))
        .routes(routes!(
            conferences::invitations::list,
            conferences::invitations::add
        ))
        .routes(routes!(conferences::invitations::remove))
        .routes(routes!(conferences::records::list))
        .routes(routes!(conferences::records::read))
        .routes(routes!(
            conferences::templates::list,
            conferences::templates::create
        ))
        .routes(routes!(
            conferences::templates::read,
            conferences::templates::put,
            conferences::templates::patch,
            conferences::templates::delete
        ))
        .routes(routes!(meetings::profile::get))
        .routes(routes!(meetings::list::get, meetings::create::post))
        .routes(routes!(
            meetings::retrieve::get,
            meetings::update::put,
            meetings::update::patch,
            meetings::delete::delete
        ))
        .routes(routes!(meetings::join::post))
        .merge(calls())
        .merge(people())
        .merge(tiers())
        .split_for_parts();
    let document = document
        .to_json()
        .map_err(|error| format!("{}: {error}", paths::OPENAPI))?;
    let doors = meet.merge(described).layer(map_response(private));

    let metadata_path = state.documents.protected_resource_url.path().to_owned();
    let mut endpoints = Router::new()
        .route(paths::PROTECTED_RESOURCE, get(descriptions::protected_resource))
        .route(paths::MEET_OPENAPI, get(descriptions::meet_openapi))
        .route(paths::OPENAPI, descriptions::openapi(document))
        .route(paths::JWKS, get(descriptions::jwks))
        .route(paths::HEALTH_LIVE, get(health::live))
        .route(paths::HEALTH_READY, get(health::ready))
        .route(paths::METRICS, get(metrics::get));
    if metadata_path != paths::PROTECTED_RESOURCE {
        endpoints = endpoints.route(&metadata_path, get(descriptions::protected_resource));
    }

    let mut all = doors.merge(endpoints);
    if state.config.serves_room_pages() {
        all = all.merge(pages(&state));
    }
    let router = all
        .fallback(observe::no_route)
        .method_not_allowed_fallback(observe::no_method)
        .layer(CatchPanicLayer::custom(observe::panicked))
        .layer(from_fn_with_state(state.clone(), observe::observe))
        .with_state(state);
    Ok(router)
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

/// Conferences in use, and the log of it.
fn calls() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(sessions::session::list))
        .routes(routes!(
            sessions::session::get,
            sessions::session::start,
            sessions::session::end
        ))
        .routes(routes!(
            sessions::participants::list,
            sessions::participants::join
        ))
        .routes(routes!(sessions::participants::leave))
        .routes(routes!(sessions::podium::put, sessions::podium::delete))
        .routes(routes!(call_logs::calls::list))
        .routes(routes!(call_logs::calls::read))
        .routes(routes!(call_logs::participants::list))
        .routes(routes!(call_logs::invites::list))
}

/// Users and what belongs to them.
fn people() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(users::list::get, users::create::post))
        .routes(routes!(
            users::retrieve::get,
            users::update::put,
            users::update::patch,
            users::delete::delete
        ))
        .routes(routes!(addressbook::list::get, addressbook::create::post))
        .routes(routes!(
            addressbook::retrieve::get,
            addressbook::update::put,
            addressbook::update::patch,
            addressbook::delete::delete
        ))
        .routes(routes!(
            avatars::retrieve::get,
            avatars::set::put,
            avatars::delete::delete
        ))
        .routes(routes!(avatars::image::get))
        .routes(routes!(groups::list::get, groups::create::post))
        .routes(routes!(
            groups::retrieve::get,
            groups::update::put,
            groups::update::patch,
            groups::delete::delete
        ))
        .routes(routes!(groups::list_members::get, groups::add_member::post))
        .routes(routes!(groups::remove_member::delete))
}

/// The tiers of API keys and users.
fn tiers() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(keyed::ext::status))
        .routes(routes!(keyed::ext::permissions))
        .routes(routes!(keyed::public::room))
        .routes(routes!(keyed::user::me))
        .routes(routes!(keyed::user::rooms))
        .routes(routes!(
            keyed::establishment::get,
            keyed::establishment::put,
            keyed::establishment::patch
        ))
        .routes(routes!(keyed::feeds::put, keyed::feeds::delete))
        .routes(routes!(keyed::feeds::list))
}

/// Answers of a door are for the holder of the token and nobody else; most are not even kept by the holder.
async fn private(mut response: Response) -> Response {
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-store"));
    response
}
