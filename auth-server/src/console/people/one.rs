//! `/admin/users/{id}`: one user, with everything an administrator may do about them.

use axum::extract::{Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::super::guard::{Area, SignedIn};
use super::users::{fields, password};
use super::{LINES, audit_line, failed, not_found, problems, read, status};
use crate::domain::directory::Person;
use crate::domain::listing::Place;
use crate::domain::role::{Role, RolesChange};
use crate::domain::session::Session;
use crate::domain::token::{RevocationTarget, TokenFilter, TokenSummary};
use crate::flows::registry::{Registry, RegistryError, UserChange};
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::pages::{
    AdminTab, AdminTabs, FormProblems, Moment, PasswordOncePage, SessionRow, TokenRow, UserFacts, UserFields,
    UserPage,
};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;
use crate::store::sql::audit_log::AuditQuery;

/// Lines of the audit log that the page shows.
const HISTORY: i64 = 10;

/// What a request adds to the page.
#[derive(Default)]
struct View {
    done: Option<String>,
    problems: FormProblems,
    fields: Option<UserFields>,
    /// Behind which token the list of tokens begins.
    tokens_after: Option<Place>,
}

/// Shows a user.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let here = format!("{}/{id}", paths::ADMIN_USERS);
    let signed = match SignedIn::enter(&state, &visitor, Area::Audit, &here).await {
        Ok(signed) => signed,
        Err(response) => return *response,
    };
    let Ok(id) = id.parse::<Uuid>() else {
        return not_found(&state, &visitor, "this is no user's id");
    };
    let params = read(query.as_deref());
    let view = View {
        done: params.get("done").map(str::to_owned),
        tokens_after: params.get("tokens").and_then(|place| place.parse().ok()),
        ..View::default()
    };
    shown(&state, &visitor, &signed, id, view).await
}

async fn shown(state: &AppState, visitor: &Visitor, signed: &SignedIn, id: Uuid, view: View) -> Response {
    let status = status(&view.problems);
    match prepared(state, visitor, signed, id, view).await {
        Ok(template) => page(status, &template, &PagePolicy::default()),
        Err(error) => failed(state, visitor, error),
    }
}

async fn prepared(
    state: &AppState,
    visitor: &Visitor,
    signed: &SignedIn,
    id: Uuid,
    view: View,
) -> Result<UserPage, RegistryError> {
    let here = format!("{}/{id}", paths::ADMIN_USERS);
    let services = &state.services;
    let registry = services.registry(signed.actor());
    let person = registry.user(id).await?;
    let factors = services.second_factors(id).await?;
    let lines = u32::try_from(LINES).unwrap_or_default();
    let filter = TokenFilter::User(id);
    let after = view.tokens_after.as_ref();
    let tokens = registry.live_tokens(&filter, after, lines).await?;
    let more_tokens = tokens.next.map(|place| format!("{here}?tokens={place}"));
    let about = AuditQuery {
        user_id: Some(id.to_string()),
        limit: HISTORY,
        ..AuditQuery::default()
    };
    let history = registry.audit_log(&about).await?;
    Ok(UserPage {
        page: signed.page(visitor, &here),
        tabs: AdminTabs::of(&signed.user, AdminTab::Users),
        csrf: signed.csrf(state, &here),
        may_change: signed.user.is_admin,
        is_writable: services.directory.is_writable(),
        done: view.done,
        problems: view.problems,
        user: UserFacts {
            id: id.to_string(),
            email: person.user.email.clone(),
            disabled: person.user.disabled,
            verified_at: registry.email_verified_at(id).await?.map(Moment),
            created_at: Moment(person.user.created_at),
            factors: factors.passkeys.len() + usize::from(factors.totp.is_some()),
            version: person.version,
        },
        user_roles: Role::of(&person.user),
        fields: view.fields.unwrap_or_else(|| as_fields(&person)),
        sessions: registry
            .sessions(id)
            .await?
            .into_iter()
            .map(session_row)
            .collect(),
        tokens: tokens.items.into_iter().map(token_row).collect(),
        more_tokens,
        history: history.items.into_iter().map(audit_line).collect(),
    })
}

fn as_fields(person: &Person) -> UserFields {
    UserFields {
        email: person.user.email.clone(),
        name: person.user.name.clone(),
        roles: Role::of(&person.user),
        language: person.user.language.clone().unwrap_or_default(),
    }
}

