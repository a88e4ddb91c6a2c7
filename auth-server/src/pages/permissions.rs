//! What each permission means, in plain words.

use std::sync::Arc;

use token_format::catalogue::{Catalogue, Text};

use super::language::Language;
use super::texts::typeset;

/// The catalogue's words, as pages show them.
#[derive(Clone, Debug)]
pub struct PermissionTexts(Arc<Catalogue>);

impl PermissionTexts {
    /// The texts of a catalogue.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self(catalogue)
    }

    /// What the permission lets an application do, as a short phrase. A value nobody described is
    /// named as it is, in a neutral sentence.
    pub fn label(&self, scope: &str, language: Language) -> String {
        typeset(language, &self.text(scope, language).label).replace("{scope}", scope)
    }

    /// What that means for the user, as a sentence or two.
    pub fn description(&self, scope: &str, language: Language) -> String {
        typeset(language, &self.text(scope, language).description)
    }

    fn text(&self, scope: &str, language: Language) -> &Text {
        let (english, french) = match self.0.find(scope) {
            Some(permission) => (&permission.en, &permission.fr),
            None => (&self.0.unknown().en, &self.0.unknown().fr),
        };
        match language {
            Language::English => english,
            Language::French => french,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn texts() -> PermissionTexts {
        PermissionTexts::new(Arc::new(Catalogue::new(&BTreeMap::new()).unwrap()))
    }

    /// The 24 permissions of S3.24 to S3.47, then the general ones of S3.49.
    const CONFERENCES: [&str; 32] = [
        "conferences:read",
        "conferences:write",
        "conferences.records:read",
        "conferences.participants:read",
        "conferences.participants:write",
        "conferences.invitations",
        "conferences.sessions:read",
        "conferences.sessions.participants:read",
        "conferences.sessions.podiums.participants",
        "groups:read",
        "groups:write",
        "groups.users:read",
        "groups.users:write",
        "users:read",
        "users:write",
        "users.addressbook:read",
        "users.addressbook:write",
        "users.avatar:read",
        "users.avatar:write",
        "templates.conferences:read",
        "templates.conferences:write",
        "logs.calls:read",
        "logs.calls.participants:read",
        "logs.calls.invites:read",
        "conferences",
        "conferences.participants",
        "groups",
        "groups.users",
        "users",
        "users.addressbook",
        "users.avatar",
        "templates.conferences",
    ];
    const OTHERS: [&str; 23] = [
        "openid",
        "profile",
        "email",
        "offline_access",
        "admin",
        "user",
        "lasuite_visio",
        "rooms:list",
        "rooms:retrieve",
        "rooms:create",
        "rooms:update",
        "rooms:delete",
        "lasuite_visio:rooms:list",
        "lasuite_visio:rooms:retrieve",
        "lasuite_visio:rooms:create",
        "lasuite_visio:rooms:update",
        "lasuite_visio:rooms:delete",
        "user:read",
        "meeting:create",
        "meeting:read",
        "meeting:update",
        "meeting:delete",
        "meeting:join",
    ];

    #[test]
    fn every_permission_of_every_profile_is_described_in_every_language() {
        let texts = texts();
        for scope in CONFERENCES.into_iter().chain(OTHERS) {
            assert!(texts.0.find(scope).is_some(), "{scope}");
            for language in Language::ALL {
                assert!(!texts.label(scope, language).is_empty());
                assert!(
                    texts.description(scope, language).ends_with('.'),
                    "{scope} {language}"
                );
            }
            assert_ne!(
                texts.label(scope, Language::English),
                texts.label(scope, Language::French),
                "{scope} is translated"
            );
        }
    }

    #[test]
    fn an_unknown_value_is_named_as_it_is() {
        let texts = texts();
        for language in Language::ALL {
            assert!(texts.label("x:y", language).contains("x:y"));
            assert!(!texts.description("x:y", language).contains('{'));
        }
    }

    #[test]
    fn no_two_permissions_read_the_same() {
        let texts = texts();
        for language in Language::ALL {
            let mut labels: Vec<_> = texts
                .0
                .iter()
                .map(|(scope, _)| texts.label(scope, language))
                .collect();
            labels.sort_unstable();
            let all = labels.len();
            labels.dedup();
            assert_eq!(labels.len(), all, "{language}");
        }
    }
}
