//! Who makes a request, as far as HTTP tells: address, language, cookies. Nothing of it is believed beyond what
//! each part says.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, USER_AGENT};
use axum::http::request::Parts;

use super::cookies;
use crate::domain::secret::PlainToken;
use crate::pages::{Language, PageContext};
use crate::state::AppState;

/// The address at the other end of the connection, set by the server loop.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// What a request tells about its sender.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Its address; that of the client when the peer is a trusted proxy.
    pub address: String,
    /// What limits count it by: the address, or an IPv6 /64.
    pub network: String,
    /// Path and query of the request.
    pub path_and_query: String,
    /// The browser's name for itself.
    pub user_agent: String,
    /// The session cookie.
    pub session_cookie: Option<PlainToken>,
    /// The cookie that forms before the sign-in are bound to.
    pub form_cookie: Option<String>,
    language_cookie: Option<String>,
    accept_language: Option<String>,
}

impl Visitor {
    /// The language of its pages; `ui_locales` is what an application asked for.
    pub fn language(&self, ui_locales: Option<&str>) -> Language {
        Language::negotiate(
            ui_locales,
            self.language_cookie.as_deref(),
            self.accept_language.as_deref(),
        )
    }

    /// The frame of a page that GET on `return_to` shows again.
    pub fn page(&self, ui_locales: Option<&str>, return_to: &str) -> PageContext {
        PageContext::new(self.language(ui_locales), return_to)
    }
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let peer = parts
            .extensions
            .get::<Peer>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        let address = client_address(peer, &parts.headers, state);
        let text = |name| {
            parts
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let cookie = |name: &str| {
            parts
                .headers
                .get_all(COOKIE)
                .iter()
                .find_map(|header| cookies::find(header.to_str().ok()?, name))
        };
        let secure = state.web.secure_cookies;
        Ok(Self {
            address: address.to_string(),
            network: network_of(address),
            path_and_query: parts
                .uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string),
            user_agent: text(USER_AGENT).unwrap_or_default(),
            session_cookie: cookie(&cookies::session_name(secure)).map(PlainToken::presented),
            form_cookie: cookie(&cookies::form_name(secure)),
            language_cookie: cookie(cookies::LANGUAGE),
            accept_language: text(ACCEPT_LANGUAGE),
        })
    }
}

/// The nearest address in X-Forwarded-For that is not one of our proxies, if the peer is one.
fn client_address(peer: IpAddr, headers: &HeaderMap, state: &AppState) -> IpAddr {
    if !state.trusts(peer) {
        return peer.to_canonical();
    }
    let forwarded: Vec<IpAddr> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(','))
        .filter_map(|text| text.trim().parse().ok())
        .collect();
    forwarded
        .into_iter()
        .rev()
        .find(|address| !state.trusts(*address))
        .unwrap_or(peer)
        .to_canonical()
}

fn network_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
