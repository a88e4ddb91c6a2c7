//! `/users`: added, changed, blocked, given another password; their sessions.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::access::{Allowed, ReadUsers, WriteUsers};
use super::answer::{ApiError, done, located, plain, versioned};
use super::documents::{Changes, Guarded, Missing, ReadsBody, Versioned};
use super::request::{Body, Ids, Query, Versions};
use crate::domain::directory::Person;
use crate::domain::registration::nullable;
use crate::domain::role::{Role, RolesChange};
use crate::domain::secret::PlainToken;
use crate::domain::session::Session;
use crate::flows::registry::{NewUser, UserChange};
use crate::paths;
use crate::state::AppState;
use crate::store::sql::people::UserQuery;

/// A user. Times are seconds since the Unix epoch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserBody {
    /// Never changes.
    user_id: Uuid,
    /// One more with every change; the entity tag.
    version: i64,
    /// What the user signs in with.
    email: String,
    /// Shown on pages.
    name: String,
    /// What the user may do here.
    roles: Vec<Role>,
    /// Language of pages and messages; null: the browser's.
    language: Option<String>,
    /// Blocked by an administrator.
    disabled: bool,
    /// Whether the user can sign in with a password.
    has_password: bool,
    /// When the user was added.
    created_at: i64,
    /// When the record changed last.
    updated_at: i64,
}

impl From<Person> for UserBody {
    fn from(person: Person) -> Self {
        let user = person.user;
        Self {
            roles: Role::of(&user),
            user_id: user.id,
            version: person.version,
            email: user.email,
            name: user.name,
            language: user.language,
            disabled: user.disabled,
            has_password: user.password_hash.is_some(),
            created_at: user.created_at,
            updated_at: person.updated_at,
        }
    }
}

/// A part of the list of users.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserList {
    /// The users.
    items: Vec<UserBody>,
    /// `after` of the next part; null when this was the last.
    next: Option<String>,
}

/// A user to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserInput {
    /// What the user signs in with.
    email: String,
    /// Shown on pages; what stands before the @ if nothing is said.
    name: Option<String>,
    /// 8 to 1024 characters; without one nobody can sign in as the user yet.
    password: Option<String>,
    /// What the user may do here.
    #[serde(default)]
    roles: Vec<Role>,
    /// Language of pages and messages: en or fr.
    language: Option<String>,
}

/// What to change of a user.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::option_option, reason = "absent, null and a value are three things")]
pub struct UserPatch {
    /// What the user signs in with.
    email: Option<String>,
    /// Shown on pages.
    name: Option<String>,
    /// What the user may do here: these roles and no others.
    roles: Option<Vec<Role>>,
    /// Language of pages and messages: en or fr; null: the browser's.
    #[schema(value_type = Option<String>)]
    #[serde(with = "nullable")]
    language: Option<Option<String>>,
    /// Blocked: every session and token ends.
    disabled: Option<bool>,
}

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordInput {
    /// 8 to 1024 characters.
    password: String,
}

impl std::fmt::Debug for PasswordInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordInput(..)")
    }
}

/// A browser in which the user is signed in. Times are seconds since the Unix epoch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionBody {
    /// By which it is ended.
    sid: String,
    /// When the user last proved who they are.
    auth_time: i64,
    /// When it began.
    created_at: i64,
    /// When it ends.
    expires_at: i64,
    /// The browser's name for itself.
    user_agent: String,
}

impl From<Session> for SessionBody {
    fn from(session: Session) -> Self {
        Self {
            sid: session.sid,
            auth_time: session.auth_time,
            created_at: session.created_at,
            expires_at: session.expires_at,
            user_agent: session.user_agent,
        }
    }
}

/// The sessions of a user.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionList {
    /// Newest first.
    items: Vec<SessionBody>,
}

