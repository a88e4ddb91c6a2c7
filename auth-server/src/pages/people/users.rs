//! The list of users, and adding one.

use askama::Template;

use super::FormProblems;
use super::texts::PeopleTexts;
use crate::domain::role::Role;
use crate::pages::Moment;
use crate::pages::texts::Text;
use crate::pages::{AdminTabs, PageContext};

/// A line of the list.
#[derive(Debug, Clone)]
pub struct UserRow {
    /// The user's id.
    pub id: String,
    /// The address the user signs in with.
    pub email: String,
    /// Shown on pages.
    pub name: String,
    /// What the user may do.
    pub roles: Vec<Role>,
    /// Whether an administrator blocked the user.
    pub disabled: bool,
    /// When the account was made.
    pub at: Moment,
}

/// What the list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// What an id, an address or a name begins with.
    pub search: String,
    /// The role.
    pub role: Option<Role>,
    /// Whether blocked.
    pub disabled: Option<bool>,
}

/// `/admin/users`: users, the one added last first.
#[derive(Debug, Template)]
#[template(path = "people/users.html")]
pub struct UsersPage {
    /// What every page needs.
    pub page: PageContext,
    /// The parts of the administration.
    pub tabs: AdminTabs,
    /// Whether the visitor may add users.
    pub may_change: bool,
    /// What the list is narrowed to.
    pub filter: UserFilter,
    /// The users.
    pub rows: Vec<UserRow>,
    /// Whether this is the list's beginning.
    pub is_first: bool,
    /// Where the next part is.
    pub older: Option<String>,
}

impl UsersPage {
    fn t(&self) -> &'static PeopleTexts {
        PeopleTexts::of(self.page.language)
    }

    fn roles() -> [Role; 4] {
        Role::ALL
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn role(&self, role: &Role) -> &'static Text {
        self.t().role(*role)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn shows(&self, role: &Role) -> bool {
        self.filter.role == Some(*role)
    }
}

/// What a form about a user holds.
#[derive(Debug, Clone, Default)]
pub struct UserFields {
    /// The address.
    pub email: String,
    /// The name.
    pub name: String,
    /// The ticked roles.
    pub roles: Vec<Role>,
    /// `en`, `fr`, or nothing for the browser's.
    pub language: String,
}

impl UserFields {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    pub(super) fn has(&self, role: &Role) -> bool {
        self.roles.contains(role)
    }

    pub(super) fn speaks(&self, language: &str) -> bool {
        self.language == language
    }
}

/// `/admin/users/new`: posts `csrf`, `email`, `name`, `role` (repeated), `language` and `password` back.
#[derive(Debug, Template)]
#[template(path = "people/user_new.html")]
pub struct NewUserPage {
    /// What every page needs.
    pub page: PageContext,
    /// The parts of the administration.
    pub tabs: AdminTabs,
    /// The token that ties the form to this session.
    pub csrf: String,
    /// What the form holds.
    pub fields: UserFields,
    /// What was wrong with the last try.
    pub problems: FormProblems,
    /// Whether passwords live here, and not in an LDAP directory.
    pub is_writable: bool,
}

impl NewUserPage {
    fn t(&self) -> &'static PeopleTexts {
        PeopleTexts::of(self.page.language)
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
}

/// A password that the server made for a user: shown once.
#[derive(Debug, Template)]
#[template(path = "people/password_once.html")]
pub struct PasswordOncePage {
    /// What every page needs.
    pub page: PageContext,
    /// The parts of the administration.
    pub tabs: AdminTabs,
    /// The user's id.
    pub id: String,
    /// The user's address.
    pub email: String,
    /// The password.
    pub password: String,
}

impl PasswordOncePage {
    fn t(&self) -> &'static PeopleTexts {
        PeopleTexts::of(self.page.language)
    }
}
