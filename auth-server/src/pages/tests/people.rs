//! The administration's pages about people, keys and what happened.

use uuid::Uuid;

use super::Values;
use crate::domain::role::Role;
use crate::domain::user::User;
use crate::keys::KeyState;
use crate::pages::{
    AdminTab, AdminTabs, ApiKeyOncePage, ApiKeyRow, ApiKeysPage, AuditFilter, AuditPage, ErrorLookupPage,
    FormProblems, FoundReport, LogLine, Moment, NewUserPage, PageContext, PasswordOncePage, SessionRow,
    SigningKeyRow, SigningKeysPage, TokenRow, UserFacts, UserFields, UserFilter, UserPage, UserRow,
    UsersPage,
};

type Add<'a> = &'a mut dyn FnMut(&str, &dyn askama::DynTemplate);

/// The navigation of an administrator, or of an auditor.
pub(super) fn tabs(is_admin: bool, tab: AdminTab) -> AdminTabs {
    let user = User {
        id: Uuid::nil(),
        email: String::new(),
        name: String::new(),
        password_hash: None,
        is_admin,
        is_developer: false,
        is_reviewer: false,
        is_auditor: true,
        language: None,
        disabled: false,
        created_at: 0,
    };
    AdminTabs::of(&user, tab)
}

fn lines(values: &Values<'_>) -> Vec<LogLine> {
    let line = |user_id: Option<String>| LogLine {
        at: Moment(0),
        kind: "sign_in".to_owned(),
        client_id: user_id.is_none().then(|| values.other.to_owned()),
        address: user_id.clone(),
        user_id,
        detail: values.client.to_owned(),
    };
    vec![line(None), line(Some(values.other.to_owned()))]
}

fn fields(values: &Values<'_>) -> UserFields {
    UserFields {
        email: values.user.to_owned(),
        name: values.client.to_owned(),
        roles: vec![Role::Admin],
        language: "fr".to_owned(),
    }
}

