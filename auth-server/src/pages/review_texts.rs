//! What developers and reviewers read about applications: `templates/review/texts`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::PageContext;
use super::language::Language;
use super::texts::{Text, parsed, sections};
use crate::domain::application::ReviewStatus;
use crate::domain::finding::{FindingField, FindingKind, Severity};
use crate::flows::registry::{Conflict, FieldProblem};

sections! {
    /// Everything in one language.
    ReviewTexts {
        finding: Findings,
        status: Statuses,
        step: Steps,
        use_case: UseCases,
        problem: FieldProblems,
        conflict: Conflicts,
    }
    /// What was found about an application's addresses.
    Findings {
        title, still_checking, nothing, blocks, warns, note, redirect_uri, homepage, policy, logo, malformed,
        plain_http, private_target, unresolved, unreachable, page_missing, mixed_scripts, look_alike, punycode,
        blocklisted, logo_unusable,
    }
    /// Where a review stands.
    Statuses { draft, pending, on_hold, rejected, approved }
    /// What happened in a review.
    Steps {
        created, submitted, approved, on_hold, rejected, change_submitted, change_approved, change_on_hold,
        change_rejected, change_withdrawn,
    }
    /// What applications are for.
    UseCases { calendar, chat, education, health, customer_support, events, automation, other }
    /// What is wrong with a field.
    FieldProblems {
        required, name, name_taken, too_long, control_characters, too_many, repeated, web_address, domain, scope,
        scope_unknown, scope_reserved, scope_unavailable, policy, choice, email, unknown_user, past, range, kind,
        url_characters, url_wildcard, url_fragment, url_backslash, url_malformed, url_credentials, url_plain_http,
        url_dangerous_scheme, url_scheme, url_ip_address, url_query_parameter, other,
    }
    /// Why something is not possible now.
    Conflicts {
        changed, already, not_submitted, in_use, nothing_to_submit, not_approved, no_secret, too_many_secrets,
        own_application, other,
    }
}

impl ReviewTexts {
    /// Everything in one language.
    pub(crate) fn of(language: Language) -> &'static Self {
        static ENGLISH: LazyLock<ReviewTexts> =
            LazyLock::new(|| parsed(Language::English, source(Language::English)));
        static FRENCH: LazyLock<ReviewTexts> =
            LazyLock::new(|| parsed(Language::French, source(Language::French)));
        match language {
            Language::English => &ENGLISH,
            Language::French => &FRENCH,
        }
    }
}

/// The data file of a language.
pub(super) const fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../templates/review/texts/en.toml"),
        Language::French => include_str!("../../../templates/review/texts/fr.toml"),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
