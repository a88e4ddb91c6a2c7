//! `POST /rooms`: a new room. The server makes up everything but the name, and the user owns it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use uuid::Builder;

use super::fields;
use super::permission::Create;
use super::representation::RoomBody;
use crate::bearer::OnBehalf;
use crate::domain::room::AccessLevel;
use crate::domain::{pin, slug};
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::state::AppState;
use crate::store::NewRoom;

/// Scope `rooms:create`.
pub async fn post(
    access: OnBehalf<Create>,
    State(state): State<AppState>,
    JsonObject(members): JsonObject,
) -> Result<Response, ApiError> {
    let now = state.clock.millis();
    let new = NewRoom {
        // Ids grow with time, so that rooms of one second are listed in the order they were made.
        id: Builder::from_unix_timestamp_millis(u64::try_from(now).unwrap_or(0), &rand::random()).into_uuid(),
        name: fields::name(&members)?.apply(None),
        access_level: AccessLevel::Trusted,
        created_at: now.div_euclid(1000),
    };
    let telephony = &state.config.telephony;
    let identifiers = || {
        let mut rng = rand::rng();
        let pin = telephony
            .enabled
            .then(|| pin::generate(telephony.pin_length, &mut rng));
        (slug::generate(&mut rng), pin)
    };
    let room = state
        .database
        .create_room(&new, &access.principal, identifiers)
        .await?
        .ok_or_else(|| {
            ApiError::unavailable("no free slug and PIN was found: telephony.pin_length may be too small")
        })?;
    tracing::info!(room = %room.id, client_id = room.client_id, "room created");
    Ok((StatusCode::CREATED, Json(RoomBody::new(&room, &state.config))).into_response())
}
