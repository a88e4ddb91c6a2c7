//! Permissions as a form shows them: a general permission with the two that it stands for (S3.49).

use token_format::catalogue::{Catalogue, Owner};
use token_format::scope::ScopeSet;

/// Permissions of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionGroup {
    /// The general permission, which ticks the two below; none for a permission without a general one.
    pub general: Option<String>,
    /// The permissions of their own.
    pub single: Vec<String>,
    /// Those of them that cannot be had while users live in an LDAP directory (S3.58).
    pub unavailable: Vec<String>,
    /// Whose they are.
    pub of: Owner,
}

/// Every permission, in groups, in the order of their names.
pub fn groups(catalogue: &Catalogue, directory_is_writable: bool) -> Vec<PermissionGroup> {
    let all: Vec<_> = catalogue.iter().collect();
    let known = |name: &str| all.iter().any(|(scope, _)| *scope == name);
    let mut groups: Vec<PermissionGroup> = Vec::new();
    for (scope, permission) in &all {
        let unavailable = permission.writes_directory && !directory_is_writable;
        if let Some(general) = token_format::scope::general(scope).filter(|general| known(general))
            && let Some(group) = groups
                .iter_mut()
                .find(|group| group.general.as_deref() == Some(general))
        {
            group.single.push((*scope).to_owned());
            if unavailable {
                group.unavailable.push((*scope).to_owned());
            }
            continue;
        }
        let is_general = known(&format!("{scope}:read")) || known(&format!("{scope}:write"));
        let is_general = is_general && token_format::scope::general(&format!("{scope}:read")).is_some();
        let own = vec![(*scope).to_owned()];
        groups.push(PermissionGroup {
            general: is_general.then(|| (*scope).to_owned()),
            unavailable: if unavailable { own.clone() } else { Vec::new() },
            single: if is_general { Vec::new() } else { own },
            of: permission.of,
        });
    }
    groups
}

/// What is ticked when a scope is shown: a general permission ticks the two that it stands for.
pub fn is_ticked(scope: &ScopeSet, permission: &str) -> bool {
    scope.covers(permission)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::BTreeMap;

    use token_format::catalogue::Catalogue;

    use super::{groups, is_ticked};

    /// S3.49, S3.58: `users` stands for two, `conferences` too, and says nothing about what has a dot; `user` is none.
    #[test]
    fn general_permissions() {
        let catalogue = Catalogue::new(&BTreeMap::new()).unwrap();
        let groups = groups(&catalogue, false);
        let of = |general: &str| {
            groups
                .iter()
                .find(|group| group.general.as_deref() == Some(general))
                .map(|group| (group.single.join(" "), group.unavailable.join(" ")))
        };
        let two = |text: &str, gone: &str| Some((text.to_owned(), gone.to_owned()));
        assert_eq!(of("users"), two("users:read users:write", "users users:write"));
        assert_eq!(of("conferences"), two("conferences:read conferences:write", ""));
        assert_eq!(of("user"), None);
        assert_eq!(of("conferences.invitations"), None);
        let shown: usize = groups
            .iter()
            .map(|group| group.single.len() + usize::from(group.general.is_some()))
            .sum();
        assert_eq!(shown, catalogue.iter().count(), "each one is shown once");
        let scope = "users".parse().unwrap();
        assert!(is_ticked(&scope, "users:write") && !is_ticked(&scope, "users.avatar:read"));
    }
}
