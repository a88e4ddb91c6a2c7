//! `POST /rooms`: a new room. The server makes up everything but the name, and the user owns it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::permission::Create;
use super::representation::RoomBody;
use crate::bearer::OnBehalf;
use crate::domain::access::{Participant, Role};
use crate::doors::fields;
use crate::doors::room::{self, Draft};
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::state::AppState;

/// Scope `rooms:create`.
pub async fn post(
    access: OnBehalf<Create>,
    State(state): State<AppState>,
    JsonObject(members): JsonObject,
) -> Result<Response, ApiError> {
    let draft = Draft {
        name: fields::name(&members)?.apply(None),
        participants: vec![Participant {
            user_id: access.principal.user_id,
            role: Role::Owner,
        }],
        ..Draft::default()
    };
    let room = room::make(&state, draft, (&access.principal).into()).await?;
    Ok((StatusCode::CREATED, Json(RoomBody::new(&room, &state.config))).into_response())
}
