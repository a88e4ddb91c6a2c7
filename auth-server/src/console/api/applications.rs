//! `/applications`: registered, set up by a chosen id, changed, blocked.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::access::{Allowed, ReadApplications, WriteApplications};
use super::answer::{ApiError, located, plain, versioned};
use super::application_body::{
    ApplicationBody, ApplicationInput, ApplicationList, ApplicationPatch, CreatedApplication,
};
use super::documents::{Changes, Guarded, Missing, ReadsBody, Versioned};
use super::request::{Body, Ids, Query, Versions};
use crate::flows::registry::{RegistryError, Thing};
use crate::paths;
use crate::state::AppState;
use crate::store::sql::registrations::ApplicationQuery;

/// List applications
///
/// The one registered last first.
#[utoipa::path(
    get, path = paths::ADMIN_API_APPLICATIONS, operation_id = "listApplications", tag = "Applications",
    params(
        ("search" = Option<String>, Query, description = "The whole client id, or how the name begins"),
        ("review" = Option<String>, Query, description = "draft, pending, on_hold, rejected or approved"),
        ("disabled" = Option<bool>, Query, description = "Only those that are blocked, or not"),
        ("owner" = Option<String>, Query, description = "The id of the user who answers for them"),
        ("after" = Option<String>, Query, description = "`next` of the part before"),
        ("limit" = Option<i64>, Query, description = "How many, 1 to 500; 50 if nothing is said"),
    ),
    security(("bearer" = ["admin:applications:read"])),
    responses((status = 200, description = "A part of the list", body = ApplicationList), Guarded),
)]
pub async fn list(caller: Allowed<ReadApplications>, query: Query) -> Result<Response, ApiError> {
    let query = ApplicationQuery {
        search: query.text("search"),
        review: query.value("review")?,
        disabled: query.value("disabled")?,
        owner: query.value("owner")?,
        after: query.after()?,
        limit: query.limit()?,
    };
    let found = caller.registry().applications(&query).await?;
    Ok(plain(StatusCode::OK, ApplicationList::from(found)))
}

/// Register an application
///
/// It is approved at once, unless `review` says something else. Its secret is in this answer and in no other.
#[utoipa::path(
    post, path = paths::ADMIN_API_APPLICATIONS, operation_id = "createApplication", tag = "Applications",
    request_body = ApplicationInput,
    security(("bearer" = ["admin:applications:write"])),
    responses(
        (status = 201, description = "The new application", body = CreatedApplication), Guarded, ReadsBody, Changes
    ),
)]
pub async fn post(
    caller: Allowed<WriteApplications>,
    Body(input): Body<ApplicationInput>,
) -> Result<Response, ApiError> {
    create(&caller, input, None).await
}

async fn create(
    caller: &Allowed<WriteApplications>,
    input: ApplicationInput,
    client_id: Option<String>,
) -> Result<Response, ApiError> {
    caller.check_within(&input.scope)?;
    let disabled = input.disabled;
    let mut created = caller
        .registry()
        .create_application(input.into_new(client_id)?)
        .await?;
    let client_id = created.registration.application.client_id.clone();
    if disabled {
        created.registration = caller
            .registry()
            .set_application_disabled(&client_id, true)
            .await?;
    }
    let path = format!("{}/{client_id}", paths::ADMIN_API_APPLICATIONS);
    let version = created.registration.version;
    let body = CreatedApplication::from(created);
    Ok(located(versioned(StatusCode::CREATED, version, body), &path))
}

/// Show an application
#[utoipa::path(
    get, path = paths::ADMIN_API_APPLICATION, operation_id = "getApplication", tag = "Applications",
    params(("client_id" = String, Path, description = "The application")),
    security(("bearer" = ["admin:applications:read"])),
    responses((status = 200, description = "The application", body = ApplicationBody), Guarded, Missing),
)]
pub async fn get(
    caller: Allowed<ReadApplications>,
    Ids(client_id): Ids<String>,
) -> Result<Response, ApiError> {
    let found = caller.registry().application(&client_id).await?;
    Ok(versioned(
        StatusCode::OK,
        found.version,
        ApplicationBody::from(found),
    ))
}

