//! `/scim/v2/Users` and `/scim/v2/Users/{id}`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::access::{Reader, Writer};
use super::answer::{self, Refusal};
use super::request::{Body, Query, ResourceId, Versions};
use crate::domain::directory::{Group, Person};
use crate::protocol::scim::projection::Projection;
use crate::protocol::scim::query::{self, ListQuery};
use crate::protocol::scim::user::{self, UserAttribute};
use crate::protocol::scim::values::{etag, names_version};
use crate::state::AppState;

/// Lists users.
pub async fn list(
    State(state): State<AppState>,
    _: Reader,
    Query(params): Query,
) -> Result<Response, Refusal> {
    found(&state, &query::from_url(&params)?).await
}

/// Lists users, asked for in a body (RFC 7644 3.4.3).
pub async fn search(State(state): State<AppState>, _: Reader, Body(body): Body) -> Result<Response, Refusal> {
    found(&state, &query::from_body(&body)?).await
}

/// Makes a user (RFC 7644 3.3).
pub async fn post(
    State(state): State<AppState>,
    Writer(caller): Writer,
    Query(params): Query,
    Body(body): Body,
) -> Result<Response, Refusal> {
    let projection = query::projection_from_url::<UserAttribute>(&params)?;
    let person = state.services.create_user(&caller, user::read(&body)?).await?;
    one(&state, StatusCode::CREATED, person, &projection).await
}

/// Shows a user.
pub async fn get(
    State(state): State<AppState>,
    _: Reader,
    ResourceId(id): ResourceId,
    Query(params): Query,
    versions: Versions,
) -> Result<Response, Refusal> {
    let projection = query::projection_from_url::<UserAttribute>(&params)?;
    let person = state.services.directory_user(id).await?;
    if versions
        .if_none_match
        .is_some_and(|tags| names_version(&tags, person.version))
    {
        return Ok(answer::not_modified(&etag(person.version)));
    }
    one(&state, StatusCode::OK, person, &projection).await
}

/// Replaces a user (RFC 7644 3.5.1). `active` and `password` stay as they are when left out.
pub async fn put(
    State(state): State<AppState>,
    Writer(caller): Writer,
    ResourceId(id): ResourceId,
    Query(params): Query,
    versions: Versions,
    Body(body): Body,
) -> Result<Response, Refusal> {
    let projection = query::projection_from_url::<UserAttribute>(&params)?;
    let change = user::read(&body)?;
    let person = state
        .services
        .change_user(&caller, id, change, versions.if_match.as_deref())
        .await?;
    one(&state, StatusCode::OK, person, &projection).await
}

/// Changes parts of a user (RFC 7644 3.5.2).
pub async fn patch(
    State(state): State<AppState>,
    Writer(caller): Writer,
    ResourceId(id): ResourceId,
    Query(params): Query,
    versions: Versions,
    Body(body): Body,
) -> Result<Response, Refusal> {
    let projection = query::projection_from_url::<UserAttribute>(&params)?;
    let change = user::read_patch(&body)?;
    let person = state
        .services
        .change_user(&caller, id, change, versions.if_match.as_deref())
        .await?;
    one(&state, StatusCode::OK, person, &projection).await
}

/// Deletes a user (RFC 7644 3.6).
pub async fn delete(
    State(state): State<AppState>,
    Writer(caller): Writer,
    ResourceId(id): ResourceId,
    versions: Versions,
) -> Result<Response, Refusal> {
    state
        .services
        .delete_user(&caller, id, versions.if_match.as_deref())
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn found(state: &AppState, query: &ListQuery<UserAttribute>) -> Result<Response, Refusal> {
    let page = state.services.directory_users(query).await?;
    let resources = render(state, &page.items, &query.projection).await?;
    Ok(answer::list(page.total, query.start_index, &resources))
}

async fn one(
    state: &AppState,
    status: StatusCode,
    person: Person,
    projection: &Projection,
) -> Result<Response, Refusal> {
    let location = format!("{}/Users/{}", super::base(&state.services.issuer), person.user.id);
    let version = etag(person.version);
    let rendered = render(state, &[person], projection).await?;
    let body = rendered.into_iter().next().unwrap_or_default();
    Ok(answer::resource(status, &body, &version, &location))
}

async fn render(state: &AppState, people: &[Person], projection: &Projection) -> Result<Vec<Value>, Refusal> {
    let base = super::base(&state.services.issuer);
    let memberships = if projection.wants("groups", false) {
        Some(state.services.groups_of(people).await?)
    } else {
        None
    };
    let rendered = people.iter().map(|person| {
        let groups: Option<Vec<Group>> = memberships.as_ref().map(|memberships| {
            let own = memberships
                .iter()
                .filter(|(user_id, _)| *user_id == person.user.id);
            own.map(|(_, group)| group.clone()).collect()
        });
        let mut body = user::to_json(person, groups.as_deref(), &base);
        projection.apply(&mut body);
        body
    });
    Ok(rendered.collect())
}
