//! What the developers' pages say.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::pages::language::Language;
use crate::pages::texts::{Text, parsed, sections};

sections! {
    /// Everything in one language.
    DeveloperTexts {
        list: ListTexts,
        form: FormTexts,
        app: AppTexts,
        mistake: MistakeTexts,
        done: DoneTexts,
        refused: RefusedTexts,
        secret: SecretTexts,
        waiting: WaitingTexts,
    }
    /// The list of applications.
    ListTexts { title, lead, create, empty, name, status, blocked, registered, older, first, home }
    /// The form of an application.
    FormTexts {
        new_title, new_lead, edit_title, edit_lead, edit_approved, name, name_hint, homepage, homepage_hint, policy,
        policy_hint, logo, logo_hint, use_case, use_case_none, description, description_hint, callbacks,
        callbacks_hint, callback, add, rules, rule_https, rule_host, rule_query, rule_wildcard, rule_fragment,
        permissions, permissions_hint, more_permissions, kind, confidential, confidential_hint, public, public_hint,
        check, save_draft, save, submit, submit_again, cancel, problems, check_problems, check_fine, changed,
    }
    /// The page of an application.
    AppTexts {
        back, back_to, review, draft_lead, pending_lead, waiting, overdue, on_hold_lead, rejected_lead, approved_lead,
        disabled, reason, submit, submit_again, edit, details, empty, timeline, security, client_id, secrets,
        no_secrets, public, label, label_hint, no_label, created, expires, last_used, never, ended, action,
        revoke, revoke_one, new_secret, new_secret_hint, lifetime, lifetime_never, lifetime_days, make, regenerate,
        regenerate_hint, overlap, overlap_none, regenerate_button, tokens, tokens_none, tokens_count, tokens_users,
        change, change_draft, change_pending, change_on_hold, change_rejected, field, now, wanted, withdraw, errors,
        errors_lead, errors_none, when, request, meaning, error_id,
    }
    /// What refused requests of an application mean.
    MistakeTexts {
        invalid_client, invalid_grant, invalid_request, invalid_scope, unauthorized_client, unsupported_grant_type,
        redirect_uri, not_approved, blocked, throttled, outage, other,
    }
    /// What was done.
    DoneTexts { draft, saved, submitted, withdrawn, secret_revoked }
    /// Why something was not done.
    RefusedTexts { incomplete, secret_gone, label, choice }
    /// A new secret.
    SecretTexts { title, lead, client_id, secret, copied }
    /// The page before the approval.
    WaitingTexts {
        title, lead_pending, lead_draft, lead_on_hold, lead_still, only_you, again, stop, app,
    }
}

/// The data file of a language.
pub(in crate::pages) const fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../../templates/developer/texts/en.toml"),
        Language::French => include_str!("../../../../templates/developer/texts/fr.toml"),
    }
}

impl DeveloperTexts {
    /// Everything in one language.
    pub(in crate::pages) fn of(language: Language) -> &'static Self {
        static ENGLISH: LazyLock<DeveloperTexts> =
            LazyLock::new(|| parsed(Language::English, source(Language::English)));
        static FRENCH: LazyLock<DeveloperTexts> =
            LazyLock::new(|| parsed(Language::French, source(Language::French)));
        match language {
            Language::English => &ENGLISH,
            Language::French => &FRENCH,
        }
    }
}
