//! The permissions that a route asks for.

use oxide_auth::primitives::scope::Scope;
use token_format::scope::{ScopeSet, general};

/// What a route asks for; made by [`permissions!`].
pub trait Permission: Send {
    /// The scopes, all of them needed, without this server's prefix.
    const SCOPES: &'static [&'static str];

    /// The same, prepared.
    fn required() -> &'static Required;
}

/// A set of scopes that are all needed.
#[derive(Debug)]
pub struct Required {
    scopes: &'static [&'static str],
    text: String,
    /// The ways to have them all, for a guard that takes any one of several sets.
    pub(super) alternatives: Vec<Scope>,
}

impl Required {
    /// Prepares a set.
    pub fn new(scopes: &'static [&'static str]) -> Self {
        let mut sets = vec![Vec::new()];
        for &scope in scopes {
            sets = sets
                .iter()
                .flat_map(|set| sufficient(scope).map(|one| [set.as_slice(), &[one]].concat()))
                .collect();
        }
        Self {
            scopes,
            text: scopes.join(" "),
            alternatives: sets.iter().filter_map(|set| set.join(" ").parse().ok()).collect(),
        }
    }

    /// The scopes, separated by spaces.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The first scope that these do not cover.
    pub(super) fn first_missing(&self, granted: &ScopeSet) -> &'static str {
        let missing = self.scopes.iter().find(|scope| !granted.covers(scope));
        missing.or(self.scopes.first()).copied().unwrap_or_default()
    }
}

/// What is enough for one scope: itself, or the general permission that implies it.
fn sufficient(scope: &'static str) -> impl Iterator<Item = &'static str> {
    std::iter::once(scope).chain(general(scope))
}

/// Declares what the routes of a door ask for, each set with a name and a comment:
/// `List = "conferences:read", "conferences.participants:read";`
macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $($scope:literal),+;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl $crate::bearer::Permission for $name {
            const SCOPES: &'static [&'static str] = &[$($scope),+];

            fn required() -> &'static $crate::bearer::Required {
                static REQUIRED: std::sync::LazyLock<$crate::bearer::Required> = std::sync::LazyLock::new(|| {
                    $crate::bearer::Required::new(<$name as $crate::bearer::Permission>::SCOPES)
                });
                &REQUIRED
            }
        }
    )*};
}
pub(crate) use permissions;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Required, ScopeSet};

    const SETS: [&[&str]; 6] = [
        &["user:read"],
        &["rooms:list"],
        &["conferences:read"],
        &["conferences:read", "conferences.participants:write"],
        &["conferences.invitations", "users:read", "users.avatar:write"],
        &["a:b:read"],
    ];

    /// S3.48 to S3.50: what the guard's alternatives let pass is what covers every scope of the set.
    #[test]
    fn the_alternatives_say_what_the_scopes_cover() {
        let values = [
            "rooms:list",
            "rooms",
            "conferences",
            "conferences:read",
            "conferences:write",
            "conferences.participants",
            "conferences.participants:write",
            "conferences.invitations",
            "users",
            "users:read",
            "users.avatar",
            "a:b:read",
            "a:b",
            "user",
            "user:read",
            "a",
        ];
        for scopes in SETS {
            let required = Required::new(scopes);
            let mut passed = 0;
            for chosen in 0..1_u32 << values.len() {
                let granted = values
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| chosen & (1 << at) != 0);
                let granted: ScopeSet = granted.map(|(_, value)| *value).collect();
                let covered = scopes.iter().all(|scope| granted.covers(scope));
                let scope = granted.as_str().parse().ok();
                let allowed = scope.is_some_and(|granted| {
                    required.alternatives.iter().any(|one| one.allow_access(&granted))
                });
                assert_eq!(allowed, covered, "{scopes:?} with {granted}");
                passed += u32::from(allowed);
            }
            assert!(passed > 0, "{scopes:?}");
        }
    }

    /// S3.48
    #[test]
    fn the_first_missing_scope_is_named() {
        let required = Required::new(SETS[3]);
        let of = |scope: &str| required.first_missing(&ScopeSet::parse(scope).unwrap());
        assert_eq!(of(""), "conferences:read");
        assert_eq!(of("conferences"), "conferences.participants:write");
        assert_eq!(of("conferences.participants"), "conferences:read");
        assert_eq!(
            required.as_str(),
            "conferences:read conferences.participants:write"
        );
    }
}
