//! Redirect URIs: what may be registered, what matches, and how an answer is appended.
//!
//! Matching compares bytes (RFC 9700 2.1). The one exception is the port of a loopback address of a native
//! client (RFC 8252 7.3). URIs are never normalised: what was registered is where the browser is sent.

use url::{Host, Url};

/// Query parameters that reviewed applications may not have in their redirect URIs (S4.21).
const REVIEW_FORBIDS: [&str; 5] = ["sessionId", "token", "success", "redirect_uri", "clientId"];

/// Schemes that would run or show content instead of reaching an application.
const DANGEROUS: [&str; 8] = [
    "javascript",
    "data",
    "vbscript",
    "file",
    "blob",
    "about",
    "filesystem",
    "ftp",
];

/// What a client is, as far as its redirect URIs are concerned.
#[derive(Clone, Copy, Debug)]
pub struct ClientKind {
    /// It has no secret: a native or browser-based application.
    pub public: bool,
    /// Its redirect URIs follow the rules of S4.19 to S4.23.
    pub strict_urls: bool,
}

/// Says why `uri` cannot be registered, in words for its developer.
pub fn check_registration(uri: &str, kind: ClientKind) -> Result<(), String> {
    registration_problem(uri, kind).map_err(|problem| problem.to_string())
}

/// Says which rule a redirect URI breaks.
pub fn registration_problem(uri: &str, kind: ClientKind) -> Result<(), UrlProblem> {
    if uri.len() > 2000
        || uri
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || !c.is_ascii())
    {
        return Err(UrlProblem::Characters);
    }
    if uri.contains('*') {
        return Err(UrlProblem::Wildcard);
    }
    if uri.contains('#') {
        return Err(UrlProblem::Fragment);
    }
    if uri.contains('\\') {
        return Err(UrlProblem::Backslash);
    }
    let url = Url::parse(uri).map_err(|error| UrlProblem::NoUri {
        reason: error.to_string(),
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlProblem::Credentials);
    }
    if matches!(url.scheme(), "https" | "http") && !names_a_host(uri, url.scheme()) {
        return Err(UrlProblem::NoUri {
            reason: "it begins with https://, in small letters, and a host".to_owned(),
        });
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) && !kind.strict_urls => {}
        "http" => return Err(UrlProblem::PlainHttp),
        scheme if DANGEROUS.contains(&scheme) => {
            return Err(UrlProblem::DangerousScheme {
                scheme: scheme.to_owned(),
            });
        }
        scheme if kind.public && !kind.strict_urls && scheme.contains('.') => {}
        scheme => {
            return Err(UrlProblem::Scheme {
                scheme: scheme.to_owned(),
            });
        }
    }
    if kind.strict_urls {
        check_strict(&url)?;
    }
    Ok(())
}

/// Whether a web address is written as it is read: browsers take `https:callback` for a path of the page before, and
/// leave out slashes that are too many.
fn names_a_host(uri: &str, scheme: &str) -> bool {
    let rest = uri.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://"));
    rest.is_some_and(|rest| !rest.starts_with('/'))
}

fn check_strict(url: &Url) -> Result<(), UrlProblem> {
    if matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_))) {
        return Err(UrlProblem::IpAddress);
    }
    match url
        .query_pairs()
        .find(|(name, _)| REVIEW_FORBIDS.contains(&name.as_ref()))
    {
        Some((name, _)) => Err(UrlProblem::QueryParameter {
            name: name.into_owned(),
        }),
        None => Ok(()),
    }
}

/// Which rule a redirect URI breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlProblem {
    /// Too long, or not plain ASCII.
    #[error("a redirect URI is at most 2000 ASCII characters without spaces")]
    Characters,
    /// S4.22.
    #[error("wildcards (*) are not allowed: register each redirect URI in full")]
    Wildcard,
    /// S4.23.
    #[error("a redirect URI has no fragment (#)")]
    Fragment,
    /// Browsers read it as a slash, URL libraries do not.
    #[error("a redirect URI has no backslash")]
    Backslash,
    /// It cannot be read.
    #[error("not a URI: {reason}")]
    NoUri {
        /// What the parser said.
        reason: String,
    },
    /// A user name or a password.
    #[error("a redirect URI has no user name or password")]
    Credentials,
    /// S4.19.
    #[error("use https; plain http is for loopback addresses alone")]
    PlainHttp,
    /// A scheme that shows or runs content.
    #[error("the scheme {scheme}: is not allowed")]
    DangerousScheme {
        /// The scheme.
        scheme: String,
    },
    /// A scheme that this kind of application may not have.
    #[error(
        "the scheme {scheme}: is not allowed; native applications may use a private scheme that is a reversed domain \
         name, such as com.example.app (RFC 8252 7.1)"
    )]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// S4.20.
    #[error("the host must be a name, not an IP address")]
    IpAddress,
    /// S4.21.
    #[error("the query parameter {name} is not allowed")]
    QueryParameter {
        /// The parameter.
        name: String,
    },
}