/// List users
///
/// The one added last first.
#[utoipa::path(
    get, path = paths::ADMIN_API_USERS, operation_id = "listUsers", tag = "Users",
    params(
        ("search" = Option<String>, Query, description = "The whole id, or how the e-mail address or the name begins"),
        ("role" = Option<String>, Query, description = "admin, developer, reviewer or auditor"),
        ("disabled" = Option<bool>, Query, description = "Only those who are blocked, or not"),
        ("after" = Option<String>, Query, description = "`next` of the part before"),
        ("limit" = Option<i64>, Query, description = "How many, 1 to 500; 50 if nothing is said"),
    ),
    security(("bearer" = ["admin:users:read"])),
    responses((status = 200, description = "A part of the list", body = UserList), Guarded),
)]
pub async fn list(caller: Allowed<ReadUsers>, query: Query) -> Result<Response, ApiError> {
    let query = UserQuery {
        search: query.text("search"),
        role: query.value("role")?,
        disabled: query.value("disabled")?,
        after: query.after()?,
        limit: query.limit()?,
    };
    let found = caller.registry().users(&query).await?;
    let list = UserList {
        next: found.next.map(|place| place.to_string()),
        items: found.items.into_iter().map(UserBody::from).collect(),
    };
    Ok(plain(StatusCode::OK, list))
}

/// Add a user
#[utoipa::path(
    post, path = paths::ADMIN_API_USERS, operation_id = "createUser", tag = "Users",
    request_body = UserInput,
    security(("bearer" = ["admin:users:write"])),
    responses((status = 201, description = "The new user", body = UserBody), Guarded, ReadsBody, Changes),
)]
pub async fn post(
    caller: Allowed<WriteUsers>,
    State(state): State<AppState>,
    Body(input): Body<UserInput>,
) -> Result<Response, ApiError> {
    let registry = caller.registry();
    let new = NewUser {
        email: input.email,
        name: input.name,
        password: input.password.map(PlainToken::presented),
        roles: RolesChange::exactly(&input.roles),
        language: input.language,
    };
    let made = registry.create_user(&state.services.passwords, new).await?;
    let person = registry.user(made.user_id).await?;
    let path = format!("{}/{}", paths::ADMIN_API_USERS, made.user_id);
    let answer = versioned(StatusCode::CREATED, person.version, UserBody::from(person));
    Ok(located(answer, &path))
}

/// Show a user
#[utoipa::path(
    get, path = paths::ADMIN_API_USER, operation_id = "getUser", tag = "Users",
    params(("user_id" = Uuid, Path, description = "The user")),
    security(("bearer" = ["admin:users:read"])),
    responses((status = 200, description = "The user", body = UserBody), Guarded, Missing),
)]
pub async fn get(caller: Allowed<ReadUsers>, Ids(id): Ids<Uuid>) -> Result<Response, ApiError> {
    let person = caller.registry().user(id).await?;
    Ok(versioned(StatusCode::OK, person.version, UserBody::from(person)))
}

/// Change a user
///
/// What is absent stays as it is. Somebody who is blocked loses every session and token.
#[utoipa::path(
    patch, path = paths::ADMIN_API_USER, operation_id = "changeUser", tag = "Users",
    params(
        ("user_id" = Uuid, Path, description = "The user"),
        ("If-Match" = Option<String>, Header, description = "Only while the record has this version"),
    ),
    request_body = UserPatch,
    security(("bearer" = ["admin:users:write"])),
    responses(
        (status = 200, description = "The user as the record is now", body = UserBody),
        Guarded, Missing, ReadsBody, Changes, Versioned
    ),
)]
pub async fn patch(
    caller: Allowed<WriteUsers>,
    Ids(id): Ids<Uuid>,
    versions: Versions,
    Body(input): Body<UserPatch>,
) -> Result<Response, ApiError> {
    let registry = caller.registry();
    let version = versions.check(Some(registry.user(id).await?.version))?;
    let change = UserChange {
        email: input.email,
        name: input.name,
        roles: input
            .roles
            .as_deref()
            .map(RolesChange::exactly)
            .unwrap_or_default(),
        language: input.language,
        disabled: input.disabled,
    };
    let person = registry
        .edit_user(id, &change, version)
        .await
        .map_err(|error| versions.told(error))?;
    Ok(versioned(StatusCode::OK, person.version, UserBody::from(person)))
}

