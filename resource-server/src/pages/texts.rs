//! What the pages say: one data file per language, parsed once.
//!
//! The files are read into the structs below, so that the compiler proves that a text used by a page
//! exists, and warns about one that no page uses; parsing proves that no language lacks a text or has
//! one too many.

use std::sync::LazyLock;

use serde::Deserialize;

use super::language::Language;

/// Declares the sections of the data files. Every key is a text unless it names another section.
macro_rules! sections {
    ($($(#[$doc:meta])* $section:ident { $($key:ident $(: $kind:ty)?),+ $(,)? })+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub(crate) struct $section { $(pub(crate) $key: sections!(@ $($kind)?)),+ }
        )+
    };
    (@ $kind:ty) => { $kind };
    (@) => { String };
}

sections! {
    /// Everything the pages say in one language.
    Texts {
        common: Common,
        room: RoomTexts,
        level: Levels,
        notice: Notices,
        wrong: Wrong,
        error: ErrorTexts,
        problem: Problems,
    }
    /// The frame around every page.
    Common {
        service, tagline, skip, languages, signed_in_as, signed_in, sign_out,
    }
    /// The room's page.
    RoomTexts {
        private_title, private_lead, who_gets_in,
        owner, administrator, member, attendee,
        join, join_button, join_address, telephone, pin,
        yours, sign_in, sign_in_to, stranger, stranger_address,
        not_allowed, allow_changes,
        manage, name, name_hint, save_name, save_access, attendees, attendees_hint, no_attendees, remove,
        add_label, add,
    }
    /// Who gets into a room.
    Levels { public: Level, trusted: Level, restricted: Level }
    /// In a word, and in a sentence.
    Level { short, long }
    /// What was just done.
    Notices {
        signed_out, signed_out_link, denied, name_saved, access_saved, attendee_added, attendee_removed,
    }
    /// What is wrong with a field.
    Wrong { name_too_long, name_control, email, attendee_there, attendees_full }
    /// The frame of an error page.
    ErrorTexts { fault_user, fault_server, what_to_do, error_id, error_id_hint, back_to_room, sign_in_again }
    /// One text block per [`super::Problem`].
    Problems {
        no_room: ProblemText,
        form_expired: ProblemText,
        forbidden: ProblemText,
        bad_input: ProblemText,
        sign_in_failed: ProblemText,
        unavailable: ProblemText,
        internal: ProblemText,
    }
    /// What happened, and what to do about it.
    ProblemText { title, what, advice }
}

impl Texts {
    /// Everything in one language.
    pub(crate) fn of(language: Language) -> &'static Self {
        static ENGLISH: LazyLock<Texts> = LazyLock::new(|| embedded(Language::English));
        static FRENCH: LazyLock<Texts> = LazyLock::new(|| embedded(Language::French));
        match language {
            Language::English => &ENGLISH,
            Language::French => &FRENCH,
        }
    }
}

const fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../templates/rooms/texts/en.toml"),
        Language::French => include_str!("../../../templates/rooms/texts/fr.toml"),
    }
}

#[expect(
    clippy::expect_used,
    reason = "the files are part of the binary, and a test parses each of them"
)]
fn embedded(language: Language) -> Texts {
    toml::from_str(source(language)).expect("the embedded texts are complete")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::BTreeMap;

    use super::{Language, Texts, source};

    /// Every text by its full key.
    fn flat(language: Language) -> BTreeMap<String, String> {
        fn walk(prefix: &str, table: &toml::Table, found: &mut BTreeMap<String, String>) {
            for (key, value) in table {
                match value {
                    toml::Value::Table(table) => walk(&format!("{prefix}{key}."), table, found),
                    other => drop(found.insert(format!("{prefix}{key}"), other.as_str().unwrap().to_owned())),
                }
            }
        }
        let mut found = BTreeMap::new();
        walk("", &source(language).parse().unwrap(), &mut found);
        found
    }

    #[test]
    fn every_text_is_there_in_both_languages_and_translated() {
        // Words that are the same in both languages.
        let same = ["common.service"];
        Texts::of(Language::English);
        Texts::of(Language::French);
        let french = flat(Language::French);
        for (key, text) in flat(Language::English) {
            assert!(!text.trim().is_empty() && text.trim() == text, "{key}");
            assert_eq!(french[&key] == text, same.contains(&key.as_str()), "{key}");
        }
    }

    #[test]
    fn apostrophes_are_typographic_and_french_spaces_do_not_break() {
        for language in Language::ALL {
            for (key, text) in flat(language) {
                assert!(!text.contains('\''), "{language} {key}");
            }
        }
        for (key, text) in flat(Language::French) {
            for sign in [':', ';', '?', '!', '»'] {
                for (at, _) in text.match_indices(sign) {
                    let before = text[..at].chars().next_back().unwrap();
                    assert!(
                        matches!(before, '\u{a0}' | '\u{202f}'),
                        "{before:?} before {sign} in {key}"
                    );
                }
            }
        }
    }
}
