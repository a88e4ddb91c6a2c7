//! `POST /conferences`: a new conference. A user owns what they make; an application that acts for
//! itself may name an owner, or none.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa::ToSchema;
use uuid::Uuid;

use super::permission::Write;
use super::representation::{ConferenceBody, ScheduleBody};
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, ReadsBody};
use crate::domain::access::Role;
use crate::doors::fields;
use crate::doors::room::{self, Draft};
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::paths;
use crate::state::AppState;

/// A conference that is to be made; every field may be left out.
#[derive(Debug, ToSchema)]
pub struct NewConference {
    /// What people call it.
    #[schema(max_length = 200, example = "Monday round")]
    pub name: Option<String>,
    /// What it is about.
    #[schema(max_length = 4000)]
    pub description: Option<String>,
    /// When it is planned.
    pub schedule: Option<ScheduleBody>,
    /// The user who owns it. Only applications that act for themselves choose; with a user's token it is that
    /// user.
    pub owner: Option<Uuid>,
}

/// Make a conference
#[utoipa::path(
    post, path = paths::CONFERENCES, operation_id = "createConference", tag = "Conferences",
    request_body = Option<NewConference>,
    security(("bearer" = ["conferences:write"])),
    responses((status = 201, description = "The new conference", body = ConferenceBody), Guarded, ReadsBody),
)]
pub async fn post(
    access: Acting<Write>,
    State(state): State<AppState>,
    JsonObject(members): JsonObject,
) -> Result<(StatusCode, Json<ConferenceBody>), ApiError> {
    let named = fields::id(&members, "owner")?.apply(None);
    let owner = match (access.actor.user(), named) {
        (None, named) => named,
        (Some(user), None) => Some(user.user_id),
        (Some(user), Some(named)) if user.user_id == named => Some(named),
        (Some(_), Some(_)) => {
            return Err(ApiError::field(
                "owner",
                "A user's token makes conferences of that user alone.",
            ));
        }
    };
    let draft = Draft {
        name: fields::name(&members)?.apply(None),
        description: fields::description(&members)?.apply(None),
        schedule: fields::schedule(&members)?.apply(None),
        roles: owner.map(|owner| (owner, Role::Owner)).into_iter().collect(),
        ..Draft::default()
    };
    let room = room::make(&state, draft, (&access.actor).into()).await?;
    Ok((
        StatusCode::CREATED,
        Json(ConferenceBody::new(room, &state.config)),
    ))
}