fn wrong(fields: &[&'static str]) -> FormProblems {
    FormProblems {
        fields: fields.iter().map(|field| (*field, "name")).collect(),
        conflict: None,
    }
}

pub(super) fn add_all(add: Add<'_>, user: &dyn Fn() -> PageContext, values: &Values<'_>) {
    users(add, user, values);
    one_user(add, user, values);
    keys(add, user, values);
    history(add, user, values);
}

fn users(add: Add<'_>, user: &dyn Fn() -> PageContext, values: &Values<'_>) {
    let row = |disabled| UserRow {
        id: values.other.to_owned(),
        email: values.user.to_owned(),
        name: values.client.to_owned(),
        roles: Role::ALL.to_vec(),
        disabled,
        at: Moment(0),
    };
    for (name, rows) in [("users", vec![row(false), row(true)]), ("users-none", Vec::new())] {
        let page = UsersPage {
            page: user(),
            tabs: tabs(true, AdminTab::Users),
            may_change: !rows.is_empty(),
            filter: UserFilter {
                search: values.other.to_owned(),
                role: Some(Role::Reviewer),
                disabled: Some(true),
            },
            is_first: rows.is_empty(),
            older: (!rows.is_empty()).then(|| "/admin/users?after=1.x".to_owned()),
            rows,
        };
        add(name, &page);
    }
    for (name, is_writable, problems) in [
        ("user-new", true, FormProblems::default()),
        ("user-new-ldap", false, FormProblems::default()),
        ("user-new-wrong", true, wrong(&["email", "name", "password"])),
    ] {
        let page = NewUserPage {
            page: user(),
            tabs: tabs(true, AdminTab::Users),
            csrf: values.other.to_owned(),
            fields: fields(values),
            problems,
            is_writable,
        };
        add(name, &page);
    }
    let page = PasswordOncePage {
        page: user(),
        tabs: tabs(true, AdminTab::Users),
        id: values.other.to_owned(),
        email: values.user.to_owned(),
        password: values.other.to_owned(),
    };
    add("user-password", &page);
}

fn one_user(add: Add<'_>, user: &dyn Fn() -> PageContext, values: &Values<'_>) {
    let page = |may_change, is_writable, full: bool, problems| UserPage {
        page: user(),
        tabs: tabs(may_change, AdminTab::Users),
        csrf: values.other.to_owned(),
        may_change,
        is_writable,
        done: Some("saved".to_owned()),
        problems,
        user: UserFacts {
            id: values.other.to_owned(),
            email: values.user.to_owned(),
            disabled: !full,
            verified_at: full.then_some(Moment(0)),
            created_at: Moment(0),
            factors: usize::from(full),
            version: 1,
        },
        user_roles: vec![Role::Developer, Role::Auditor],
        fields: fields(values),
        sessions: full
            .then(|| SessionRow {
                sid: values.other.to_owned(),
                browser: values.client.to_owned(),
                began: Moment(0),
                ends: Moment(1),
            })
            .into_iter()
            .collect(),
        tokens: full
            .then(|| TokenRow {
                id: values.other.to_owned(),
                client_id: values.client.to_owned(),
                scope: values.scope.to_owned(),
                issued: Moment(0),
                ends: Moment(1),
            })
            .into_iter()
            .collect(),
        more_tokens: full.then(|| "/admin/users/x?tokens=50".to_owned()),
        history: if full { lines(values) } else { Vec::new() },
    };
    let last = FormProblems {
        fields: Vec::new(),
        conflict: Some("last_administrator"),
    };
    add("user", &page(true, true, true, FormProblems::default()));
    add("user-ldap", &page(true, false, false, FormProblems::default()));
    add("user-read", &page(false, true, true, FormProblems::default()));
    add("user-last", &page(true, true, true, last));
    let problems = wrong(&["email", "name", "password"]);
    add("user-wrong", &page(true, true, true, problems));
}

fn keys(add: Add<'_>, user: &dyn Fn() -> PageContext, values: &Values<'_>) {
    let row = |disabled| ApiKeyRow {
        id: values.other.to_owned(),
        name: values.client.to_owned(),
        client_id: values.other.to_owned(),
        at: Moment(0),
        disabled,
    };
    for (name, may_change, rows, problems) in [
        (
            "api-keys",
            true,
            vec![row(false), row(true)],
            FormProblems::default(),
        ),
        ("api-keys-read", false, vec![row(false)], FormProblems::default()),
        ("api-keys-wrong", true, Vec::new(), wrong(&["name", "client_id"])),
    ] {
        let page = ApiKeysPage {
            page: user(),
            tabs: tabs(may_change, AdminTab::ApiKeys),
            csrf: values.other.to_owned(),
            may_change,
            done: may_change.then(|| "disabled".to_owned()),
            problems,
            name: values.client.to_owned(),
            client_id: values.other.to_owned(),
            is_first: rows.is_empty(),
            older: (!rows.is_empty()).then(|| "/admin/api-keys?after=1.x".to_owned()),
            rows,
        };
        add(name, &page);
    }
    let page = ApiKeyOncePage {
        page: user(),
        tabs: tabs(true, AdminTab::ApiKeys),
        name: values.client.to_owned(),
        client_id: values.other.to_owned(),
        key: values.other.to_owned(),
    };
    add("api-key-once", &page);
    let row = |state| SigningKeyRow {
        kid: values.other.to_owned(),
        algorithm: values.client.to_owned(),
        state,
        from: Moment(0),
        until: (state == KeyState::Retiring).then_some(Moment(1)),
    };
    for (name, problems) in [
        ("keys", FormProblems::default()),
        ("keys-unconfirmed", FormProblems::field("confirm", "confirm")),
    ] {
        let page = SigningKeysPage {
            page: user(),
            tabs: tabs(true, AdminTab::SigningKeys),
            csrf: values.other.to_owned(),
            may_change: true,
            done: Some("rotated".to_owned()),
            problems,
            rows: [KeyState::Published, KeyState::Active, KeyState::Retiring]
                .map(row)
                .into(),
        };
        add(name, &page);
    }
}

fn history(add: Add<'_>, user: &dyn Fn() -> PageContext, values: &Values<'_>) {
    for (name, lines, problems) in [
        ("audit", lines(values), FormProblems::default()),
        ("audit-none", Vec::new(), FormProblems::default()),
        ("audit-wrong", Vec::new(), wrong(&["user", "from", "until"])),
    ] {
        let page = AuditPage {
            page: user(),
            tabs: tabs(false, AdminTab::Audit),
            filter: AuditFilter {
                kind: "sign_in".to_owned(),
                user: values.user.to_owned(),
                client_id: values.other.to_owned(),
                from: "2026-11-01".to_owned(),
                until: "2026-11-23".to_owned(),
            },
            problems,
            is_first: lines.is_empty(),
            older: (!lines.is_empty()).then(|| "/admin/audit?after=1.x".to_owned()),
            lines,
            csv: "/admin/audit/export?format=csv".to_owned(),
            json: "/admin/audit/export?format=jsonl".to_owned(),
        };
        add(name, &page);
    }
    let report = FoundReport {
        at: Moment(0),
        status: 400,
        route: values.other.to_owned(),
        reason: values.client.to_owned(),
        address: Some(values.other.to_owned()),
    };
    for (name, problems, report) in [
        ("errors", FormProblems::default(), Some(report)),
        ("errors-wrong", FormProblems::field("id", "error_id"), None),
    ] {
        let page = ErrorLookupPage {
            page: user(),
            tabs: tabs(false, AdminTab::Errors),
            id: values.other.to_owned(),
            problems,
            report,
        };
        add(name, &page);
    }
}
