//! Which scope a request gets (RFC 6749 3.3).

use token_format::scope::ScopeSet;

use super::error::{ErrorCode, ProtocolError};
use crate::domain::application::Application;

/// Reads a scope parameter.
pub fn parse(value: &str) -> Result<ScopeSet, ProtocolError> {
    value.parse().map_err(|error| {
        ProtocolError::new(
            ErrorCode::InvalidScope,
            "the scope has a character that scopes cannot have",
        )
        .because(error)
    })
}

/// The scope that an application's request is about: what it asks for, or all it has registered, and always
/// what its policy makes mandatory. Asking for more than is registered is an error, never a silent cut.
pub fn negotiate(requested: Option<&ScopeSet>, application: &Application) -> Result<ScopeSet, ProtocolError> {
    let mandatory = &application.policy.mandatory_scope;
    let Some(requested) = requested else {
        return Ok(application.scope.union(mandatory));
    };
    let refused = requested
        .iter()
        .find(|scope| !application.scope.covers(scope) && !mandatory.contains(scope));
    match refused {
        Some(scope) => Err(ProtocolError::new(
            ErrorCode::InvalidScope,
            format!("the scope {scope} is not among those this application may ask for"),
        )
        .because(format!("registered: {}", application.scope))),
        None => Ok(requested.union(mandatory)),
    }
}

/// The scope without what its general permissions stand for (S3.49).
pub fn without_implied(scope: &ScopeSet) -> ScopeSet {
    let stands_alone =
        |value: &&str| token_format::scope::general(value).is_none_or(|general| !scope.contains(general));
    scope.iter().filter(stands_alone).collect()
}

#[cfg(test)]
mod tests {
    use super::{negotiate, parse};
    use crate::domain::application::{About, Application, ReviewStatus};
    use crate::domain::policy::Profile;
    use crate::protocol::error::ErrorCode;

    fn application(profile: Profile, scope: &str) -> Application {
        Application {
            client_id: String::new(),
            name: String::new(),
            profile,
            policy: profile.policy(),
            auth_methods: Vec::new(),
            secrets: Vec::new(),
            redirect_uris: Vec::new(),
            scope: scope.split(' ').collect(),
            domains: Vec::new(),
            owner_id: None,
            review: ReviewStatus::Approved,
            review_reason: None,
            disabled: false,
            homepage_url: None,
            policy_url: None,
            about: About::default(),
            submitted_at: None,
            created_at: 0,
        }
    }

    /// A9, S0.6, S4.38: nothing asked is everything registered; what is mandatory is always in; a general
    /// permission covers its :read and :write; more than is registered is an error, never a silent cut.
    #[test]
    fn negotiation() {
        use Profile::{Meet, Standard};
        for (profile, registered, asked, granted) in [
            (Standard, "a b", None, Some("a b")),
            (Standard, "a b", Some("b"), Some("b")),
            (Standard, "a b", Some("b a b"), Some("a b")),
            (Standard, "a b", Some("a c"), None),
            (Standard, "a b", Some("A"), None),
            (Standard, "a", Some("a:read a:write"), Some("a:read a:write")),
            (Standard, "a", Some("a:delete"), None),
            (Standard, "a", Some("a.x:read"), None),
            (Standard, "a:read", Some("a"), None),
            (Standard, "a:read", Some("a:write"), None),
            (Standard, "", None, Some("")),
            (Standard, "", Some("a"), None),
            (Meet, "x", None, Some("lasuite_visio x")),
            (Meet, "x", Some("x"), Some("lasuite_visio x")),
            (Meet, "x", Some("lasuite_visio"), Some("lasuite_visio")),
            (Meet, "x", Some("lasuite_visio y"), None),
        ] {
            let requested = asked.map(|asked| asked.split(' ').collect());
            let result = negotiate(requested.as_ref(), &application(profile, registered));
            let result = result.map(|scope| scope.to_string()).map_err(|error| error.code);
            let expected = granted.map(str::to_owned).ok_or(ErrorCode::InvalidScope);
            assert_eq!(result, expected, "{profile} {registered:?} {asked:?}");
        }
    }

    /// A9: RFC 6749 3.3's alphabet.
    #[test]
    fn characters() {
        for (value, good) in [
            ("a b:c/d", true),
            ("a\"b", false),
            ("a\\b", false),
            ("a\tb", false),
            ("\u{e9}", false),
        ] {
            let result = parse(value).map(|_| ()).map_err(|error| error.code);
            let expected = if good {
                Ok(())
            } else {
                Err(ErrorCode::InvalidScope)
            };
            assert_eq!(result, expected, "{value:?}");
        }
    }
}
