//! The catalogue of permissions: every scope value both servers know, with words for people.
//!
//! One file describes them all; an operator may describe more in the configuration. The consent page, the
//! metadata of both servers and their API documents read it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::scope::{ScopeError, ScopeSet};

const SOURCE: &str = include_str!("../permissions.toml");

/// All permissions, in the order of their names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// What a resource server may put before its permissions (`lasuite_visio:rooms:list`).
    prefixes: Vec<String>,
    unknown: Wording,
    permissions: BTreeMap<String, Permission>,
}

/// One permission.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// Whose permission it is.
    #[serde(default)]
    pub of: Owner,
    /// Whether it changes users or groups: not to be had where they live in an LDAP directory (S3.34, S3.36,
    /// S3.38).
    #[serde(default)]
    pub writes_directory: bool,
    /// English.
    pub en: Text,
    /// French.
    pub fr: Text,
}

/// Which server a permission is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// The user's account at the authorization server.
    Identity,
    /// The authorization server's own API.
    Server,
    /// The resource server's API.
    #[default]
    Resource,
}

/// A permission in one language.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Completes "The app can ...".
    pub label: String,
    /// What that means, in a sentence or two.
    pub description: String,
}

/// Texts in every language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// English.
    pub en: Text,
    /// French.
    pub fr: Text,
}

/// Why there is no catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// The embedded file; a test reads it.
    #[error("the embedded catalogue: {0}")]
    Source(#[from] toml::de::Error),
    /// A name that no scope may have (RFC 6749 section 3.3).
    #[error("permissions.\"{name}\": {error}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        error: ScopeError,
    },
    /// The name is taken: applications were given what its text says.
    #[error("permissions.\"{name}\" is described already")]
    Taken {
        /// The name.
        name: String,
    },
}

impl Catalogue {
    /// The built-in permissions and the operator's own.
    pub fn new(additional: &BTreeMap<String, Permission>) -> Result<Self, CatalogueError> {
        let mut catalogue: Self = toml::from_str(SOURCE)?;
        for (name, permission) in additional {
            let mut set = ScopeSet::default();
            set.insert(name).map_err(|error| CatalogueError::Name {
                name: name.clone(),
                error,
            })?;
            if catalogue.find(name).is_some() || set.is_empty() {
                return Err(CatalogueError::Taken { name: name.clone() });
            }
            catalogue.permissions.insert(name.clone(), permission.clone());
        }
        Ok(catalogue)
    }

    /// The permission of a scope value, with or without a known prefix.
    pub fn find(&self, scope: &str) -> Option<&Permission> {
        self.permissions.get(scope).or_else(|| {
            let bare = self
                .prefixes
                .iter()
                .find_map(|prefix| scope.strip_prefix(prefix)?.strip_prefix(':'))?;
            self.permissions.get(bare)
        })
    }

    /// Every permission with its scope value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Permission)> {
        self.permissions
            .iter()
            .map(|(scope, permission)| (scope.as_str(), permission))
    }

    /// What is left of a scope where users and groups cannot be changed: of a general permission its `:read`.
    #[must_use]
    pub fn without_directory_writes(&self, scope: &ScopeSet) -> ScopeSet {
        let left = scope.iter().filter_map(|value| match self.find(value) {
            Some(permission) if permission.writes_directory => {
                let read = format!("{value}:read");
                self.permissions.contains_key(&read).then_some(read)
            }
            _ => Some(value.to_owned()),
        });
        left.collect()
    }

    /// Words for a scope value that is described nowhere; `{scope}` stands for it.
    pub fn unknown(&self) -> &Wording {
        &self.unknown
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn additional(name: &str) -> BTreeMap<String, Permission> {
        let text = Text {
            label: "Print".to_owned(),
            description: "Paper.".to_owned(),
        };
        let permission = Permission {
            of: Owner::Resource,
            writes_directory: false,
            en: text.clone(),
            fr: text,
        };
        BTreeMap::from([(name.to_owned(), permission)])
    }

    #[test]
    fn a_known_prefix_is_looked_through_and_no_other() {
        let catalogue = Catalogue::new(&BTreeMap::new()).unwrap();
        assert_eq!(
            catalogue.find("lasuite_visio:rooms:list"),
            catalogue.find("rooms:list")
        );
        assert!(catalogue.find("rooms:list").is_some());
        assert!(catalogue.find("evil:rooms:list").is_none());
        assert!(catalogue.find("lasuite_visiorooms:list").is_none());
    }

    #[test]
    fn an_operator_adds_permissions_and_redefines_none() {
        let catalogue = Catalogue::new(&additional("acme.printer:print")).unwrap();
        assert_eq!(catalogue.find("acme.printer:print").unwrap().en.label, "Print");
        for taken in ["rooms:list", "lasuite_visio:rooms:list", ""] {
            assert!(matches!(
                Catalogue::new(&additional(taken)),
                Err(CatalogueError::Taken { .. })
            ));
        }
        assert!(matches!(
            Catalogue::new(&additional("a b")),
            Err(CatalogueError::Name { .. })
        ));
    }

    /// S3.34, S3.36, S3.38, S3.49: the three permissions, and the general ones that would bring them.
    #[test]
    fn what_a_read_only_directory_takes_away() {
        let catalogue = Catalogue::new(&BTreeMap::new()).unwrap();
        let writing: Vec<_> = catalogue
            .iter()
            .filter(|(_, permission)| permission.writes_directory)
            .map(|(scope, _)| scope)
            .collect();
        let expected = [
            "groups",
            "groups.users",
            "groups.users:write",
            "groups:write",
            "scim",
            "scim:write",
            "users",
            "users:write",
        ];
        assert_eq!(writing, expected);
        let left = |scope: &str| {
            let scope = scope.parse().unwrap();
            catalogue.without_directory_writes(&scope).to_string()
        };
        assert_eq!(
            left("users users.avatar:write rooms:list"),
            "rooms:list users.avatar:write users:read"
        );
        assert_eq!(left("groups:write groups.users:write users:write"), "");
        assert_eq!(left("groups:read own"), "groups:read own");
    }
}
