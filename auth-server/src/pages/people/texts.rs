//! What the pages about people, keys and the audit log say.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::pages::language::Language;
use crate::pages::texts::{Text, parsed, sections};

sections! {
    /// All texts of these pages in one language.
    PeopleTexts {
        list: ListTexts,
        role: RoleTexts,
        users: UsersTexts,
        user: UserTexts,
        once: OnceTexts,
        api_keys: ApiKeysTexts,
        keys: KeysTexts,
        audit: AuditTexts,
        errors: LookupTexts,
        problem: ProblemTexts,
        done: DoneTexts,
    }
    /// What every list has.
    ListTexts { apply, older, first, any, only_read, withheld }
    /// What people may do.
    RoleTexts {
        legend, admin, developer, reviewer, auditor, admin_hint, developer_hint, reviewer_hint, auditor_hint,
    }
    /// The list of users, and adding one.
    UsersTexts {
        title, lead, create, search, search_hint, role, state, active, blocked, empty, email, name, roles, added,
        new_title, new_lead, name_hint, language, browser_language, english, french, password, password_hint,
        ldap_password, save,
    }
    /// One user.
    UserTexts {
        id, verified, not_verified, created, second_step, has_factors, none, profile, ldap_profile, save,
        access, block, block_hint, unblock, unblock_hint, password, password_hint, ldap_password, reset,
        factors, factors_hint, factors_reset, sessions, no_sessions, began, ends, browser, end, end_one, end_all,
        tokens, no_tokens, application, permissions, issued, remove, remove_one, remove_all, remove_all_hint,
        history, history_all, no_history,
    }
    /// A password that was made here, shown once.
    OnceTexts { title, lead, password, copied }
    /// API keys.
    ApiKeysTexts {
        title, lead, empty, name, application, made, state, enabled, disabled, enable, disable, enable_one,
        disable_one, add, name_label, application_label, application_hint, once_title, once_lead, key, copied,
    }
    /// Signing keys.
    KeysTexts {
        title, lead, key, algorithm, state, from, until, published, active, retiring, never, rotate,
        rotate_hint, now, now_hint, confirm,
    }
    /// The audit log.
    AuditTexts {
        title, lead, kind, user, user_hint, application, from, until, empty, at, what, who, address, detail,
        csv, json,
    }
    /// Error ids.
    LookupTexts { title, lead, id, look_up, reason, route, status, at, address }
    /// What is wrong with a form.
    ProblemTexts {
        summary, email, email_taken, password, name, unknown_application, unknown_user, kind, confirm, error_id,
        no_report, date, changed, last_administrator, directory_elsewhere, other,
    }
    /// What was done.
    DoneTexts {
        created, saved, blocked, unblocked, password, factors, session, sessions, token, tokens, disabled, enabled,
        rotated,
    }
}

impl PeopleTexts {
    /// Everything in one language.
    pub(in crate::pages) fn of(language: Language) -> &'static Self {
        static ENGLISH: LazyLock<PeopleTexts> =
            LazyLock::new(|| parsed(Language::English, source(Language::English)));
        static FRENCH: LazyLock<PeopleTexts> =
            LazyLock::new(|| parsed(Language::French, source(Language::French)));
        match language {
            Language::English => &ENGLISH,
            Language::French => &FRENCH,
        }
    }
}

/// The data file of a language.
pub(in crate::pages) const fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../../templates/people/texts/en.toml"),
        Language::French => include_str!("../../../../templates/people/texts/fr.toml"),
    }
}
