//! `GET /{slug}`: the page of a room.

use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::cookies;
use super::failure::Failure;
use super::frame::{append, html};
use super::session::{self, SignedIn};
use super::visitor::Visitor;
use crate::domain::attendee::Email;
use crate::domain::room::Room;
use crate::domain::slug::is_slug;
use crate::http::error::ApiError;
use crate::http::observe;
use crate::pages::{Manage, PageContext, Problem, RoomPage, Standing, Telephone};
use crate::state::AppState;
use crate::store::RoomView;

/// The slug in the path. What has not the form of one names no room: it is no route at all.
#[derive(Debug)]
pub struct Slug(pub(super) String);

impl FromRequestParts<AppState> for Slug {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        match text {
            Ok(Path(text)) if is_slug(&text) => Ok(Self(text)),
            _ => Err(observe::no_route().await),
        }
    }
}

/// Other methods: there is something at a slug alone.
pub async fn other_method(slug: Result<Slug, ApiError>, request: Request) -> ApiError {
    match slug {
        Ok(_) => observe::no_method(request).await,
        Err(no_route) => no_route,
    }
}

/// Shows the room as the reader may see it.
pub async fn get(
    State(state): State<AppState>,
    visitor: Visitor,
    Slug(slug): Slug,
) -> Result<Response, Failure> {
    let signed_in = session::find(&state, &visitor).await?;
    let room = find(&state, &slug).await?;
    let found = match &signed_in {
        Some(signed_in) => {
            let principal = signed_in.session.principal();
            state.database.find_room(room.id, (&principal).into()).await?
        }
        None => None,
    };
    Ok(match (found, signed_in) {
        (Some(view), Some(signed_in)) => {
            let manage = manage(&view);
            show(&state, &visitor, view, &signed_in, manage, StatusCode::OK)
        }
        (_, Some(signed_in)) => {
            let standing = Standing::Stranger(signed_in.account());
            page(&state, &visitor, room, standing, StatusCode::OK)
        }
        (_, None) => {
            let can_sign_in = state.sign_in.is_some();
            page(
                &state,
                &visitor,
                room,
                Standing::Visitor { can_sign_in },
                StatusCode::OK,
            )
        }
    })
}

/// The room with a slug.
pub(super) async fn find(state: &AppState, slug: &str) -> Result<Room, Failure> {
    let room = state.database.find_room_by_slug(slug).await?;
    room.ok_or_else(|| Failure::new(Problem::NoRoom, "no room has this slug"))
}

/// The forms as they are before anything is entered.
pub(super) fn manage(view: &RoomView) -> Manage {
    Manage {
        attendees: view.attendees.iter().map(Email::to_string).collect(),
        name: view.room.name.clone().unwrap_or_default(),
        ..Manage::default()
    }
}

/// The page for somebody with a role, with forms filled in like this.
pub(super) fn show(
    state: &AppState,
    visitor: &Visitor,
    view: RoomView,
    signed_in: &SignedIn<'_>,
    manage: Manage,
    status: StatusCode,
) -> Response {
    let account = signed_in.account();
    let may_manage = view.role.may_manage() && account.may_change;
    let standing = Standing::Participant {
        manage: may_manage.then_some(manage),
        role: view.role,
        account,
    };
    page(state, visitor, view.room, standing, status)
}

fn page(state: &AppState, visitor: &Visitor, room: Room, standing: Standing, status: StatusCode) -> Response {
    let config = &state.config;
    let takes_part = matches!(standing, Standing::Participant { .. });
    let telephone = room
        .pin_code
        .filter(|_| takes_part && config.telephony.enabled)
        .map(|pin| Telephone {
            number: config.telephony.phone_number.clone(),
            country: config.telephony.default_country.clone(),
            pin,
        });
    let meeting_url = config.webapp.meeting_url.trim_end_matches('/');
    let page = RoomPage {
        page: PageContext::new(visitor.language, config.base_path(), &format!("/{}", room.slug)),
        meeting_url: (!meeting_url.is_empty()).then(|| format!("{meeting_url}/{}", room.slug)),
        address: format!("{}/{}", config.app_url(), room.slug),
        slug: room.slug,
        name: room.name,
        access_level: room.access_level,
        standing,
        telephone,
        notice: visitor.notice,
        issuer: config.issuer.url.trim_end_matches('/').to_owned(),
    };
    let mut response = html(status, &page).into_response();
    if visitor.notice.is_some() {
        append(response.headers_mut(), cookies::remove(cookies::NOTICE, config));
    }
    response
}