impl PageContext {
    /// The texts about applications and reviews.
    pub(super) fn review(&self) -> &'static ReviewTexts {
        ReviewTexts::of(self.language)
    }

    /// Where a review stands.
    pub(super) fn review_status(&self, status: &ReviewStatus) -> &'static Text {
        let texts = &self.review().status;
        match *status {
            ReviewStatus::Draft => &texts.draft,
            ReviewStatus::Pending => &texts.pending,
            ReviewStatus::OnHold => &texts.on_hold,
            ReviewStatus::Rejected => &texts.rejected,
            ReviewStatus::Approved => &texts.approved,
        }
    }

    /// What happened in a review; a step that nobody described is named as it is stored.
    pub(super) fn review_step(&self, what: &str) -> String {
        let texts = &self.review().step;
        let text = match what {
            "created" => &texts.created,
            "submitted" => &texts.submitted,
            "approved" => &texts.approved,
            "on_hold" => &texts.on_hold,
            "rejected" => &texts.rejected,
            "change_submitted" => &texts.change_submitted,
            "change_approved" => &texts.change_approved,
            "change_on_hold" => &texts.change_on_hold,
            "change_rejected" => &texts.change_rejected,
            "change_withdrawn" => &texts.change_withdrawn,
            other => return other.to_owned(),
        };
        text.to_string()
    }

    /// What an application is for; a use case that is not of the list is shown as it is stored.
    pub(super) fn use_case(&self, name: &str) -> String {
        let texts = &self.review().use_case;
        let text = match name {
            "calendar" => &texts.calendar,
            "chat" => &texts.chat,
            "education" => &texts.education,
            "health" => &texts.health,
            "customer_support" => &texts.customer_support,
            "events" => &texts.events,
            "automation" => &texts.automation,
            "other" => &texts.other,
            unknown => return unknown.to_owned(),
        };
        text.to_string()
    }

    /// Which address was examined.
    pub(super) fn finding_field(&self, field: &FindingField) -> &'static Text {
        let texts = &self.review().finding;
        match *field {
            FindingField::RedirectUri => &texts.redirect_uri,
            FindingField::Homepage => &texts.homepage,
            FindingField::Policy => &texts.policy,
            FindingField::Logo => &texts.logo,
        }
    }

    /// What was found.
    pub(super) fn finding_kind(&self, kind: &FindingKind) -> &'static Text {
        let texts = &self.review().finding;
        match *kind {
            FindingKind::Malformed => &texts.malformed,
            FindingKind::PlainHttp => &texts.plain_http,
            FindingKind::PrivateTarget => &texts.private_target,
            FindingKind::Unresolved => &texts.unresolved,
            FindingKind::Unreachable => &texts.unreachable,
            FindingKind::PageMissing => &texts.page_missing,
            FindingKind::MixedScripts => &texts.mixed_scripts,
            FindingKind::LookAlike => &texts.look_alike,
            FindingKind::Punycode => &texts.punycode,
            FindingKind::Blocklisted => &texts.blocklisted,
            FindingKind::LogoUnusable => &texts.logo_unusable,
        }
    }

    /// How much a finding weighs.
    pub(super) fn severity(&self, severity: &Severity) -> &'static Text {
        let texts = &self.review().finding;
        match *severity {
            Severity::Note => &texts.note,
            Severity::Warns => &texts.warns,
            Severity::Blocks => &texts.blocks,
        }
    }

    /// Why something is not possible now.
    pub(super) fn conflict(&self, conflict: &Conflict) -> &'static Text {
        let texts = &self.review().conflict;
        match *conflict {
            Conflict::Changed => &texts.changed,
            Conflict::Already => &texts.already,
            Conflict::NotSubmitted => &texts.not_submitted,
            Conflict::InUse => &texts.in_use,
            Conflict::NothingToSubmit => &texts.nothing_to_submit,
            Conflict::NotApproved => &texts.not_approved,
            Conflict::NoSecret => &texts.no_secret,
            Conflict::TooManySecrets => &texts.too_many_secrets,
            Conflict::OwnApplication => &texts.own_application,
            Conflict::LastAdministrator | Conflict::DirectoryElsewhere => &texts.other,
        }
    }

    /// What is wrong with a field.
    pub(super) fn field_problem(&self, problem: &FieldProblem) -> String {
        let mut text = self.problem_text(problem.problem.code()).to_string();
        for (name, value) in problem.problem.params() {
            text = text.replace(&format!("{{{name}}}"), &value);
        }
        text
    }

    fn problem_text(&self, code: &str) -> &'static Text {
        let texts = &self.review().problem;
        match code {
            "required" => &texts.required,
            "name" => &texts.name,
            "name_taken" => &texts.name_taken,
            "too_long" => &texts.too_long,
            "control_characters" => &texts.control_characters,
            "too_many" => &texts.too_many,
            "repeated" => &texts.repeated,
            "web_address" => &texts.web_address,
            "domain" => &texts.domain,
            "scope" => &texts.scope,
            "scope_unknown" => &texts.scope_unknown,
            "scope_reserved" => &texts.scope_reserved,
            "scope_unavailable" => &texts.scope_unavailable,
            "policy" => &texts.policy,
            "choice" => &texts.choice,
            "email" => &texts.email,
            "unknown_user" => &texts.unknown_user,
            "past" => &texts.past,
            "range" => &texts.range,
            "kind" => &texts.kind,
            "url_characters" => &texts.url_characters,
            "url_wildcard" => &texts.url_wildcard,
            "url_fragment" => &texts.url_fragment,
            "url_backslash" => &texts.url_backslash,
            "url_malformed" => &texts.url_malformed,
            "url_credentials" => &texts.url_credentials,
            "url_plain_http" => &texts.url_plain_http,
            "url_dangerous_scheme" => &texts.url_dangerous_scheme,
            "url_scheme" => &texts.url_scheme,
            "url_ip_address" => &texts.url_ip_address,
            "url_query_parameter" => &texts.url_query_parameter,
            _ => &texts.other,
        }
    }
}

/// The colours of where a review stands.
pub(super) const fn status_badge(status: ReviewStatus) -> &'static str {
    match status {
        ReviewStatus::Draft => "",
        ReviewStatus::Pending | ReviewStatus::OnHold => "badge-warn",
        ReviewStatus::Rejected => "badge-bad",
        ReviewStatus::Approved => "badge-good",
    }
}

/// The colours of how much a finding weighs.
pub(super) const fn severity_badge(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "",
        Severity::Warns => "badge-warn",
        Severity::Blocks => "badge-bad",
    }
}
