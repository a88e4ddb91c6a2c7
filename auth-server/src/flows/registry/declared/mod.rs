//! Things as they are declared: each is made if it is not there, changed if it differs, and left alone if it does not;
//! and the differences are said. Each thing is written in one transaction.

mod applications;
mod others;
mod prune;

use serde::Serialize;
use serde_json::{Value, json};
use token_format::key::EncryptionKey;

use super::registering::NewApplication;
use crate::domain::role::Role;
use crate::domain::secret::{HashedToken, PlainToken};

/// What a declaration came to, or would come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was not there.
    Added,
    /// It differed.
    Changed,
    /// It was so already.
    Same,
    /// It is not declared any more, and is blocked.
    Blocked,
}

/// A value that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The field.
    pub field: String,
    /// As it was.
    pub before: Value,
    /// As it is declared.
    pub after: Value,
}

/// What became of one thing.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// Its id; none before it is made.
    pub id: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// What differed.
    pub differences: Vec<Difference>,
    /// The secret that was made for it.
    pub secret: Option<PlainToken>,
}

impl Declaration {
    fn of(id: Option<String>, outcome: Outcome) -> Self {
        Self {
            id,
            outcome,
            differences: Vec::new(),
            secret: None,
        }
    }

    fn changed(id: String, differences: Vec<Difference>) -> Self {
        let outcome = if differences.is_empty() {
            Outcome::Same
        } else {
            Outcome::Changed
        };
        Self {
            differences,
            ..Self::of(Some(id), outcome)
        }
    }
}

/// An application as it is to be.
#[derive(Clone, Debug)]
pub struct DeclaredApplication {
    /// With a client id; where its review begins counts for a new one alone.
    pub application: NewApplication,
    /// Blocked.
    pub disabled: bool,
    /// Its secrets are these and no others; none: one is made at the beginning, and later ones are left alone.
    pub secrets: Option<Vec<HashedToken>>,
}

/// A user as it is to be; what is none is left alone.
#[derive(Clone, Debug)]
pub struct DeclaredUser {
    /// By which the user is known.
    pub email: String,
    /// Shown on pages.
    pub name: Option<String>,
    /// These roles and no others.
    pub roles: Option<Vec<Role>>,
    /// Language of pages and messages.
    pub language: Option<String>,
    /// Argon2id in PHC format: the password at the beginning. Later ones are the user's own.
    pub password_hash: Option<String>,
    /// Blocked.
    pub disabled: bool,
}

/// A resource server as it is to be.
#[derive(Debug)]
pub struct DeclaredResource {
    /// By which it is known.
    pub url: String,
    /// Shown to administrators.
    pub name: String,
    /// Prefix that its scopes may carry.
    pub scope_prefix: Option<String>,
    /// Run by the same operator.
    pub first_party: bool,
    /// Introspection answers it in signed form or not at all.
    pub requires_signed_introspection: bool,
    /// To whom signed introspection answers are encrypted.
    pub encryption_key: Option<EncryptionKey>,
    /// Its secret at the beginning; none: one is made.
    pub secret: Option<HashedToken>,
    /// Blocked.
    pub disabled: bool,
}

/// An API key as it is to be.
#[derive(Clone, Debug)]
pub struct DeclaredKey {
    /// By which it is known to `apply`.
    pub name: String,
    /// The application of profile keyed that it belongs to.
    pub client_id: String,
    /// The key at the beginning; none: one is made.
    pub hash: Option<HashedToken>,
    /// Blocked.
    pub disabled: bool,
}

/// What kind of thing `apply` made, as it is stored.
mod kinds {
    pub(super) const APPLICATION: &str = "application";
    pub(super) const USER: &str = "user";
    pub(super) const RESOURCE: &str = "resource_server";
    pub(super) const API_KEY: &str = "api_key";
}

fn difference(field: &str, before: Value, after: Value) -> Difference {
    Difference {
        field: field.to_owned(),
        before,
        after,
    }
}

fn flag(field: &str, before: bool, after: bool) -> Option<Difference> {
    (before != after).then(|| difference(field, json!(before), json!(after)))
}

fn names(differences: &[Difference]) -> String {
    let names: Vec<&str> = differences
        .iter()
        .map(|difference| difference.field.as_str())
        .collect();
    names.join(", ")
}

/// The members of two objects that differ; of objects in them, their members.
fn differing(before: &Value, after: &Value) -> Vec<Difference> {
    let (Value::Object(before), Value::Object(after)) = (before, after) else {
        return Vec::new();
    };
    let mut fields: Vec<&String> = before.keys().chain(after.keys()).collect();
    fields.sort();
    fields.dedup();
    let mut found = Vec::new();
    for field in fields {
        let was = before.get(field).unwrap_or(&Value::Null);
        let is = after.get(field).unwrap_or(&Value::Null);
        if was == is {
            continue;
        }
        if was.is_object() && is.is_object() {
            found.extend(differing(was, is).into_iter().map(|inner| Difference {
                field: format!("{field}.{}", inner.field),
                ..inner
            }));
        } else {
            found.push(difference(field, was.clone(), is.clone()));
        }
    }
    found
}