fn session_row(session: Session) -> SessionRow {
    SessionRow {
        sid: session.sid,
        browser: session.user_agent,
        began: Moment(session.created_at),
        ends: Moment(session.expires_at),
    }
}

fn token_row(token: TokenSummary) -> TokenRow {
    TokenRow {
        id: token.id,
        client_id: token.client_id,
        scope: token.scope.to_string(),
        issued: Moment(token.issued_at_ms / 1000),
        ends: Moment(token.expires_at_ms / 1000),
    }
}

/// Does what a form of the page asks.
pub(super) async fn change(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let here = format!("{}/{id}", paths::ADMIN_USERS);
    let (signed, params) = match SignedIn::submit(&state, &visitor, Area::Admin, &here, request).await {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let Ok(id) = id.parse::<Uuid>() else {
        return not_found(&state, &visitor, "this is no user's id");
    };
    let registry = state.services.registry(signed.actor());
    let outcome = if params.get("action") == Some("password") {
        match replace_password(&state, &registry, id, &params).await {
            Ok(Some((email, password))) => {
                let template = PasswordOncePage {
                    page: signed.page(&visitor, &here),
                    tabs: AdminTabs::of(&signed.user, AdminTab::Users),
                    id: id.to_string(),
                    email,
                    password,
                };
                return page(StatusCode::OK, &template, &PagePolicy::default());
            }
            Ok(None) => Ok("password"),
            Err(error) => Err(error),
        }
    } else {
        match act(&state, &registry, id, &params).await {
            Ok(Some(done)) => Ok(done),
            Ok(None) => return not_found(&state, &visitor, "no such action"),
            Err(error) => Err(error),
        }
    };
    match outcome {
        Ok(done) => see_other(&format!("{here}?done={done}")),
        Err(error) => match problems(&error) {
            Some(problems) => {
                let saves = params.get("action") == Some("save");
                let view = View {
                    problems,
                    fields: saves.then(|| fields(&params)),
                    ..View::default()
                };
                shown(&state, &visitor, &signed, id, view).await
            }
            None => failed(&state, &visitor, error),
        },
    }
}

/// Gives the user another password; the address and the password when the server made it.
async fn replace_password(
    state: &AppState,
    registry: &Registry<'_>,
    id: Uuid,
    params: &Params,
) -> Result<Option<(String, String)>, RegistryError> {
    let person = registry.user(id).await?;
    let (password, made) = password(params);
    registry
        .reset_password(&state.services.passwords, id, &password)
        .await?;
    Ok(made.then(|| (person.user.email, password.reveal().to_owned())))
}

/// Does one thing, and says its name; none when there is no such thing to do.
async fn act(
    state: &AppState,
    registry: &Registry<'_>,
    id: Uuid,
    params: &Params,
) -> Result<Option<&'static str>, RegistryError> {
    let named = |name| params.get(name).unwrap_or_default();
    Ok(Some(match named("action") {
        "save" => {
            let writable = state.services.directory.is_writable();
            let version = params.get("version").and_then(|version| version.parse().ok());
            registry.edit_user(id, &edited(params, writable), version).await?;
            "saved"
        }
        "block" => {
            registry.set_user_disabled(id, true).await?;
            "blocked"
        }
        "unblock" => {
            registry.set_user_disabled(id, false).await?;
            "unblocked"
        }
        "factors" => {
            registry.reset_second_factors(id).await?;
            "factors"
        }
        "end_session" => {
            registry.end_session(id, named("sid")).await?;
            "session"
        }
        "end_sessions" => {
            registry.end_sessions(id).await?;
            "sessions"
        }
        "remove_token" => {
            registry.remove_token_of_user(id, named("token")).await?;
            "token"
        }
        "remove_tokens" => {
            registry.user(id).await?;
            registry.remove_tokens(&RevocationTarget::User(id)).await?;
            "tokens"
        }
        _ => return Ok(None),
    }))
}

/// What the form changes. Name and address stay as they are where the directory decides about them.
fn edited(params: &Params, writable: bool) -> UserChange {
    let fields = fields(params);
    UserChange {
        roles: RolesChange::exactly(&fields.roles),
        language: Some(Some(fields.language).filter(|language| !language.is_empty())),
        email: writable.then_some(fields.email),
        name: writable.then_some(fields.name),
        disabled: None,
    }
}
