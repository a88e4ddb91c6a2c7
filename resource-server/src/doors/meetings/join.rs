//! `POST /api/meetings/{id}/join`: a token with which the user enters the meeting on LiveKit.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::permission::Join;
use crate::bearer::OnBehalf;
use crate::documents::answers::{Guarded, NotFound};
use crate::domain::access::may_join;
use crate::doors::call::{self, Joiner};
use crate::doors::room;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::livekit::Entrant;
use crate::paths;
use crate::state::AppState;

/// What a LiveKit client needs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Entrance)]
pub struct EntranceBody {
    /// The join token. It is for this user and this meeting alone.
    token: String,
    /// The LiveKit server.
    #[schema(format = "uri", example = "wss://meet.example")]
    url: String,
    /// The room's name on that server: the meeting's id.
    room: Uuid,
    /// The participant's name on that server: the user's id.
    identity: Uuid,
    /// In how many seconds the token must be used. Who has entered may stay.
    #[schema(minimum = 10, example = 300)]
    expires_in: u64,
}

/// Join a meeting
///
/// Whoever has a role in it or is invited may join, and everybody who signed in unless it is restricted. 404 also
/// when no LiveKit server is configured.
#[utoipa::path(
    post, path = paths::MEETING_JOIN, operation_id = "joinMeeting", tag = "Meetings",
    params(("id" = Uuid, Path, description = "The meeting")),
    security(("bearer" = ["meeting:join"])),
    responses((status = 200, description = "The way in", body = EntranceBody), Guarded, NotFound),
)]
pub async fn post(
    access: OnBehalf<Join>,
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<EntranceBody>, ApiError> {
    let livekit = state.livekit.as_ref().ok_or_else(|| {
        let detail = "Meetings cannot be joined on this server.";
        ApiError::detail(StatusCode::NOT_FOUND, detail, "livekit.url is not set")
    })?;
    let principal = &access.principal;
    let found = state.database.find_room_to_join(id, principal).await?;
    let (room, role) = found.ok_or_else(room::gone)?;
    if !may_join(room.access_level, role) {
        // Without a role in it, a restricted room is not there.
        return Err(room::gone());
    }
    let user_id = principal.user_id;
    let name = call::display_name(&state, user_id).await;
    let entrant = Entrant {
        user_id,
        name: name.as_deref(),
        room_id: room.id,
        role,
    };
    let token = livekit
        .join_token(entrant, state.clock.seconds())
        .map_err(|error| ApiError::internal(format!("join token: {error}")))?;
    // LiveKit opens the room to whoever comes first, so the call starts with them. What is written about it
    // here keeps nobody out.
    let joiner = Joiner {
        room_id: room.id,
        user_id,
        name,
        role,
        may_start: true,
    };
    if let Err(error) = call::join(&state, joiner).await {
        tracing::warn!(%error, room = %room.id, "a participant is not in the log of calls");
    }
    tracing::info!(room = %room.id, client_id = principal.client_id, "meeting joined");
    Ok(Json(EntranceBody {
        token,
        url: livekit.url().to_owned(),
        room: room.id,
        identity: user_id,
        expires_in: livekit.token_life().as_secs(),
    }))
}