/// Set an application up
///
/// Makes the application with this client id, or makes the one there is what the body says; what the body leaves out
/// has the value it would have in a new one. Doing it again changes nothing. An id of your own choice is 3 to 63
/// lower-case letters, digits and hyphens that begin with a letter, or a UUID of version 4. Whether it has a secret is
/// decided when it is made. Where it stands in its review is changed by a review alone.
#[utoipa::path(
    put, path = paths::ADMIN_API_APPLICATION, operation_id = "putApplication", tag = "Applications",
    params(
        ("client_id" = String, Path, description = "The application"),
        ("If-Match" = Option<String>, Header, description = "Only while it has this version"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only if there is none"),
    ),
    request_body = ApplicationInput,
    security(("bearer" = ["admin:applications:write"])),
    responses(
        (status = 200, description = "The application as it is now", body = ApplicationBody),
        (status = 201, description = "The new application", body = CreatedApplication),
        Guarded, ReadsBody, Changes, Versioned
    ),
)]
pub async fn put(
    caller: Allowed<WriteApplications>,
    State(state): State<AppState>,
    Ids(client_id): Ids<String>,
    versions: Versions,
    Body(input): Body<ApplicationInput>,
) -> Result<Response, ApiError> {
    let registry = caller.registry();
    let before = match registry.application(&client_id).await {
        Ok(found) => found,
        Err(RegistryError::NotFound(Thing::Application)) => {
            versions.check(None)?;
            // A resource server has ids of the same kind, and authenticates where applications do.
            if state.services.clients.resource_by_id(&client_id).is_some() {
                return Err(super::answer::taken("client_id"));
            }
            return create(&caller, input, Some(client_id)).await;
        }
        Err(error) => return Err(error.into()),
    };
    caller.check_within(&before.application.scope)?;
    caller.check_within(&input.scope)?;
    let version = versions.check(Some(before.version))?;
    input.same_kind(&before.application)?;
    let disabled = input.disabled;
    let change = input.into_change();
    let mut after = registry
        .edit_application(&client_id, &change, version)
        .await
        .map_err(|error| versions.told(error))?;
    // A block is repeated in case an earlier one got no further.
    if disabled || after.application.disabled {
        after = registry.set_application_disabled(&client_id, disabled).await?;
    }
    Ok(versioned(
        StatusCode::OK,
        after.version,
        ApplicationBody::from(after),
    ))
}

/// Change an application
///
/// What is absent stays as it is; null takes a value away. Blocking it ends all its tokens.
#[utoipa::path(
    patch, path = paths::ADMIN_API_APPLICATION, operation_id = "changeApplication", tag = "Applications",
    params(
        ("client_id" = String, Path, description = "The application"),
        ("If-Match" = Option<String>, Header, description = "Only while it has this version"),
    ),
    request_body = ApplicationPatch,
    security(("bearer" = ["admin:applications:write"])),
    responses(
        (status = 200, description = "The application as it is now", body = ApplicationBody),
        Guarded, Missing, ReadsBody, Changes, Versioned
    ),
)]
pub async fn patch(
    caller: Allowed<WriteApplications>,
    Ids(client_id): Ids<String>,
    versions: Versions,
    Body(input): Body<ApplicationPatch>,
) -> Result<Response, ApiError> {
    let registry = caller.registry();
    let before = caller.application_within(&client_id).await?;
    if let Some(scope) = &input.scope {
        caller.check_within(scope)?;
    }
    let version = versions.check(Some(before.version))?;
    let disabled = input.disabled;
    // A policy is changed value by value, so the one it was read with must still be there.
    let version = version.or_else(|| input.policy.is_some().then_some(before.version));
    let change = input.into_change(&before.application);
    let mut after = registry
        .edit_application(&client_id, &change, version)
        .await
        .map_err(|error| versions.told(error))?;
    if let Some(disabled) = disabled {
        after = registry.set_application_disabled(&client_id, disabled).await?;
    }
    Ok(versioned(
        StatusCode::OK,
        after.version,
        ApplicationBody::from(after),
    ))
}
