//! What the pages of the account say.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::pages::language::Language;
use crate::pages::texts::{Text, parsed, sections};

sections! {
    /// Everything in one language.
    AccountTexts {
        tabs: Tabs,
        apps: Apps,
        sessions: Sessions,
        history: History,
        event: Events,
        profile: Profile,
    }
    /// The pages of the account.
    Tabs { label, apps, sessions, security, history, profile }
    /// Connected applications.
    Apps {
        title, lead, effect, empty, blocked, since, last_used, never_used, permissions, withdraw, withdraw_all, withdraw_all_hint,
        withdraw_everything, done_one, done_all, older, first,
    }
    /// Where a user is signed in.
    Sessions {
        title, lead, this, since, proven, unknown_device, end, end_this, end_others, end_others_hint, only_this, done_one, done_others,
        password, password_and_code, password_and_passkey, passkey,
    }
    /// What happened.
    History { title, lead, empty, address, older, first, suspicious }
    /// One text for each kind of line in the audit log.
    Events {
        sign_in, sign_in_failed, sign_out, consent_granted, consent_denied, consent_withdrawn, code_replay, refresh_reuse,
        second_factor_asked, second_factor_changed, password_changed, revocation, secret_changed, admin_command,
        developer_change, review, directory_change, provisional_user, password_reset, email_verified, webhook_changed,
        account_changed, data_downloaded, other,
    }
    /// Who the account says its user is.
    Profile {
        title, lead, details, name, email, verified, not_verified, verified_since, send_link, since, language, language_hint, browser,
        save, language_kept, unknown_language, link_sent, data, data_lead, data_never, prove_first, prove, download,
    }
}

impl AccountTexts {
    /// Everything in one language.
    pub(crate) fn of(language: Language) -> &'static Self {
        static ENGLISH: LazyLock<AccountTexts> = LazyLock::new(|| embedded(Language::English));
        static FRENCH: LazyLock<AccountTexts> = LazyLock::new(|| embedded(Language::French));
        match language {
            Language::English => &ENGLISH,
            Language::French => &FRENCH,
        }
    }
}

/// The data file of a language.
pub(crate) const fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../../templates/account/texts/en.toml"),
        Language::French => include_str!("../../../../templates/account/texts/fr.toml"),
    }
}

fn embedded(language: Language) -> AccountTexts {
    parsed(language, source(language))
}
