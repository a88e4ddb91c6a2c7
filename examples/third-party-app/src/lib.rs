//! A small web app that connects to a user's account with OAuth 2.0, lists the user's rooms and creates new
//! ones. It is meant to be read and copied:
//!
//! - `oauth.rs`: everything about OAuth: discovery, PKCE, the answer's checks, refresh, revocation
//! - `rooms.rs`: calling the API, with a refresh when the access token is over
//! - `session.rs`: what the app remembers about a browser
//! - `web.rs`: the pages

pub mod oauth;
pub mod rooms;
pub mod session;
pub mod web;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use oauth::OAuth;
use session::Sessions;

/// What every request handler can reach.
pub struct App {
    oauth: OAuth,
    http: reqwest::Client,
    /// Base URL of the API.
    resource_url: String,
    sessions: Sessions,
}

/// Puts the app together. Nothing is sent yet: it starts even while the other servers are away.
pub fn build(settings: oauth::Settings, resource_url: String) -> Result<Arc<App>, Box<dyn Error>> {
    // No redirects: an endpoint that answers with one is broken, and following it would carry our secret
    // or the user's token to wherever it points.
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(10))
        .build()?;
    Ok(Arc::new(App {
        sessions: Sessions::new(settings.app_url.starts_with("https://")),
        oauth: OAuth::new(settings, http.clone())?,
        http,
        resource_url,
    }))
}
