//! The front page (`/`).

use askama::Template;

use super::PageContext;

/// Says what this server is, lets people sign in or out, and shows developers the metadata. Signing
/// out posts `csrf` to `/logout`.
#[derive(Debug, Template)]
#[template(path = "home.html")]
pub struct HomePage {
    /// What every page needs. `signed_in_as` decides which of the two forms is shown.
    pub page: PageContext,
    /// The token that ties the sign-out form to this session.
    pub csrf: String,
    /// The issuer identifier that developers configure.
    pub issuer: String,
}
