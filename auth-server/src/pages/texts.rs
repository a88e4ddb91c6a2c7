//! What the pages say: one data file per language, parsed once.
//!
//! The files are read into the structs below, so that the compiler proves that a text used by a page
//! exists, and warns about one that no page uses; parsing proves that no language lacks a text or has
//! one too many.

use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::language::Language;

/// One text in one language, perhaps with placeholders such as `{client}`.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub(crate) struct Text(String);

impl Text {
    /// The text with one placeholder filled in. The result is not escaped: the template does that.
    pub(crate) fn with(&self, placeholder: &str, value: impl fmt::Display) -> String {
        let (before, after) = self.around(placeholder);
        format!("{before}{value}{after}")
    }

    /// What stands before and after a placeholder, for a value that gets an element of its own.
    pub(crate) fn around(&self, placeholder: &str) -> (&str, &str) {
        // With its braces: the letters of a placeholder may stand in a word before it.
        let split = self.0.split_once(&format!("{{{placeholder}}}"));
        debug_assert!(
            split.is_some(),
            "no placeholder {{{placeholder}}} in {:?}",
            self.0
        );
        split.unwrap_or((&self.0, ""))
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Declares the sections of the data files. Every key is a [`Text`] unless it names another type.
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
    (@) => { Text };
}
pub(super) use sections;

sections! {
    /// Everything the pages say in one language.
    Texts {
        common: Common,
        sign_in: SignIn,
        second_factor: SecondFactor,
        security: Security,
        consent: Consent,
        sign_out: SignOut,
        home: Home,
        form_post: FormPost,
        link: Links,
        outbox: Outbox,
        webhooks: Webhooks,
        error: ErrorTexts,
        problem: Problems,
        duration: Durations,
        date: Dates,
    }
    /// The frame around every page.
    Common {
        service, tagline, skip, languages, signed_in_as, sign_out, new_tab, home,
        areas, account, developer, administration,
    }
    /// A day and a moment in words.
    Dates {
        moment, first, january, february, march, april, may, june, july, august, september, october, november, december,
    }
    /// The sign-in page.
    SignIn {
        title, title_again, for_client, for_nobody, email, password, submit, reassurance,
        wrong_credentials, too_many_attempts, session_expired, confirm, forgot, start_over,
        or, with_passkey, passkey_refused, passkey_failed, passkey_needs_script,
    }
    /// Second factors: the step of the sign-in, and setting them up.
    SecondFactor {
        title, lead, code, code_hint, submit, use_passkey, lost, recovery_code, recovery_hint, recovery_submit,
        not_you, start_over, wrong_code, passkey_refused, passkey_failed, passkey_needs_script, passkey_not_added,
        set_up_title, set_up_lead, set_up_expired, app, step_scan, qr_alt, by_hand, step_code, set_up_submit,
        passkey_instead, passkey_name, passkey_name_hint, passkey_add,
        codes_title, codes_lead, codes_once, codes_next,
    }
    /// The account's security page.
    Security {
        title, lead, second_step, second_step_lead, on, off, prove_first, prove, back,
        app_title, app_lead, app_since, app_none, app_set_up, app_remove, app_remove_hint, remove, last_used, never_used,
        passkeys, passkeys_none, passkeys_impossible, passkey_since, passkey_change, new_name, rename,
        passkey_remove_hint, codes, codes_left, codes_renew, codes_renew_hint,
        password, current_password, new_password, new_password_hint, end_access, end_access_hint, sessions_end,
        change_password, password_elsewhere,
        password_changed, app_added, app_not_added, app_removed, passkey_added, passkey_renamed, passkey_removed, codes_renewed,
        wrong_password, unfit_password, passkey_refused, passkey_name,
    }
    /// The consent page.
    Consent {
        title, reviewed, added, not_reviewed, warning, registered_by, homepage, policy,
        signed_in_as, not_you, switch_account,
        asks, nothing_new, choose, mandatory, already, sent_to,
        renewed, fixed, withdraw, withdraw_where, allow, deny,
    }
    /// Before and after signing out.
    SignOut {
        title, question, asked_by, submit, stay, done_title, done, shared_computer, back_to, sign_in_again,
    }
    /// The front page.
    Home {
        title, lead, signed_in, account, sign_in, sign_out, developers, developers_lead,
        openid_configuration, oauth_metadata, keys,
    }
    /// The page between this server and an application that asked for `response_mode=form_post`.
    FormPost { title, lead, submit }
    /// Pages around links in messages.
    Links {
        back, new_password, password_hint, too_short, too_long,
        forgot: LinkText, asked: LinkText, elsewhere: LinkText, choose: LinkText, set: LinkText, dead: LinkText,
        verify: LinkText, verification_asked: LinkText, confirm: LinkText, verified: LinkText,
    }
    /// One step on the way of a link.
    LinkText { title, lead, action }
    /// The console's outbox.
    Outbox {
        title, lead, no_server, filter, all, empty, subject, recipient, at, state, older, kind, attempts,
        next, error, text, secret, blanked, send, waiting, sent, failed, kept, verify_email, reset_password,
        password_changed, second_factor_changed, submission_received, approved, on_hold, rejected, new_sign_in,
    }
    /// The console's receivers of events.
    Webhooks {
        title, lead, empty, create, receiver, url, url_hint, events, state, enabled, disabled, failing,
        failing_since, made, secret_lead, secret, copied, enable, disable, send_test, edit, save, deliveries,
        no_deliveries, what, at, answer, replay, replay_one, waiting, delivered, failed, waits_already, is_changed, is_disabled,
        no_delivery, bad_url, no_events, rotate, rotate_hint, rotated, delete, delete_hint, too_many,
        event: EventTexts,
    }
    /// What each event means.
    EventTexts {
        application_created, application_changed, application_disabled, review_submitted, review_decided,
        grant_created, grant_withdrawn, token_revoked, user_created, user_disabled, refresh_reuse,
        code_replay, second_factor_changed, password_changed, key_rotated, test,
    }
    /// The frame of an error page.
    ErrorTexts {
        fault_application, fault_administrators, fault_user, fault_server,
        what_to_do, error_id, error_id_hint, for_developers,
    }
    /// One text block per [`super::ErrorReason`].
    Problems {
        unknown_client: Problem,
        redirect_uri: Problem,
        invalid_request: Problem,
        client_disabled: Problem,
        client_not_approved: Problem,
        form_expired: Problem,
        forbidden: Problem,
        not_found: Problem,
        method_not_allowed: Problem,
        bad_input: Problem,
        too_large: Problem,
        unsupported_media_type: Problem,
        too_many_requests: Problem,
        unavailable: Problem,
        internal: Problem,
    }
    /// What happened, and what to do about it.
    Problem { title, what, advice }
    /// Lengths of time, for one and for many.
    Durations {
        second, seconds, minute, minutes, hour, hours, day, days,
    }
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

/// The data file of a language.
pub(crate) const fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../templates/texts/en.toml"),
        Language::French => include_str!("../../../templates/texts/fr.toml"),
    }
}