impl UrlProblem {
    /// A name for the rule, for texts in every language and for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Characters => "url_characters",
            Self::Wildcard => "url_wildcard",
            Self::Fragment => "url_fragment",
            Self::Backslash => "url_backslash",
            Self::NoUri { .. } => "url_malformed",
            Self::Credentials => "url_credentials",
            Self::PlainHttp => "url_plain_http",
            Self::DangerousScheme { .. } => "url_dangerous_scheme",
            Self::Scheme { .. } => "url_scheme",
            Self::IpAddress => "url_ip_address",
            Self::QueryParameter { .. } => "url_query_parameter",
        }
    }
}

/// Whether a URL's host is this machine: 127.0.0.0/8, `[::1]` or localhost.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Why no registered redirect URI matches.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The request has none, and there is not exactly one registered.
    #[error("redirect_uri is missing, and the application has {registered} registered")]
    Missing {
        /// How many are registered.
        registered: usize,
    },
    /// It differs from every registered one.
    #[error("redirect_uri differs at character {at}; registered: {closest}")]
    Differs {
        /// First character that differs from the closest registered one, counted from 1.
        at: usize,
        /// The closest registered one.
        closest: String,
    },
    /// Nothing is registered.
    #[error("the application has no redirect URI registered")]
    NoneRegistered,
}

/// A redirect URI that was checked against the application's registration: only with one of these can an
/// answer be redirected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectTarget {
    uri: String,
    was_sent: bool,
}

impl RedirectTarget {
    /// Finds the registered URI that a request means.
    pub fn find(registered: &[String], presented: Option<&str>, public: bool) -> Result<Self, Mismatch> {
        let Some(presented) = presented else {
            return match registered {
                [only] => Ok(Self {
                    uri: only.clone(),
                    was_sent: false,
                }),
                _ => Err(Mismatch::Missing {
                    registered: registered.len(),
                }),
            };
        };
        let matches =
            |uri: &String| uri == presented || (public && differs_in_loopback_port_only(uri, presented));
        if registered.iter().any(matches) {
            return Ok(Self {
                uri: presented.to_owned(),
                was_sent: true,
            });
        }
        let closest = registered
            .iter()
            .max_by_key(|uri| common_prefix(uri, presented))
            .ok_or(Mismatch::NoneRegistered)?;
        Err(Mismatch::Differs {
            at: common_prefix(closest, presented) + 1,
            closest: closest.clone(),
        })
    }

    /// The URI, byte for byte as it was presented or registered.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Whether the request named it.
    pub fn was_sent(&self) -> bool {
        self.was_sent
    }

    /// Whether the application behind it is proven by TLS: not so for loopback and private schemes (RFC 8252 8.6).
    pub fn is_https(&self) -> bool {
        self.uri.starts_with("https://")
    }

    /// The host, or the scheme of a private one, to be shown to the user.
    pub fn shown_host(&self) -> String {
        match Url::parse(&self.uri) {
            Ok(url) => url
                .host_str()
                .map_or_else(|| format!("{}:", url.scheme()), str::to_owned),
            Err(_) => self.uri.clone(),
        }
    }

    /// The address with parameters appended to the raw URI, its own query kept (RFC 6749 4.1.2).
    pub fn with_query(&self, params: &[(&str, &str)]) -> String {
        let separator = match self.uri.split_once('?') {
            None => "?",
            Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
            Some(_) => "&",
        };
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(params)
            .finish();
        format!("{}{separator}{query}", self.uri)
    }
}

fn common_prefix(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

/// Whether both are `http://127.0.0.1` or `http://[::1]`, the same but for the port (RFC 8252 7.3).
fn differs_in_loopback_port_only(registered: &str, presented: &str) -> bool {
    match (split_port(registered), split_port(presented)) {
        (Some((host_a, rest_a)), Some((host_b, rest_b))) => host_a == host_b && rest_a == rest_b,
        _ => false,
    }
}

/// Splits a loopback URI into host and what follows the port.
fn split_port(uri: &str) -> Option<(&str, &str)> {
    const HOSTS: [&str; 2] = ["http://127.0.0.1", "http://[::1]"];
    let host = HOSTS.into_iter().find(|host| uri.starts_with(host))?;
    let rest = &uri[host.len()..];
    let Some(after_colon) = rest.strip_prefix(':') else {
        return (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest));
    };
    let digits = after_colon.bytes().take_while(u8::is_ascii_digit).count();
    let (port, rest) = after_colon.split_at(digits);
    let ends_well = rest.is_empty() || rest.starts_with(['/', '?']);
    (port.parse::<u16>().is_ok() && ends_well).then_some((host, rest))
}

#[cfg(test)]
mod tests;
