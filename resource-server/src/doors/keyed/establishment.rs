//! `/pro/establishment`: the record of the user's establishment. A user has one at most.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;

use super::permission::Act;
use super::representation::{EstablishmentBody, EstablishmentChange, NewEstablishment};
use crate::bearer::KeyAndUser;
use crate::documents::answers::{Guarded, NotFound, ReadsBody};
use crate::domain::change::Change;
use crate::domain::establishment::{
    self as rules, Details, DetailsChange, Establishment, MAX_OPENING_HOURS, OpeningHours,
};
use crate::domain::room::parse_text;
use crate::doors::fields::{self, Members};
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::paths;
use crate::state::{AppState, State as Shared};

/// Read the record
#[utoipa::path(
    get, path = paths::ESTABLISHMENT, operation_id = "retrieveEstablishment", tag = "Establishment",
    security(("api_key" = [], "bearer" = ["user"])),
    responses((status = 200, description = "The record", body = EstablishmentBody), Guarded, NotFound),
)]
pub async fn get(
    access: KeyAndUser<Act>,
    State(state): State<AppState>,
) -> Result<Json<EstablishmentBody>, ApiError> {
    let found = state
        .database
        .find_establishment(access.principal.user_id)
        .await?;
    answer(&state, &access, found.ok_or_else(super::feeds::no_record)?).await
}

/// Make or replace the record
///
/// What is left out is not known from then on. Publications stay.
#[utoipa::path(
    put, path = paths::ESTABLISHMENT, operation_id = "putEstablishment", tag = "Establishment",
    request_body = NewEstablishment,
    security(("api_key" = [], "bearer" = ["user"])),
    responses(
        (status = 200, description = "The record with its new details", body = EstablishmentBody),
        (status = 201, description = "The new record", body = EstablishmentBody),
        Guarded, ReadsBody,
    ),
)]
pub async fn put(
    access: KeyAndUser<Act>,
    State(state): State<AppState>,
    JsonObject(members): JsonObject,
) -> Result<(StatusCode, Json<EstablishmentBody>), ApiError> {
    let mut change = read(&members)?;
    let name = change.name.take().map_or(Change::Keep, Change::Set);
    change.name = Some(fields::required("name", name)?);
    let details = change.apply(Details::default());
    let (record, is_new) = state
        .database
        .put_establishment(access.principal.user_id, &details, state.clock.seconds())
        .await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, answer(&state, &access, record).await?))
}

/// Change the record
///
/// What is left out stays as it is; null removes it.
#[utoipa::path(
    patch, path = paths::ESTABLISHMENT, operation_id = "updateEstablishment", tag = "Establishment",
    request_body = Option<EstablishmentChange>,
    security(("api_key" = [], "bearer" = ["user"])),
    responses(
        (status = 200, description = "The record with its new details", body = EstablishmentBody),
        Guarded, NotFound, ReadsBody,
    ),
)]
pub async fn patch(
    access: KeyAndUser<Act>,
    State(state): State<AppState>,
    JsonObject(members): JsonObject,
) -> Result<Json<EstablishmentBody>, ApiError> {
    let change = read(&members)?;
    let changed = state
        .database
        .update_establishment(access.principal.user_id, change, state.clock.seconds())
        .await?;
    answer(&state, &access, changed.ok_or_else(super::feeds::no_record)?).await
}

async fn answer(
    state: &Shared,
    access: &KeyAndUser<Act>,
    record: Establishment,
) -> Result<Json<EstablishmentBody>, ApiError> {
    let publications = state.database.publications(access.principal.user_id).await?;
    Ok(Json(EstablishmentBody::new(record, &publications)))
}

/// Reads the fields that are there; others are ignored.
fn read(members: &Members) -> Result<DetailsChange, ApiError> {
    let name = match fields::line(members, "name", rules::MAX_NAME)? {
        Change::Keep => None,
        Change::Set(name) => Some(name),
        Change::Remove => return Err(ApiError::field("name", "This field may not be blank.")),
    };
    let checked = |field, limit, is_good: fn(&str) -> bool, message| {
        fields::line(members, field, limit)?.try_map(|text| {
            if is_good(&text) {
                Ok(text)
            } else {
                Err(ApiError::field(field, message))
            }
        })
    };
    Ok(DetailsChange {
        name,
        description: fields::text(members, "description", rules::MAX_DESCRIPTION, parse_text)?,
        street: fields::line(members, "street", rules::MAX_STREET)?,
        postal_code: fields::line(members, "postal_code", rules::MAX_POSTAL_CODE)?,
        city: fields::line(members, "city", rules::MAX_CITY)?,
        country: checked(
            "country",
            rules::COUNTRY_LENGTH,
            rules::is_country,
            "Must be two capital letters (ISO 3166-1).",
        )?,
        phone: checked(
            "phone",
            rules::MAX_PHONE,
            rules::is_phone,
            "Enter a valid phone number.",
        )?,
        email: fields::line(members, "email", rules::MAX_EMAIL)?
            .try_map(|text| fields::email(Some(&text), "email"))?,
        website: checked(
            "website",
            rules::MAX_WEBSITE,
            rules::is_website,
            "Enter a valid web address.",
        )?,
        opening_hours: members.get("opening_hours").map(opening_hours).transpose()?,
    })
}

/// A list; null is none.
fn opening_hours(value: &Value) -> Result<Vec<OpeningHours>, ApiError> {
    let refused = |message: &str| ApiError::field("opening_hours", message);
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        _ => return Err(refused("Expected a list of opening hours.")),
    };
    if items.len() > MAX_OPENING_HOURS {
        return Err(refused(&format!(
            "Ensure this field has no more than {MAX_OPENING_HOURS} elements."
        )));
    }
    items
        .iter()
        .map(|item| {
            serde_json::from_value::<OpeningHours>(item.clone())
                .ok()
                .filter(|hours| hours.opens < hours.closes)
                .ok_or_else(|| {
                    refused("Each entry has a day such as monday, and opens before closes as times such as 09:30.")
                })
        })
        .collect()
}
