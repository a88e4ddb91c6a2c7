//! `/templates/conferences`: what new conferences may start from. A user's token sees the templates of
//! its user; an application that acts for itself sees all.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::create::owner;
use super::participants::NewParticipant;
use super::permission::{ReadTemplates, WriteTemplates};
use super::representation::{ParticipantBody, rfc3339};
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound, ReadsBody};
use crate::domain::actor::Actor;
use crate::domain::change::Change;
use crate::domain::template::{Template, TemplateChange};
use crate::doors::fields;
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageQuery};
use crate::http::path::PathId;
use crate::paths;
use crate::state::{self, AppState};

/// A template.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConferenceTemplate)]
pub struct TemplateBody {
    /// Names it.
    id: Uuid,
    /// The user it belongs to, unless an application made it for itself.
    #[schema(required)]
    owner: Option<Uuid>,
    /// What people call it, and the conferences made from it.
    name: String,
    /// What they are about.
    #[schema(required)]
    description: Option<String>,
    /// How long they are to last.
    #[schema(required)]
    duration_minutes: Option<i64>,
    /// Who takes part in them.
    participants: Vec<ParticipantBody>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Template> for TemplateBody {
    fn from(template: Template) -> Self {
        Self {
            id: template.id,
            owner: template.owner,
            name: template.name,
            description: template.description,
            duration_minutes: template.duration_minutes,
            participants: template.participants.into_iter().map(Into::into).collect(),
            created_at: rfc3339(template.created_at),
        }
    }
}

/// A template that is to be made.
#[derive(Debug, ToSchema)]
pub struct NewTemplate {
    /// What people call it, and the conferences made from it.
    #[schema(min_length = 1, max_length = 200, example = "Weekly")]
    pub name: String,
    /// What they are about.
    #[schema(max_length = 4000)]
    pub description: Option<String>,
    /// How long they are to last.
    #[schema(minimum = 1, maximum = 10_080)]
    pub duration_minutes: Option<i64>,
    /// Who takes part in them, each user once.
    #[schema(required = false, max_items = 500)]
    pub participants: Vec<NewParticipant>,
    /// The user it belongs to. Only applications that act for themselves choose.
    pub owner: Option<Uuid>,
}

/// What is to change; a field that is left out stays as it is.
#[derive(Debug, ToSchema)]
pub struct ChangedTemplate {
    /// What people call it.
    #[schema(required = false, min_length = 1, max_length = 200)]
    pub name: String,
    /// What the conferences are about.
    #[schema(max_length = 4000)]
    pub description: Option<String>,
    /// How long they are to last.
    #[schema(minimum = 1, maximum = 10_080)]
    pub duration_minutes: Option<i64>,
    /// Who takes part in them, in place of those who did, each user once.
    #[schema(required = false, max_items = 500)]
    pub participants: Vec<NewParticipant>,
}

/// The user whose templates an actor may use; none when that is everybody's.
fn of(actor: &Actor) -> Option<Uuid> {
    actor.user().map(|user| user.user_id)
}

/// The template, if the actor may use it.
pub(super) async fn find(
    state: &state::State,
    id: Uuid,
    actor: &Actor,
) -> Result<Option<Template>, ApiError> {
    Ok(state.database.find_template(id, of(actor)).await?)
}

fn gone() -> ApiError {
    ApiError::not_found("no template that the actor may use")
}

/// List templates
///
/// Newest first.
#[utoipa::path(
    get, path = paths::TEMPLATES, operation_id = "listTemplates", tag = "Templates",
    params(PageQuery),
    security(("bearer" = ["templates.conferences:read"])),
    responses((status = 200, description = "One page", body = PageBody<TemplateBody>), Guarded, NotFound),
)]
pub async fn list(
    access: Acting<ReadTemplates>,
    State(state): State<AppState>,
    query: PageQuery,
) -> Result<Json<PageBody<TemplateBody>>, ApiError> {
    let (count, templates) = state
        .database
        .list_templates(of(&access.actor), query.page)
        .await?;
    query.answer(count, templates.into_iter().map(Into::into).collect())
}

