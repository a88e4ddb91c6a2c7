//! What the administration's pages say: `templates/admin/texts`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::super::language::Language;
use super::super::texts::{Text, parsed, sections};

sections! {
    /// Everything these pages say in one language.
    AdminTexts {
        tabs: Tabs,
        overview: Overviews,
        applications: Lists,
        application: Details,
        form: Forms,
        kind: Kinds,
        policy: Policies,
        policy_option: PolicyOptions,
        grant: Grants,
        secrets: Secrets,
        tokens: Tokens,
        review: Reviews,
    }
    /// The navigation.
    Tabs {
        label, applications, review, users, api_keys, signing_keys, audit, errors, outbox, webhooks,
    }
    /// The first page.
    Overviews {
        title, applications, disabled, waiting, overdue,
    }
    /// The list of applications.
    Lists {
        title, lead, create, search, search_hint, search_submit, filter, all, disabled, empty, first, older,
    }
    /// One application.
    Details {
        id, created, state, sections, properties, history, no_history, whole_history, at, what, detail,
        enable, disable, disable_hint, saved, now_disabled, now_enabled, secret_revoked, token_removed,
        tokens_removed,
    }
    /// Its properties.
    Forms {
        name, name_hint, redirect_uris, redirect_uris_hint, redirect_uris_needed, profile, profile_hint,
        profile_edit_hint, permissions, permissions_hint, stands_for_both, locked, other_scope,
        other_scope_hint, homepage_url, policy_url, logo_url, use_case, description, owner, owner_hint,
        domains, domains_hint, nothing, problems, line, create, save,
    }
    /// How it proves who it is.
    Kinds {
        title, confidential, public, key_only,
    }
    /// Its token policy.
    Policies {
        title, lead, grants, access_seconds, access_from_refresh_seconds, refresh_seconds, family_seconds,
        code_seconds, reuse_grace_seconds, pkce, access_format, refresh, redirect_uri_at_exchange,
        token_type, mandatory_scope, mandatory_scope_hint, review, allow_any_domain, save,
    }
    /// Values of a policy.
    PolicyOptions {
        required, optional_for_confidential, jwt, opaque, opaque86, rotate, keep, as_requested, optional,
        bearer, lower_bearer,
    }
    /// Ways to a token.
    Grants {
        authorization_code, refresh_token, client_credentials, password, delegation,
    }
    /// Its secrets.
    Secrets {
        title, none, label, label_optional, unnamed, created, last_used, ends, never, over, revoke,
        revoke_one, rotate, rotate_hint, overlap, at_once, add, add_hint, days, days_hint, made,
        made_application, once, secret, copied,
    }
    /// Its tokens.
    Tokens {
        title, lead, none, user, nobody, issued, remove, remove_one, remove_all,
    }
    /// The review.
    Reviews {
        title, lead, overdue, overdue_count, change, submitted, waits, waited_less, waited_hour,
        waited_hours, waited_days, empty, later, change_title, change_lead, field, before, after,
        submission, not_examined, logo_alt, timeline, decision, reason, reason_hint, reason_problem,
        approve, hold, reject, done_approved, done_on_hold, done_rejected,
    }
}

impl AdminTexts {
    /// Everything in one language.
    pub(crate) fn of(language: Language) -> &'static Self {
        static ENGLISH: LazyLock<AdminTexts> =
            LazyLock::new(|| parsed(Language::English, source(Language::English)));
        static FRENCH: LazyLock<AdminTexts> =
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
        Language::English => include_str!("../../../../templates/admin/texts/en.toml"),
        Language::French => include_str!("../../../../templates/admin/texts/fr.toml"),
    }
}
