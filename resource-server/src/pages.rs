//! The server-rendered pages: what each one shows, in which language.
//!
//! A page is a struct with everything it says, and nothing that decides. Every page works without
//! JavaScript, and without any inline script or style.

mod assets;
mod error;
mod language;
mod room;
mod texts;

pub use assets::{Asset, asset};
pub use error::{ErrorPage, Problem};
pub use language::Language;
pub use room::{Account, Entry, Manage, Notice, RoomPage, Standing, Telephone};

use texts::Texts;

/// What every page needs to know, whatever it is about.
#[derive(Clone, Debug)]
pub struct PageContext {
    language: Language,
    base: String,
    path: String,
    t: &'static Texts,
}

impl PageContext {
    /// `base` stands before every path in the address that browsers see; GET on `path` shows this page
    /// again, or what is left of it, in another language.
    pub fn new(language: Language, base: &str, path: &str) -> Self {
        Self {
            language,
            base: base.to_owned(),
            path: path.to_owned(),
            t: Texts::of(language),
        }
    }

    fn asset(&self, name: &str) -> String {
        let version = asset(name).map_or("", Asset::version);
        debug_assert!(!version.is_empty(), "no asset {name}");
        format!("{}/assets/{name}?v={version}", self.base)
    }

    fn language_links(&self) -> impl Iterator<Item = LanguageLink> {
        Language::ALL.into_iter().map(|language| LanguageLink {
            language,
            url: format!("{}{}?lang={language}", self.base, self.path),
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

/// Parses every text of every language now instead of at the first page, so that a broken build
/// stops at its start.
pub fn preload() {
    for language in Language::ALL {
        Texts::of(language);
    }
}
