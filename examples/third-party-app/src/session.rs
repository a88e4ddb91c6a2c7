//! What the app remembers about a browser: in memory, found by a random cookie. A restart forgets it all, so a
//! real app keeps this in its database, with the tokens encrypted.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use oauth2::CsrfToken;
use tokio::sync::Mutex;

use crate::oauth::{Connection, Pending};

/// A browser is forgotten this long after its last visit.
const IDLE: Duration = Duration::from_hours(12);
/// Sessions kept at the same time; beyond that, the one that was not used for the longest goes.
const MOST: usize = 10_000;

/// Something to tell the user on the next page.
pub struct Notice {
    /// Whether it is bad news.
    pub bad: bool,
    /// In plain words.
    pub text: String,
    /// For developers: the code and description of an error.
    pub detail: Option<String>,
}

impl Notice {
    /// Good news.
    pub fn good(text: impl Into<String>) -> Self {
        Self {
            bad: false,
            text: text.into(),
            detail: None,
        }
    }

    /// Bad news.
    pub fn bad(text: impl Into<String>, detail: Option<String>) -> Self {
        Self {
            bad: true,
            text: text.into(),
            detail,
        }
    }
}

/// One browser.
pub struct Session {
    /// Every form of ours carries it: a form on another site cannot know it.
    pub csrf: CsrfToken,
    /// Sent to the authorization server and not back yet.
    pub pending: Option<Pending>,
    /// The user's permission.
    pub connection: Option<Connection>,
    /// Shown once.
    pub notice: Option<Notice>,
}

/// A session is locked for a whole request. So two tabs never use one refresh token at the same moment, which
/// the authorization server would have to take for a theft.
pub type Shared = Arc<Mutex<Session>>;

struct Entry {
    used: Instant,
    session: Shared,
}

/// All sessions, by the value of their cookie.
pub struct Sessions {
    entries: Mutex<HashMap<String, Entry>>,
    https: bool,
}

impl Sessions {
    /// On https, the cookie is for https alone.
    pub fn new(https: bool) -> Self {
        Self {
            entries: Mutex::default(),
            https,
        }
    }

    /// The session of a request, if it has one.
    pub async fn find(&self, headers: &HeaderMap) -> Option<Shared> {
        let id = self.cookie(headers)?;
        let mut entries = self.entries.lock().await;
        let entry = entries.get_mut(&id)?;
        entry.used = Instant::now();
        Some(Arc::clone(&entry.session))
    }

    /// A new session, and the cookie that finds it.
    pub async fn open(&self) -> (Shared, Option<HeaderValue>) {
        let session = Arc::new(Mutex::new(Session {
            csrf: CsrfToken::new_random_len(32),
            pending: None,
            connection: None,
            notice: None,
        }));
        let cookie = self.keep(Arc::clone(&session)).await;
        (session, cookie)
    }

    /// Gives a session a new cookie: what the old one found is out of reach for whoever knew it.
    pub async fn renew(&self, headers: &HeaderMap, session: &Shared) -> Option<HeaderValue> {
        if let Some(id) = self.cookie(headers) {
            self.entries.lock().await.remove(&id);
        }
        self.keep(Arc::clone(session)).await
    }

    async fn keep(&self, session: Shared) -> Option<HeaderValue> {
        let id = CsrfToken::new_random_len(32).into_secret();
        let secure = if self.https { "; Secure" } else { "" };
        let name = self.cookie_name();
        // Lax, as the return from the authorization server is a visit from another site.
        let cookie = HeaderValue::from_str(&format!("{name}={id}; Path=/; HttpOnly; SameSite=Lax{secure}"));
        let used = Instant::now();
        let mut entries = self.entries.lock().await;
        entries.retain(|_, entry| used.duration_since(entry.used) < IDLE);
        if entries.len() >= MOST
            && let Some(oldest) = entries
                .iter()
                .min_by_key(|(_, entry)| entry.used)
                .map(|(id, _)| id.clone())
        {
            entries.remove(&oldest);
        }
        entries.insert(id, Entry { used, session });
        cookie.ok()
    }

    fn cookie_name(&self) -> &'static str {
        // The prefix makes browsers refuse a cookie of this name from anybody but this host, over https.
        if self.https {
            "__Host-example_app"
        } else {
            "example_app"
        }
    }

    fn cookie(&self, headers: &HeaderMap) -> Option<String> {
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == self.cookie_name())
            .map(|(_, value)| value.to_owned())
    }
}
