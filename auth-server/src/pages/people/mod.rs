//! The console's pages about people, keys and what happened.

mod audit;
mod keys;
pub(in crate::pages) mod texts;
mod user;
mod users;

pub use audit::{AuditFilter, AuditPage, ErrorLookupPage, FoundReport, LogLine};
pub use keys::{ApiKeyOncePage, ApiKeyRow, ApiKeysPage, SigningKeyRow, SigningKeysPage};
pub use user::{SessionRow, TokenRow, UserFacts, UserPage};
pub use users::{NewUserPage, PasswordOncePage, UserFields, UserFilter, UserRow, UsersPage};

use crate::domain::role::Role;
use crate::pages::texts::Text;
use texts::PeopleTexts;

/// What is wrong with a form: fields with the name of the rule, and what concerns no field alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormProblems {
    /// Field and rule (`Problem::code`).
    pub fields: Vec<(&'static str, &'static str)>,
    /// Why nothing was done (`Conflict::code`).
    pub conflict: Option<&'static str>,
}

impl FormProblems {
    /// The problem of one field.
    pub fn field(name: &'static str, code: &'static str) -> Self {
        Self {
            fields: vec![(name, code)],
            conflict: None,
        }
    }

    fn any(&self) -> bool {
        self.conflict.is_some() || !self.fields.is_empty()
    }

    fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, _)| *name == field)
    }

    fn text(&self, texts: &'static PeopleTexts, field: &str) -> Option<&'static Text> {
        let (_, code) = self.fields.iter().find(|(name, _)| *name == field)?;
        Some(texts.problem_of(code))
    }

    fn summary(&self, texts: &'static PeopleTexts) -> &'static Text {
        self.conflict
            .map_or(&texts.problem.summary, |code| texts.problem_of(code))
    }
}

impl PeopleTexts {
    fn problem_of(&self, code: &str) -> &Text {
        let texts = &self.problem;
        match code {
            "email" => &texts.email,
            "email_taken" => &texts.email_taken,
            "password" => &texts.password,
            "name" => &texts.name,
            "unknown_application" => &texts.unknown_application,
            "unknown_user" => &texts.unknown_user,
            "kind" => &texts.kind,
            "confirm" => &texts.confirm,
            "error_id" => &texts.error_id,
            "no_report" => &texts.no_report,
            "date" => &texts.date,
            "changed" => &texts.changed,
            "last_administrator" => &texts.last_administrator,
            "directory_elsewhere" => &texts.directory_elsewhere,
            _ => &texts.other,
        }
    }

    fn done(&self, word: &str) -> Option<&Text> {
        let texts = &self.done;
        Some(match word {
            "created" => &texts.created,
            "saved" => &texts.saved,
            "blocked" => &texts.blocked,
            "unblocked" => &texts.unblocked,
            "password" => &texts.password,
            "factors" => &texts.factors,
            "session" => &texts.session,
            "sessions" => &texts.sessions,
            "token" => &texts.token,
            "tokens" => &texts.tokens,
            "disabled" => &texts.disabled,
            "enabled" => &texts.enabled,
            "rotated" => &texts.rotated,
            _ => return None,
        })
    }

    fn role(&self, role: Role) -> &Text {
        match role {
            Role::Admin => &self.role.admin,
            Role::Developer => &self.role.developer,
            Role::Reviewer => &self.role.reviewer,
            Role::Auditor => &self.role.auditor,
        }
    }

    fn role_hint(&self, role: Role) -> &Text {
        match role {
            Role::Admin => &self.role.admin_hint,
            Role::Developer => &self.role.developer_hint,
            Role::Reviewer => &self.role.reviewer_hint,
            Role::Auditor => &self.role.auditor_hint,
        }
    }
}