/// Make a template
#[utoipa::path(
    post, path = paths::TEMPLATES, operation_id = "createTemplate", tag = "Templates",
    request_body = NewTemplate,
    security(("bearer" = ["templates.conferences:write"])),
    responses((status = 201, description = "The new template", body = TemplateBody), Guarded, ReadsBody),
)]
pub async fn create(
    access: Acting<WriteTemplates>,
    State(state): State<AppState>,
    JsonObject(members): JsonObject,
) -> Result<(StatusCode, Json<TemplateBody>), ApiError> {
    let template = Template {
        id: state.ids.make(state.clock.millis()),
        owner: owner(&access.actor, &members)?,
        client_id: access.actor.client_id().to_owned(),
        name: fields::required("name", fields::name(&members)?)?,
        description: fields::description(&members)?.apply(None),
        duration_minutes: fields::duration(&members, "duration_minutes")?.apply(None),
        participants: fields::participants(&members)?.unwrap_or_default(),
        created_at: state.clock.seconds(),
    };
    state.database.create_template(&template).await?;
    Ok((StatusCode::CREATED, Json(template.into())))
}

/// Read a template
#[utoipa::path(
    get, path = paths::TEMPLATE, operation_id = "retrieveTemplate", tag = "Templates",
    params(("id" = Uuid, Path, description = "The template")),
    security(("bearer" = ["templates.conferences:read"])),
    responses((status = 200, description = "The template", body = TemplateBody), Guarded, NotFound),
)]
pub async fn read(
    access: Acting<ReadTemplates>,
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<TemplateBody>, ApiError> {
    let template = find(&state, id, &access.actor).await?.ok_or_else(gone)?;
    Ok(Json(template.into()))
}

/// Change a template
#[utoipa::path(
    patch, path = paths::TEMPLATE, operation_id = "changeTemplate", tag = "Templates",
    params(("id" = Uuid, Path, description = "The template")),
    request_body = ChangedTemplate,
    security(("bearer" = ["templates.conferences:write"])),
    responses(
        (status = 200, description = "The template as it is now", body = TemplateBody),
        Guarded, NotFound, ReadsBody,
    ),
)]
pub async fn patch(
    access: Acting<WriteTemplates>,
    State(state): State<AppState>,
    PathId(id): PathId,
    JsonObject(members): JsonObject,
) -> Result<Json<TemplateBody>, ApiError> {
    find(&state, id, &access.actor).await?.ok_or_else(gone)?;
    let name = match fields::name(&members)? {
        Change::Keep => None,
        change => Some(fields::required("name", change)?),
    };
    let change = TemplateChange {
        name,
        description: fields::description(&members)?,
        duration_minutes: fields::duration(&members, "duration_minutes")?,
        participants: fields::participants(&members)?,
    };
    if !state.database.update_template(id, &change).await? {
        return Err(gone());
    }
    let template = find(&state, id, &access.actor).await?.ok_or_else(gone)?;
    Ok(Json(template.into()))
}

/// Change a template
///
/// The same as `PATCH`.
#[utoipa::path(
    put, path = paths::TEMPLATE, operation_id = "updateTemplate", tag = "Templates",
    params(("id" = Uuid, Path, description = "The template")),
    request_body = ChangedTemplate,
    security(("bearer" = ["templates.conferences:write"])),
    responses(
        (status = 200, description = "The template as it is now", body = TemplateBody),
        Guarded, NotFound, ReadsBody,
    ),
)]
pub async fn put(
    access: Acting<WriteTemplates>,
    state: State<AppState>,
    id: PathId,
    body: JsonObject,
) -> Result<Json<TemplateBody>, ApiError> {
    patch(access, state, id, body).await
}

/// Delete a template
///
/// Conferences made from it stay as they are.
#[utoipa::path(
    delete, path = paths::TEMPLATE, operation_id = "deleteTemplate", tag = "Templates",
    params(("id" = Uuid, Path, description = "The template")),
    security(("bearer" = ["templates.conferences:write"])),
    responses((status = 204, description = "It is gone"), Guarded, NotFound),
)]
pub async fn delete(
    access: Acting<WriteTemplates>,
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<StatusCode, ApiError> {
    if !state.database.delete_template(id, of(&access.actor)).await? {
        return Err(gone());
    }
    Ok(StatusCode::NO_CONTENT)
}