fn embedded(language: Language) -> Texts {
    parsed(language, source(language))
}

/// The texts of a file that is part of the binary.
#[expect(
    clippy::expect_used,
    reason = "the files are part of the binary, and a test parses each of them"
)]
pub(super) fn parsed<T: DeserializeOwned>(language: Language, source: &str) -> T {
    toml::from_str(&typeset(language, source)).expect("the embedded texts are complete")
}

/// French puts a space before `: ; ? !`, inside « » and before a unit, at which no line may break. The data files
/// have plain spaces there, since nobody can see the right ones in an editor.
pub(crate) fn typeset(language: Language, source: &str) -> String {
    match language {
        Language::English => source.to_owned(),
        Language::French => source
            .replace("{n} ", "{n}\u{a0}")
            .replace(" :", "\u{a0}:")
            .replace("« ", "«\u{a0}")
            .replace(" »", "\u{a0}»")
            .replace(" ;", "\u{202f};")
            .replace(" ?", "\u{202f}?")
            .replace(" !", "\u{202f}!"),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn parse(language: Language, source: &str) -> Result<Texts, toml::de::Error> {
        toml::from_str(&typeset(language, source))
    }

    /// The data files, with what the keys of each begin with here.
    type File = (&'static str, fn(Language) -> &'static str);
    const FILES: &[File] = &[
        ("", source),
        ("account/", super::super::account::texts::source),
        ("admin/", super::super::admin::texts::source),
        ("developer/", super::super::developer::texts::source),
        ("people/", super::super::people::texts::source),
        ("review/", super::super::review_texts::source),
    ];

    /// Every text by its full key.
    fn flat(language: Language) -> BTreeMap<String, String> {
        fn walk(prefix: &str, table: &toml::Table, found: &mut BTreeMap<String, String>) {
            for (key, value) in table {
                match value {
                    toml::Value::Table(inner) => walk(&format!("{prefix}{key}."), inner, found),
                    value => {
                        found.insert(format!("{prefix}{key}"), value.as_str().unwrap().to_owned());
                    }
                }
            }
        }
        let mut found = BTreeMap::new();
        for (prefix, source) in FILES {
            walk(prefix, &source(language).parse().unwrap(), &mut found);
        }
        found
    }

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{')
            .skip(1)
            .map(|rest| rest.split_once('}').unwrap().0)
            .collect()
    }

    #[test]
    fn every_language_has_exactly_the_texts_the_pages_use() {
        for language in Language::ALL {
            parse(language, source(language)).unwrap();
            let with_one_more = format!("{}\nunheard_of = 'x'\n", source(language));
            assert!(parse(language, &with_one_more).is_err());
            let with_one_less: Vec<&str> = source(language)
                .lines()
                .filter(|line| !line.starts_with("skip"))
                .collect();
            assert!(parse(language, &with_one_less.join("\n")).is_err());
        }
    }

    #[test]
    fn languages_agree_on_keys_and_placeholders() {
        let (english, french) = (flat(Language::English), flat(Language::French));
        assert_eq!(
            english.keys().collect::<Vec<_>>(),
            french.keys().collect::<Vec<_>>()
        );
        for (key, text) in &english {
            assert_eq!(placeholders(text), placeholders(&french[key]), "{key}");
        }
    }

    #[test]
    fn no_text_is_empty_or_left_untranslated() {
        // Words that are the same in both languages.
        let same = ["common.service", "duration.minute", "duration.minutes"];
        let french = flat(Language::French);
        for (key, text) in flat(Language::English) {
            assert!(!text.trim().is_empty() && text.trim() == text, "{key}");
            assert_eq!(french[&key] == text, same.contains(&key.as_str()), "{key}");
        }
    }

    #[test]
    fn texts_use_typographic_apostrophes() {
        for language in Language::ALL {
            for (key, text) in flat(language) {
                assert!(!text.contains('\''), "{language} {key}");
            }
        }
    }

    #[test]
    fn french_spaces_do_not_break() {
        assert_eq!(
            typeset(Language::French, "Qui : « x » ?"),
            "Qui\u{a0}: «\u{a0}x\u{a0}»\u{202f}?"
        );
        for text in flat(Language::French).into_values() {
            let set = typeset(Language::French, &text);
            for sign in [':', ';', '?', '!', '»'] {
                // A colon of an address is none of a sentence's.
                for (at, _) in set
                    .match_indices(sign)
                    .filter(|(at, _)| !set[*at..].starts_with("://"))
                {
                    let before = set[..at].chars().next_back().unwrap();
                    assert!(
                        matches!(before, '\u{a0}' | '\u{202f}'),
                        "{before:?} before {sign} in {text}"
                    );
                }
            }
        }
    }

    #[test]
    fn placeholders_are_filled() {
        let text = Text("To {host}, now".to_owned());
        assert_eq!(text.with("host", "a.example"), "To a.example, now");
        assert_eq!(text.around("host"), ("To ", ", now"));
        assert_eq!(
            Text("The host {host}".to_owned()).around("host"),
            ("The host ", "")
        );
    }
}
