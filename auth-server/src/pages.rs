//! The server-rendered pages: what each one shows, in which language.
//!
//! A page is a struct with everything it says, and nothing that decides. The caller renders it
//! (`askama::Template::render`) and answers with its own status and headers.
//! Every page works without JavaScript, and without any inline script or style.

mod assets;
mod consent;
mod duration;
mod error;
mod form_post;
mod home;
mod language;
mod permissions;
mod sign_in;
mod sign_out;
#[cfg(test)]
mod tests;
mod texts;

pub use assets::{Asset, asset};
pub use consent::{AccessDuration, ConsentClient, ConsentPage, RequestedPermission};
pub use error::{ErrorPage, ErrorReason, Fault, PageLink};
pub use form_post::FormPostPage;
pub use home::HomePage;
pub use language::Language;
pub use permissions::PermissionTexts;
pub use sign_in::{SignInNotice, SignInPage};
pub use sign_out::{SignOutConfirmPage, SignedOutPage};

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
    t: &'static Texts,
}

impl PageContext {
    /// A context for nobody in particular. `return_to` is the local path and query that shows this
    /// page again with GET, to which the language switch comes back.
    pub fn new(language: Language, return_to: &str) -> Self {
        let encoded: String = url::form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
        Self {
            language,
            signed_in_as: None,
            language_switch_url: format!("/language?return_to={encoded}"),
            t: Texts::of(language),
        }
    }

    /// The same, for a signed-in user.
    #[must_use]
    pub fn with_user(mut self, signed_in_as: impl Into<String>) -> Self {
        self.signed_in_as = Some(signed_in_as.into());
        self
    }

    #[expect(clippy::unused_self, reason = "templates call it on the page, whichever server's it is")]
    fn asset(&self, name: &str) -> String {
        assets::asset_url(name)
    }

    fn language_links(&self) -> impl Iterator<Item = LanguageLink> {
        Language::ALL.into_iter().map(|language| LanguageLink {
            language,
            url: format!("{}&set={language}", self.language_switch_url),
            current: language == self.language,
        })
    }
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
    }
}
