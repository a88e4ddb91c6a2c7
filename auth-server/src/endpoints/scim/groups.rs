//! `/scim/v2/Groups` and `/scim/v2/Groups/{id}`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::access::{Reader, Writer};
use super::answer::{self, Refusal};
use super::request::{Body, Query, ResourceId, Versions};
use crate::domain::directory::{Group, Member};
use crate::protocol::scim::group::{self, GroupAttribute};
use crate::protocol::scim::projection::Projection;
use crate::protocol::scim::query::{self, ListQuery};
use crate::protocol::scim::values::{etag, names_version};
use crate::state::AppState;

/// Lists groups.
pub async fn list(
    State(state): State<AppState>,
    _: Reader,
    Query(params): Query,
) -> Result<Response, Refusal> {
    found(&state, &query::from_url(&params)?).await
}

/// Lists groups, asked for in a body (RFC 7644 3.4.3).
pub async fn search(State(state): State<AppState>, _: Reader, Body(body): Body) -> Result<Response, Refusal> {
    found(&state, &query::from_body(&body)?).await
}

/// Makes a group (RFC 7644 3.3).
pub async fn post(
    State(state): State<AppState>,
    Writer(caller): Writer,
    Query(params): Query,
    Body(body): Body,
) -> Result<Response, Refusal> {
    let projection = query::projection_from_url::<GroupAttribute>(&params)?;
    let group = state.services.create_group(&caller, group::read(&body)?).await?;
    one(&state, StatusCode::CREATED, group, &projection).await
}

/// Shows a group.
pub async fn get(
    State(state): State<AppState>,
    _: Reader,
    ResourceId(id): ResourceId,
    Query(params): Query,
    versions: Versions,
) -> Result<Response, Refusal> {
    let projection = query::projection_from_url::<GroupAttribute>(&params)?;
    let group = state.services.directory_group(id).await?;
    if versions
        .if_none_match
        .is_some_and(|tags| names_version(&tags, group.version))
    {
        return Ok(answer::not_modified(&etag(group.version)));
    }
    one(&state, StatusCode::OK, group, &projection).await
}

/// Replaces a group with its members (RFC 7644 3.5.1).
pub async fn put(
    State(state): State<AppState>,
    Writer(caller): Writer,
    ResourceId(id): ResourceId,
    Query(params): Query,
    versions: Versions,
    Body(body): Body,
) -> Result<Response, Refusal> {
    let projection = query::projection_from_url::<GroupAttribute>(&params)?;
    let change = group::read(&body)?;
    let group = state
        .services
        .change_group(&caller, id, &change, versions.if_match.as_deref())
        .await?;
    one(&state, StatusCode::OK, group, &projection).await
}

/// Changes parts of a group, such as who is in it (RFC 7644 3.5.2).
pub async fn patch(
    State(state): State<AppState>,
    Writer(caller): Writer,
    ResourceId(id): ResourceId,
    Query(params): Query,
    versions: Versions,
    Body(body): Body,
) -> Result<Response, Refusal> {
    let projection = query::projection_from_url::<GroupAttribute>(&params)?;
    let change = group::read_patch(&body)?;
    let group = state
        .services
        .change_group(&caller, id, &change, versions.if_match.as_deref())
        .await?;
    one(&state, StatusCode::OK, group, &projection).await
}

/// Deletes a group (RFC 7644 3.6).
pub async fn delete(
    State(state): State<AppState>,
    Writer(caller): Writer,
    ResourceId(id): ResourceId,
    versions: Versions,
) -> Result<Response, Refusal> {
    state
        .services
        .delete_group(&caller, id, versions.if_match.as_deref())
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn found(state: &AppState, query: &ListQuery<GroupAttribute>) -> Result<Response, Refusal> {
    let page = state.services.directory_groups(query).await?;
    let resources = render(state, &page.items, &query.projection).await?;
    Ok(answer::list(page.total, query.start_index, &resources))
}

async fn one(
    state: &AppState,
    status: StatusCode,
    group: Group,
    projection: &Projection,
) -> Result<Response, Refusal> {
    let location = format!("{}/Groups/{}", super::base(&state.services.issuer), group.id);
    let version = etag(group.version);
    let rendered = render(state, &[group], projection).await?;
    let body = rendered.into_iter().next().unwrap_or_default();
    Ok(answer::resource(status, &body, &version, &location))
}

async fn render(state: &AppState, groups: &[Group], projection: &Projection) -> Result<Vec<Value>, Refusal> {
    let base = super::base(&state.services.issuer);
    let members = if projection.wants("members", true) {
        Some(state.services.members_of(groups).await?)
    } else {
        None
    };
    let rendered = groups.iter().map(|group| {
        let own: Option<Vec<Member>> = members.as_ref().map(|members| {
            let own = members.iter().filter(|member| member.group_id == group.id);
            own.cloned().collect()
        });
        let mut body = group::to_json(group, own.as_deref(), &base);
        projection.apply(&mut body);
        body
    });
    Ok(rendered.collect())
}
