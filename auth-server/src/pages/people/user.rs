//! One user, as administrators see them.

use askama::Template;

use super::FormProblems;
use super::audit::LogLine;
use super::texts::PeopleTexts;
use super::users::UserFields;
use crate::domain::device::device;
use crate::domain::role::Role;
use crate::pages::Moment;
use crate::pages::texts::Text;
use crate::pages::{AdminTabs, PageContext};

/// What is known about a user and not changed by a form.
#[derive(Debug, Clone)]
pub struct UserFacts {
    /// The id.
    pub id: String,
    /// The address.
    pub email: String,
    /// Whether an administrator blocked the user.
    pub disabled: bool,
    /// When the address was proven.
    pub verified_at: Option<Moment>,
    /// When the account was made.
    pub created_at: Moment,
    /// How many apps and passkeys there are.
    pub factors: usize,
    /// The record's version, so that two administrators do not overwrite each other.
    pub version: i64,
}

/// A live session.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Its public handle.
    pub sid: String,
    /// The browser's name for itself.
    pub browser: String,
    /// When it began.
    pub began: Moment,
    /// When it ends.
    pub ends: Moment,
}

impl SessionRow {
    /// Browser and system in words, if they are known ones.
    fn device(&self) -> Option<String> {
        Some(device(&self.browser)).filter(|device| device != "?")
    }
}

/// A live token.
#[derive(Debug, Clone)]
pub struct TokenRow {
    /// What it is removed by; never the token.
    pub id: String,
    /// The application.
    pub client_id: String,
    /// What was allowed.
    pub scope: String,
    /// When it was issued.
    pub issued: Moment,
    /// When it ends.
    pub ends: Moment,
}

/// `/admin/users/{id}`: posts `csrf` and `action` back: `save` with the fields, `block`, `unblock`, `password`,
/// `factors`, `end_session` with `sid`, `end_sessions`, `remove_token` with `token`, `remove_tokens`.
#[derive(Debug, Template)]
#[template(path = "people/user.html")]
pub struct UserPage {
    /// What every page needs.
    pub page: PageContext,
    /// The parts of the administration.
    pub tabs: AdminTabs,
    /// The token that ties the forms to this session.
    pub csrf: String,
    /// Whether the visitor may change anything.
    pub may_change: bool,
    /// Whether names, addresses and passwords live here, and not in an LDAP directory.
    pub is_writable: bool,
    /// What was done.
    pub done: Option<String>,
    /// What was wrong with the last try.
    pub problems: FormProblems,
    /// What is known.
    pub user: UserFacts,
    /// The roles the user has.
    pub user_roles: Vec<Role>,
    /// What the form holds.
    pub fields: UserFields,
    /// Live sessions.
    pub sessions: Vec<SessionRow>,
    /// Live tokens.
    pub tokens: Vec<TokenRow>,
    /// Where more of them are.
    pub more_tokens: Option<String>,
    /// The last lines of the audit log about the user.
    pub history: Vec<LogLine>,
}

impl UserPage {
    fn t(&self) -> &'static PeopleTexts {
        PeopleTexts::of(self.page.language)
    }

    fn done(&self) -> Option<&'static Text> {
        self.t().done(self.done.as_deref()?)
    }

    fn roles() -> [Role; 4] {
        Role::ALL
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn role(&self, role: &Role) -> &'static Text {
        self.t().role(*role)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn role_hint(&self, role: &Role) -> &'static Text {
        self.t().role_hint(*role)
    }

    fn remove_one(&self, row: &TokenRow) -> String {
        let (before, after) = self.t().user.remove_one.around("application");
        let (between, end) = after.split_once("{issued}").unwrap_or((after, ""));
        format!("{before}{}{between}{}{end}", row.client_id, row.issued)
    }
}
