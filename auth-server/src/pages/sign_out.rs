//! Signing out: the question (`GET /logout`) and the answer.

use askama::Template;

use super::{HiddenField, PageContext, PageLink};

/// Asks whether to sign out, since a mere link must not be able to do it. Posts `csrf` and `fields` to
/// `/logout`.
#[derive(Debug, Template)]
#[template(path = "sign_out_confirm.html")]
pub struct SignOutConfirmPage {
    /// What every page needs.
    pub page: PageContext,
    /// The token that ties the form to this session.
    pub csrf: String,
    /// The application that asked for it (OpenID Connect RP-Initiated Logout 1.0), if any.
    pub client_name: Option<String>,
    /// What has to survive the question: `return_to`, `post_logout_redirect_uri`, `state`.
    pub fields: Vec<HiddenField>,
}

/// Says that the user is signed out.
#[derive(Debug, Template)]
#[template(path = "signed_out.html")]
pub struct SignedOutPage {
    /// What every page needs.
    pub page: PageContext,
    /// Back to the application: its validated `post_logout_redirect_uri` and its name.
    pub back: Option<PageLink>,
}