/// Give a user another password
///
/// Every session and token of the user ends.
#[utoipa::path(
    put, path = paths::ADMIN_API_USER_PASSWORD, operation_id = "setPassword", tag = "Users",
    params(("user_id" = Uuid, Path, description = "The user")),
    request_body = PasswordInput,
    security(("bearer" = ["admin:users:write"])),
    responses((status = 204, description = "It is the password now"), Guarded, Missing, ReadsBody, Changes),
)]
pub async fn password(
    caller: Allowed<WriteUsers>,
    State(state): State<AppState>,
    Ids(id): Ids<Uuid>,
    Body(input): Body<PasswordInput>,
) -> Result<Response, ApiError> {
    let password = PlainToken::presented(input.password);
    caller
        .registry()
        .reset_password(&state.services.passwords, id, &password)
        .await?;
    Ok(done())
}

/// Remove the second factors of a user
///
/// For somebody who has lost them: apps, passkeys and recovery codes go, and every session ends.
#[utoipa::path(
    delete, path = paths::ADMIN_API_USER_FACTORS, operation_id = "resetSecondFactors", tag = "Users",
    params(("user_id" = Uuid, Path, description = "The user")),
    security(("bearer" = ["admin:users:write"])),
    responses((status = 204, description = "There are none any more"), Guarded, Missing),
)]
pub async fn reset_second_factors(
    caller: Allowed<WriteUsers>,
    Ids(id): Ids<Uuid>,
) -> Result<Response, ApiError> {
    caller.registry().reset_second_factors(id).await?;
    Ok(done())
}

/// List the sessions of a user
#[utoipa::path(
    get, path = paths::ADMIN_API_USER_SESSIONS, operation_id = "listSessions", tag = "Users",
    params(("user_id" = Uuid, Path, description = "The user")),
    security(("bearer" = ["admin:users:read"])),
    responses((status = 200, description = "The sessions", body = SessionList), Guarded, Missing),
)]
pub async fn sessions(caller: Allowed<ReadUsers>, Ids(id): Ids<Uuid>) -> Result<Response, ApiError> {
    let found = caller.registry().sessions(id).await?;
    let items = found.into_iter().map(SessionBody::from).collect();
    Ok(plain(StatusCode::OK, SessionList { items }))
}

/// End every session of a user
///
/// Tokens live on.
#[utoipa::path(
    delete, path = paths::ADMIN_API_USER_SESSIONS, operation_id = "endSessions", tag = "Users",
    params(("user_id" = Uuid, Path, description = "The user")),
    security(("bearer" = ["admin:users:write"])),
    responses((status = 204, description = "They are over"), Guarded, Missing),
)]
pub async fn end_sessions(caller: Allowed<WriteUsers>, Ids(id): Ids<Uuid>) -> Result<Response, ApiError> {
    caller.registry().end_sessions(id).await?;
    Ok(done())
}

/// End one session of a user
#[utoipa::path(
    delete, path = paths::ADMIN_API_USER_SESSION, operation_id = "endSession", tag = "Users",
    params(
        ("user_id" = Uuid, Path, description = "The user"),
        ("sid" = String, Path, description = "The session"),
    ),
    security(("bearer" = ["admin:users:write"])),
    responses((status = 204, description = "It is over"), Guarded, Missing),
)]
pub async fn end_session(
    caller: Allowed<WriteUsers>,
    Ids((id, sid)): Ids<(Uuid, String)>,
) -> Result<Response, ApiError> {
    caller.registry().end_session(id, &sid).await?;
    Ok(done())
}
