//! The page that carries an authorization response in a form (OAuth 2.0 Form Post Response Mode).

use askama::Template;

use super::{HiddenField, PageContext};

/// Posts `fields` to the application by itself, or by its button where scripts are off. Its
/// `Content-Security-Policy` needs `script-src 'self'` and the redirect URI's scheme in `form-action`.
#[derive(Debug, Template)]
#[template(path = "form_post.html")]
pub struct FormPostPage {
    /// What every page needs.
    pub page: PageContext,
    /// The application's validated redirect URI.
    pub redirect_uri: String,
    /// The application's name.
    pub client_name: String,
    /// The parameters of the authorization response.
    pub fields: Vec<HiddenField>,
}
