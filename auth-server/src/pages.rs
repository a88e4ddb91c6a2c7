//! The server-rendered pages: what each one shows, in which language.
//!
//! A page is a struct with everything it says, and nothing that decides. The caller renders it
//! (`askama::Template::render`) and answers with its own status and headers.
//! Every page works without JavaScript, and without any inline script or style.

mod account;
mod admin;
mod assets;
mod consent;
mod developer;
mod duration;
mod error;
mod form_post;
mod home;
mod language;
mod link;
mod moment;
mod outbox;
mod passkey;
mod people;
mod permissions;
mod qr;
mod review_texts;
mod second_factor;
mod security;
mod sign_in;
mod sign_out;
mod style;
#[cfg(test)]
mod tests;
mod texts;
mod webhooks;

pub use account::{
    AppsNotice, ConnectedApp, ConnectedAppsPage, HistoryLine, HistoryPage, ProfileNotice, ProfilePage,
    SessionLine, SessionsNotice, SessionsPage,
};
pub use admin::{
    AdminOverviewPage, AdminTab, AdminTabs, ApplicationEvent, ApplicationFields, ApplicationFilter,
    ApplicationLine, ApplicationNotice, ApplicationPage, ApplicationSecretPage, ApplicationsPage,
    AskedPermission, CHOICES, FLAGS, LIVES, NewApplicationPage, PermissionBox, PolicyFields, ProposedChange,
    QueueLine, ReviewNotice, ReviewPage, ReviewQueuePage, SecretLine, TimelineLine, TokenLine,
    permission_boxes,
};
pub use assets::{Asset, asset};
pub use consent::{AccessDuration, ConsentClient, ConsentPage, RequestedPermission, Vetting};
pub use developer::{
    AppFields, AppFormNotice, AppFormPage, AppLine, ChangeLine, DeveloperAppPage, DeveloperAppsPage,
    DeveloperNotice, ErrorLine, Mistake, NewSecretPage, OwnSecret, PermissionChoice, Security, StepLine,
    TokenCounts, WaitingChange, WaitingPage, problem_text,
};
pub use error::{ErrorPage, ErrorReason, Fault, PageLink};
pub use form_post::FormPostPage;
pub use home::HomePage;
pub use language::Language;
pub use link::{LinkPage, LinkStep, PasswordProblem};
pub use moment::Moment;
pub use outbox::{MessagePage, OutboxLine, OutboxPage};
pub use passkey::PasskeyForm;
pub use people::{
    ApiKeyOncePage, ApiKeyRow, ApiKeysPage, AuditFilter, AuditPage, ErrorLookupPage, FormProblems,
    FoundReport, LogLine, NewUserPage, PasswordOncePage, SessionRow, SigningKeyRow, SigningKeysPage,
    TokenRow, UserFacts, UserFields, UserFilter, UserPage, UserRow, UsersPage,
};
pub use permissions::PermissionTexts;
pub use second_factor::{
    RecoveryCodesPage, SecondFactorNotice, SecondFactorPage, SecondFactorSetUpPage, TotpForm,
};
pub use security::{AccountAppPage, AccountSecurityPage, FactorDates, PasskeyRow, SecurityNotice};
pub use sign_in::{SignInNotice, SignInPage};
pub use sign_out::{SignOutConfirmPage, SignedOutPage};
pub use style::StylePage;
pub use webhooks::{
    DeliveryLine, NewWebhookPage, OutdatedWebhook, WebhookFields, WebhookPage, WebhookProblem,
    WebhookSecretPage, WebhooksPage,
};

use crate::paths;
use texts::Texts;

/// What every page needs to know, whatever it is about.
#[derive(Debug, Clone)]
pub struct PageContext {
    /// The language the page is written in.
    pub language: Language,
    /// E-mail address (or name) of the signed-in user, shown in the head of the page.
    pub signed_in_as: Option<String>,
    /// Where the language links lead; `&set=<tag>` is appended for each language.
    pub language_switch_url: String,
    areas: Vec<AreaLink>,
    t: &'static Texts,
}

impl PageContext {
    /// The general permission whose box ticks that of `scope`.
    #[expect(clippy::unused_self, reason = "templates call it on the page")]
    fn general<'a>(&self, scope: &'a str) -> Option<&'a str> {
        token_format::scope::general(scope)
    }

    /// A context for nobody in particular. `return_to` is the local path and query that shows this
    /// page again with GET, to which the language switch comes back.
    pub fn new(language: Language, return_to: &str) -> Self {
        let encoded: String = url::form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
        Self {
            language,
            signed_in_as: None,
            language_switch_url: format!("/language?return_to={encoded}"),
            areas: Vec::new(),
            t: Texts::of(language),
        }
    }

    /// The same, for a signed-in user.
    #[must_use]
    pub fn with_user(mut self, signed_in_as: impl Into<String>) -> Self {
        self.signed_in_as = Some(signed_in_as.into());
        self
    }

    /// The same, with the parts of the console that the user may enter in its head: the developer's, and where
    /// administration begins. `here` is the page itself.
    #[must_use]
    pub fn with_areas(mut self, developer: bool, administration: Option<&'static str>, here: &str) -> Self {
        let words = &self.t.common;
        let places = [
            (Some(paths::ACCOUNT), paths::ACCOUNT, &words.account),
            (
                developer.then_some(paths::DEVELOPER),
                paths::DEVELOPER,
                &words.developer,
            ),
            (administration, paths::ADMIN, &words.administration),
        ];
        self.areas = places
            .into_iter()
            .filter_map(|(href, root, label)| {
                Some(AreaLink {
                    href: href?,
                    label: label.to_string(),
                    current: here.starts_with(root),
                })
            })
            .collect();
        self
    }

    #[expect(
        clippy::unused_self,
        reason = "templates call it on the page, whichever server's it is"
    )]
    fn asset(&self, name: &str) -> String {
        assets::asset_url(name)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn moment(&self, at: &Moment) -> String {
        at.in_words(self.t)
    }

    fn language_links(&self) -> impl Iterator<Item = LanguageLink> {
        Language::ALL.into_iter().map(|language| LanguageLink {
            language,
            url: format!("{}&set={language}", self.language_switch_url),
            current: language == self.language,
        })
    }
}

/// A part of the console in the head of its pages.
#[derive(Debug, Clone)]
struct AreaLink {
    href: &'static str,
    label: String,
    current: bool,
}

/// One entry of the language switch.
struct LanguageLink {
    language: Language,
    url: String,
    current: bool,
}

/// A field of a form that the user does not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenField {
    /// The `name` attribute.
    pub name: String,
    /// The `value` attribute.
    pub value: String,
}

impl HiddenField {
    /// A field with this name and value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}

/// Parses every text of every language now instead of at the first page, so that a broken build
/// stops at its start.
pub fn preload() {
    for language in Language::ALL {
        Texts::of(language);
        admin::texts::AdminTexts::of(language);
        people::texts::PeopleTexts::of(language);
        review_texts::ReviewTexts::of(language);
        developer::texts::DeveloperTexts::of(language);
    }
}
