//! What each permission means, in plain words.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::language::Language;
use super::texts::typeset;

/// Labels and descriptions of the scope values this server knows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermissionTexts {
    /// Prefixes a resource server may put before its permissions (`lasuite_visio:rooms:list`).
    prefixes: Vec<String>,
    unknown: Translated,
    permissions: HashMap<String, Translated>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Translated {
    en: PermissionText,
    fr: PermissionText,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PermissionText {
    label: String,
    description: String,
}

const SOURCE: &str = include_str!("../../../templates/texts/permissions.toml");

impl PermissionTexts {
    /// The texts that are part of the binary.
    #[expect(
        clippy::expect_used,
        reason = "the file is part of the binary, and a test parses it"
    )]
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<PermissionTexts> = LazyLock::new(|| {
            PermissionTexts::parse(SOURCE).expect("the embedded permission texts are complete")
        });
        &SHARED
    }

    fn parse(source: &str) -> Result<Self, toml::de::Error> {
        let mut texts: Self = toml::from_str(source)?;
        for translated in texts.permissions.values_mut().chain([&mut texts.unknown]) {
            for text in [&mut translated.fr.label, &mut translated.fr.description] {
                *text = typeset(Language::French, text);
            }
        }
        Ok(texts)
    }

    /// Whether this scope value has words of its own.
    pub fn knows(&self, scope: &str) -> bool {
        self.find(scope).is_some()
    }

    /// What the permission lets an application do, as a short phrase. A value nobody described is
    /// named as it is, in a neutral sentence.
    pub fn label(&self, scope: &str, language: Language) -> Cow<'_, str> {
        match self.find(scope) {
            Some(translated) => Cow::Borrowed(&translated.of(language).label),
            None => Cow::Owned(self.unknown.of(language).label.replace("{scope}", scope)),
        }
    }

    /// What that means for the user, as a sentence or two.
    pub fn description(&self, scope: &str, language: Language) -> &str {
        &self.find(scope).unwrap_or(&self.unknown).of(language).description
    }

    fn find(&self, scope: &str) -> Option<&Translated> {
        self.permissions.get(scope).or_else(|| {
            let bare = self
                .prefixes
                .iter()
                .find_map(|prefix| scope.strip_prefix(prefix)?.strip_prefix(':'))?;
            self.permissions.get(bare)
        })
    }
}

impl Translated {
    const fn of(&self, language: Language) -> &PermissionText {
        match language {
            Language::English => &self.en,
            Language::French => &self.fr,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

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
        let texts = PermissionTexts::parse(SOURCE).unwrap();
        for scope in CONFERENCES.into_iter().chain(OTHERS) {
            assert!(texts.knows(scope), "{scope}");
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
    fn a_configured_prefix_is_looked_through_and_no_other() {
        let texts = PermissionTexts::shared();
        let label = |scope| texts.label(scope, Language::English);
        assert_eq!(label("lasuite_visio:rooms:list"), label("rooms:list"));
        assert!(!texts.knows("evil:rooms:list"));
        assert!(!texts.knows("lasuite_visiorooms:list"));
    }

    #[test]
    fn an_unknown_value_is_named_as_it_is() {
        let texts = PermissionTexts::shared();
        for language in Language::ALL {
            assert!(texts.label("x:y", language).contains("x:y"));
            assert!(!texts.description("x:y", language).contains('{'));
        }
    }

    #[test]
    fn no_two_permissions_read_the_same() {
        let texts = PermissionTexts::shared();
        for language in Language::ALL {
            let mut labels: Vec<_> = texts
                .permissions
                .keys()
                .map(|scope| texts.label(scope, language))
                .collect();
            labels.sort_unstable();
            let all = labels.len();
            labels.dedup();
            assert_eq!(labels.len(), all, "{language}");
        }
    }
}
