//! `/ext`: open to everybody. No handler here takes a credential, so none can disturb it (S2.2, S2.8).

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use token_format::catalogue::Owner;
use utoipa::ToSchema;

use crate::documents::answers::{Invalid, NotFound};
use crate::doors::conferences::representation::rfc3339;
use crate::http::error::ApiError;
use crate::http::language::Language;
use crate::http::page::{PageBody, PageQuery};
use crate::paths;
use crate::state::AppState;

/// What the service is, and whether it works.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServiceStatus)]
pub struct StatusBody {
    /// What it is called.
    service: &'static str,
    /// Its version.
    version: &'static str,
    /// Its time.
    #[schema(format = DateTime)]
    time: String,
    /// Whether its database answers.
    database: bool,
}

/// One permission, in words.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PermissionDescription)]
pub struct PermissionBody {
    /// The scope value.
    #[schema(example = "conferences:read")]
    key: String,
    /// What an application can do with it, in a few words.
    label: String,
    /// The same in a sentence or two.
    description: String,
}

/// Look at the service
#[utoipa::path(
    get, path = paths::EXT_STATUS, operation_id = "serviceStatus", tag = "Open",
    responses((status = 200, description = "How it is", body = StatusBody)),
)]
pub async fn status(State(state): State<AppState>) -> Json<StatusBody> {
    Json(StatusBody {
        service: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        time: rfc3339(state.clock.seconds()),
        database: state.database.ping().await.is_ok(),
    })
}

/// List the permissions
///
/// What applications may ask for at this server, in the order of the names; the texts are in English or French.
#[utoipa::path(
    get, path = paths::EXT_PERMISSIONS, operation_id = "listPermissions", tag = "Open",
    params(
        ("lang" = Option<String>, Query, description = "`en` or `fr`; else what `Accept-Language` prefers"),
        PageQuery,
    ),
    responses((status = 200, description = "One page", body = PageBody<PermissionBody>), Invalid, NotFound),
)]
pub async fn permissions(
    State(state): State<AppState>,
    language: Language,
    query: PageQuery,
) -> Result<Response, ApiError> {
    let own: Vec<_> = state
        .documents
        .catalogue
        .iter()
        .filter(|(_, permission)| permission.of == Owner::Resource)
        .collect();
    let count = i64::try_from(own.len()).unwrap_or(i64::MAX);
    let skipped = usize::try_from(query.page.offset()).unwrap_or(usize::MAX);
    let size = usize::try_from(query.page.size()).unwrap_or_default();
    let page = own.into_iter().skip(skipped).take(size);
    let bodies = page.map(|(scope, permission)| {
        let text = match language {
            Language::English => &permission.en,
            Language::French => &permission.fr,
        };
        PermissionBody {
            key: scope.to_owned(),
            label: text.label.clone(),
            description: text.description.clone(),
        }
    });
    let answer = query.answer(count, bodies.collect())?;
    let headers = [
        (header::CONTENT_LANGUAGE, language.tag()),
        (header::VARY, "Accept-Language"),
    ];
    Ok((headers, answer).into_response())
}
