//! `/admin/users`: everybody with an account, and adding one.

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::super::guard::{Area, SignedIn};
use super::{LINES, after, failed, given, link, problems, read, status, value};
use crate::domain::directory::Person;
use crate::domain::role::{Role, RolesChange};
use crate::domain::secret::PlainToken;
use crate::flows::registry::NewUser;
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::pages::{
    AdminTab, AdminTabs, FormProblems, Moment, NewUserPage, PasswordOncePage, UserFields, UserFilter,
    UserRow, UsersPage,
};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;
use crate::store::sql::people::UserQuery;

/// Lists users, the one added last first.
pub(super) async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let params = read(query.as_deref());
    let filter = UserFilter {
        search: value(&params, "search"),
        role: params.get("role").and_then(|role| role.parse().ok()),
        disabled: match params.get("state") {
            Some("active") => Some(false),
            Some("blocked") => Some(true),
            _ => None,
        },
    };
    let state_name = match filter.disabled {
        Some(false) => "active",
        Some(true) => "blocked",
        None => "",
    };
    let narrowed = [
        ("search", filter.search.as_str()),
        ("role", filter.role.map_or("", Role::as_str)),
        ("state", state_name),
    ];
    let here = link(paths::ADMIN_USERS, &narrowed);
    let signed = match SignedIn::enter(&state, &visitor, Area::Audit, &here).await {
        Ok(signed) => signed,
        Err(response) => return *response,
    };
    let sought = UserQuery {
        search: given(&params, "search"),
        role: filter.role,
        disabled: filter.disabled,
        after: after(&params),
        limit: LINES,
    };
    let found = match state.services.registry(signed.actor()).users(&sought).await {
        Ok(found) => found,
        Err(error) => return failed(&state, &visitor, error),
    };
    let older = found.next.map(|place| {
        let place = place.to_string();
        let pairs: Vec<_> = narrowed.into_iter().chain([("after", place.as_str())]).collect();
        link(paths::ADMIN_USERS, &pairs)
    });
    let template = UsersPage {
        page: signed.page(&visitor, &here),
        tabs: AdminTabs::of(&signed.user, AdminTab::Users),
        may_change: signed.user.is_admin,
        filter,
        rows: found.items.into_iter().map(row).collect(),
        is_first: sought.after.is_none(),
        older,
    };
    page(StatusCode::OK, &template, &PagePolicy::default())
}

fn row(person: Person) -> UserRow {
    UserRow {
        id: person.user.id.to_string(),
        roles: Role::of(&person.user),
        disabled: person.user.disabled,
        at: Moment(person.user.created_at),
        email: person.user.email,
        name: person.user.name,
    }
}

/// What a form about a user holds. A role that there is not is left out.
pub(super) fn fields(params: &Params) -> UserFields {
    UserFields {
        email: value(params, "email"),
        name: value(params, "name"),
        roles: params.all("role").filter_map(|role| role.parse().ok()).collect(),
        language: value(params, "language"),
    }
}

/// The password of a form; one of the server's making when the field is empty. Spaces belong to a password.
pub(super) fn password(params: &Params) -> (PlainToken, bool) {
    match params.get("password") {
        Some(typed) if !typed.is_empty() => (PlainToken::presented(typed), false),
        _ => (PlainToken::generate(""), true),
    }
}

/// Shows the form.
pub(super) async fn new(State(state): State<AppState>, visitor: Visitor) -> Response {
    match SignedIn::enter(&state, &visitor, Area::Admin, paths::ADMIN_USER_NEW).await {
        Ok(signed) => form(
            &state,
            &visitor,
            &signed,
            UserFields::default(),
            FormProblems::default(),
        ),
        Err(response) => *response,
    }
}

fn form(
    state: &AppState,
    visitor: &Visitor,
    signed: &SignedIn,
    fields: UserFields,
    problems: FormProblems,
) -> Response {
    let here = paths::ADMIN_USER_NEW;
    let status = status(&problems);
    let template = NewUserPage {
        page: signed.page(visitor, here),
        tabs: AdminTabs::of(&signed.user, AdminTab::Users),
        csrf: signed.csrf(state, here),
        fields,
        problems,
        is_writable: state.services.directory.is_writable(),
    };
    page(status, &template, &PagePolicy::default())
}

/// Adds a user. A password that the server made is on the answer, and nowhere after.
pub(super) async fn create(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let here = paths::ADMIN_USER_NEW;
    let (signed, params) = match SignedIn::submit(&state, &visitor, Area::Admin, here, request).await {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let fields = fields(&params);
    let chosen = state.services.directory.is_writable().then(|| password(&params));
    let new = NewUser {
        email: fields.email.clone(),
        name: given(&params, "name"),
        password: chosen.as_ref().map(|(password, _)| password.clone()),
        roles: RolesChange::exactly(&fields.roles),
        language: given(&params, "language"),
    };
    let registry = state.services.registry(signed.actor());
    match registry.create_user(&state.services.passwords, new).await {
        Ok(made) => match chosen {
            Some((password, true)) => {
                let template = PasswordOncePage {
                    page: signed.page(&visitor, paths::ADMIN_USERS),
                    tabs: AdminTabs::of(&signed.user, AdminTab::Users),
                    id: made.user_id.to_string(),
                    email: fields.email,
                    password: password.reveal().to_owned(),
                };
                page(StatusCode::OK, &template, &PagePolicy::default())
            }
            _ => see_other(&format!("{}/{}?done=created", paths::ADMIN_USERS, made.user_id)),
        },
        Err(error) => match problems(&error) {
            Some(problems) => form(&state, &visitor, &signed, fields, problems),
            None => failed(&state, &visitor, error),
        },
    }
}
