//! Who makes a request, as far as HTTP tells: address, language, cookies. Nothing of it is believed beyond what
//! each part says.

use std::convert::Infallible;
use std::fmt;
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

/// Where a request comes from: the peer, or the client behind it when the peer is a trusted proxy.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    fn of(parts: &Parts, state: &AppState) -> Self {
        let peer = parts
            .extensions
            .get::<Peer>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        Self(client_address(peer, &parts.headers, state))
    }

    /// What limits count it by: the address, or an IPv6 /64.
    pub fn network(self) -> String {
        match self.0 {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self::of(parts, state))
    }
}

/// What a request tells about the person who sends it.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Where it comes from.
    pub address: ClientAddress,
    /// The browser's name for itself.
    pub user_agent: String,
    /// The session cookie.
    pub session_cookie: Option<PlainToken>,
    /// The cookie that forms before the sign-in are bound to.
    pub form_cookie: Option<String>,
    /// The note of a sign-in that waits for its second factor.
    pub half_cookie: Option<String>,
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
            address: ClientAddress::of(parts, state),
            user_agent: text(USER_AGENT).unwrap_or_default(),
            session_cookie: cookie(&cookies::session_name(secure)).map(PlainToken::presented),
            form_cookie: cookie(&cookies::form_name(secure)),
            half_cookie: cookie(&cookies::half_name(secure)),
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
