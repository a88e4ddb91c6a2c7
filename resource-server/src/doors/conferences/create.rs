//! `POST /conferences`: a new conference, from nothing or from a template. A user owns what they make;
//! an application that acts for itself may name an owner, or none.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa::ToSchema;
use uuid::Uuid;

use super::permission::Write;
use super::representation::{ConferenceBody, ScheduleBody};
use super::templates;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, ReadsBody};
use crate::domain::access::{Participant, Role};
use crate::domain::actor::Actor;
use crate::doors::fields::{self, Members};
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
    /// The template that gives what the request does not: name, description, the duration of the schedule,
    /// and the participants.
    pub template_id: Option<Uuid>,
    /// The user who owns it. Only applications that act for themselves choose; with a user's token it is that
    /// user.
    pub owner: Option<Uuid>,
}

/// Make a conference
#[utoipa::path(
    post, path = paths::CONFERENCES, operation_id = "createConference", tag = "Conferences",
    request_body = NewConference,
    security(("bearer" = ["conferences:write"])),
    responses((status = 201, description = "The new conference", body = ConferenceBody), Guarded, ReadsBody),
)]
pub async fn post(
    access: Acting<Write>,
    State(state): State<AppState>,
    JsonObject(members): JsonObject,
) -> Result<(StatusCode, Json<ConferenceBody>), ApiError> {
    let owner = owner(&access.actor, &members)?;
    let template = match fields::id(&members, "template_id")?.apply(None) {
        Some(id) => Some(
            templates::find(&state, id, &access.actor)
                .await?
                .ok_or_else(|| ApiError::field("template_id", "There is no such template."))?,
        ),
        None => None,
    };
    let usual_duration = template.as_ref().and_then(|template| template.duration_minutes);
    let mut draft = template.map_or_else(Draft::default, |template| Draft {
        name: Some(template.name),
        description: template.description,
        participants: template.participants,
        ..Draft::default()
    });
    draft.name = fields::name(&members)?.apply(draft.name);
    draft.description = fields::description(&members)?.apply(draft.description);
    draft.schedule = fields::schedule(&members, usual_duration)?.apply(None);
    if let Some(user_id) = owner {
        draft
            .participants
            .retain(|participant| participant.user_id != user_id);
        draft.participants.push(Participant {
            user_id,
            role: Role::Owner,
        });
    }
    let room = room::make(&state, draft, (&access.actor).into()).await?;
    Ok((
        StatusCode::CREATED,
        Json(ConferenceBody::one(room, &state).await?),
    ))
}

/// Who is to own something new.
pub(super) fn owner(actor: &Actor, members: &Members) -> Result<Option<Uuid>, ApiError> {
    let named = fields::id(members, "owner")?.apply(None);
    match (actor.user(), named) {
        (None, named) => Ok(named),
        (Some(user), Some(named)) if user.user_id != named => Err(ApiError::field(
            "owner",
            "A user's token makes things that belong to that user alone.",
        )),
        (Some(user), _) => Ok(Some(user.user_id)),
    }
}
