//! Forms of applications: what they hold, and what is wrong with it.

use std::collections::BTreeMap;

use token_format::catalogue::Catalogue;
use token_format::scope::ScopeSet;

use super::super::PageContext;
use super::super::permissions::PermissionTexts;
use crate::domain::application::Application;
use crate::domain::policy::{GrantType, Policy};
use crate::flows::registry::permissions::{groups, is_ticked};
use crate::flows::registry::{FieldProblem, USE_CASES};

/// What the form of an application holds, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct ApplicationFields {
    /// Shown in the list.
    pub name: String,
    /// Redirect URIs, one on a line.
    pub redirect_uris: String,
    /// The preset.
    pub profile: String,
    /// How it proves who it is: `confidential`, `public` or `key_only`.
    pub kind: String,
    /// Its home page.
    pub homepage_url: String,
    /// Its privacy policy.
    pub policy_url: String,
    /// Where its logo is fetched from.
    pub logo_url: String,
    /// What it is for, of a list.
    pub use_case: String,
    /// What it is for, in words.
    pub description: String,
    /// E-mail domains, one on a line.
    pub domains: String,
    /// E-mail address of the user who answers for it.
    pub owner: String,
    /// Permissions that are in no catalogue, separated by spaces.
    pub other_scope: String,
    /// What is wrong.
    pub problems: Vec<FieldProblem>,
}

impl ApplicationFields {
    /// What the form of an application shows first. `owner` is the address of who answers for it.
    pub fn of(application: &Application, owner: Option<&str>, catalogue: &Catalogue) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let is_other = |scope: &str| catalogue.iter().all(|(known, _)| known != scope);
        let other: Vec<&str> = application.scope.iter().filter(|scope| is_other(scope)).collect();
        Self {
            name: application.name.clone(),
            redirect_uris: application.redirect_uris.join("\n"),
            profile: application.profile.as_str().to_owned(),
            kind: String::new(),
            homepage_url: text(&application.homepage_url),
            policy_url: text(&application.policy_url),
            logo_url: text(&application.about.logo_url),
            use_case: text(&application.about.use_case),
            description: text(&application.about.description),
            domains: application.domains.join("\n"),
            owner: owner.unwrap_or_default().to_owned(),
            other_scope: other.join(" "),
            problems: Vec::new(),
        }
    }

    pub(super) fn problems_of(&self, field: &str) -> Vec<&FieldProblem> {
        of_field(&self.problems, field)
    }

    pub(super) fn use_cases() -> [&'static str; 8] {
        USE_CASES
    }

    pub(super) fn is(value: &str, other: &str) -> bool {
        value == other
    }
}

fn of_field<'a>(problems: &'a [FieldProblem], field: &str) -> Vec<&'a FieldProblem> {
    problems.iter().filter(|problem| problem.field == field).collect()
}

/// A checkbox of a permission.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what a box looks like has independent parts"
)]
pub struct PermissionBox {
    /// The permission.
    pub scope: String,
    /// What it allows, in plain words.
    pub label: String,
    /// It stands for the ones below it (S3.49).
    pub general: bool,
    /// It belongs to the general one above it.
    pub below: bool,
    /// It is ticked.
    pub ticked: bool,
    /// It cannot be had, because users live in an LDAP directory (S3.58).
    pub locked: bool,
}

/// The checklist of permissions, with those of `scope` ticked. What cannot be had is locked, but may be taken away from
/// an application that has it.
pub fn permission_boxes(
    page: &PageContext,
    texts: &PermissionTexts,
    catalogue: &Catalogue,
    directory_is_writable: bool,
    scope: &ScopeSet,
) -> Vec<PermissionBox> {
    let mut boxes = Vec::new();
    for group in groups(catalogue, directory_is_writable) {
        let below = group.general.is_some();
        let names = group.general.iter().map(|general| (general, true));
        for (name, general) in names.chain(group.single.iter().map(|single| (single, false))) {
            let ticked = is_ticked(scope, name);
            boxes.push(PermissionBox {
                label: texts.label(name, page.language),
                general,
                below: below && !general,
                ticked,
                locked: group.unavailable.contains(name) && !ticked,
                scope: name.clone(),
            });
        }
    }
    boxes
}

/// What the form of a policy holds, as it was typed: values by the names that they are stored by.
#[derive(Clone, Debug, Default)]
pub struct PolicyFields {
    /// Numbers, choices and flags; what is absent has no value.
    pub values: BTreeMap<String, String>,
    /// Grants the application may use.
    pub grants: Vec<GrantType>,
    /// What is wrong.
    pub problems: Vec<FieldProblem>,
}

/// The lives of a policy, in seconds, with the fields that problems name.
pub const LIVES: [(&str, &str); 6] = [
    ("access_seconds", "policy.access_seconds"),
    (
        "access_from_refresh_seconds",
        "policy.access_from_refresh_seconds",
    ),
    ("refresh_seconds", "policy.refresh_seconds"),
    ("family_seconds", "policy.family_seconds"),
    ("code_seconds", "policy.code_seconds"),
    ("reuse_grace_seconds", "policy.reuse_grace_seconds"),
];

/// The choices of a policy, with the values that each may have.
pub const CHOICES: [(&str, &[&str]); 5] = [
    ("pkce", &["required", "optional_for_confidential"]),
    ("access_format", &["jwt", "opaque", "opaque86"]),
    ("refresh", &["rotate", "keep"]),
    ("redirect_uri_at_exchange", &["as_requested", "optional"]),
    ("token_type", &["Bearer", "bearer"]),
];

/// What is on or off in a policy.
pub const FLAGS: [&str; 2] = ["review", "allow_any_domain"];

impl PolicyFields {
    /// What the form of a policy shows first.
    pub fn of(policy: &Policy) -> Self {
        let stored = serde_json::to_value(policy).unwrap_or_default();
        let text = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let values = stored.as_object().map(|members| {
            let plain = members.iter().filter(|(_, value)| !value.is_array());
            plain.map(|(name, value)| (name.clone(), text(value))).collect()
        });
        Self {
            values: values.unwrap_or_default(),
            grants: policy.grants.clone(),
            problems: Vec::new(),
        }
    }

    pub(super) fn value(&self, name: &str) -> &str {
        self.values.get(name).map(String::as_str).unwrap_or_default()
    }

    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.value(name) == value
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    pub(super) fn has(&self, grant: &GrantType) -> bool {
        self.grants.contains(grant)
    }

    pub(super) fn problems_of(&self, field: &str) -> Vec<&FieldProblem> {
        of_field(&self.problems, field)
    }

    pub(super) fn lives() -> [(&'static str, &'static str); 6] {
        LIVES
    }

    pub(super) fn choices() -> [(&'static str, &'static [&'static str]); 5] {
        CHOICES
    }

    pub(super) fn flags() -> [&'static str; 2] {
        FLAGS
    }

    pub(super) fn all_grants() -> [GrantType; 5] {
        GrantType::ALL
    }
}
