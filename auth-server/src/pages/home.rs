//! The front page (`/`).

use askama::Template;

use super::PageContext;
use super::developer::texts::DeveloperTexts;
use super::texts::Text;

/// Says what this server is, lets people sign in or out, and shows developers the metadata. Signing
/// out posts `csrf` to `/logout`.
#[derive(Debug, Template)]
#[template(path = "home.html")]
pub struct HomePage {
    /// What every page needs. `signed_in_as` decides which of the two forms is shown.
    pub page: PageContext,
    /// The token that ties the sign-out form to this session.
    pub csrf: String,
    /// Whether the user may register applications.
    pub developer: bool,
    /// The issuer identifier that developers configure.
    pub issuer: String,
}

impl HomePage {
    fn developer_text(&self) -> &'static Text {
        &DeveloperTexts::of(self.page.language).list.home
    }
}
