//! The client: bounded time, size and redirects; no cookies, no proxy from the environment, no addresses of our own
//! network. Every redirect is checked as if it were the first request.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response, Url};
use url::Host;

use super::addresses::Rules;
use super::error::OutboundError;
use super::names::{CheckedNames, Lookup};

/// Redirects that are followed.
pub(super) const MAX_REDIRECTS: usize = 3;
/// For everything that one request asks, redirects included.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

const AGENT: &str = concat!("Anteroom/", env!("CARGO_PKG_VERSION"));

/// Schemes that a caller accepts. A network that the operator named may be called by http in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schemes {
    /// https alone.
    Https,
    /// https or http.
    HttpToo,
}

/// How much of an answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// All of it; more than this many bytes is an error.
    AtMost(usize),
    /// The first bytes, at most this many.
    Beginning(usize),
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Where it came from after redirects.
    pub url: Url,
    /// As much of the body as was asked for.
    pub body: Vec<u8>,
}

/// Sends requests to addresses that other people chose.
#[derive(Clone, Debug)]
pub struct Outbound(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    /// The public internet at the usual ports, and named networks.
    public: Door,
    /// Named networks alone, at any port.
    named: Door,
}

#[derive(Debug)]
struct Door {
    client: Client,
    names: CheckedNames,
}

impl Door {
    fn new(names: CheckedNames) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .user_agent(AGENT)
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            // No connection outlives the check of its address.
            .pool_max_idle_per_host(0)
            .connect_timeout(PATIENCE)
            .timeout(PATIENCE)
            .dns_resolver(names.clone())
            .build()?;
        Ok(Self { client, names })
    }
}

impl Outbound {
    /// A client that obeys `rules`, and looks names up by `lookup`.
    pub fn new(rules: Rules, lookup: &Lookup) -> Result<Self, OutboundError> {
        let rules = Arc::new(rules);
        let names = |named_alone| CheckedNames {
            lookup: Arc::clone(lookup),
            rules: Arc::clone(&rules),
            named_alone,
        };
        Ok(Self(Arc::new(Parts {
            public: Door::new(names(false))?,
            named: Door::new(names(true))?,
        })))
    }

    /// Fetches a page or picture; follows redirects.
    pub async fn get(&self, url: &str, schemes: Schemes, body: Body) -> Result<Answer, OutboundError> {
        let mut url = parse(url)?;
        let fetching = async {
            for _ in 0..=MAX_REDIRECTS {
                let request = self.door(&url, schemes)?.client.request(Method::GET, url.clone());
                let response = request.send().await?;
                match redirect(&response) {
                    Some(target) => url = target,
                    None => return read(response, body).await,
                }
            }
            Err(OutboundError::Redirects)
        };
        bounded(fetching).await
    }

    /// Posts a message; a redirect is an answer like any other.
    pub async fn post(
        &self,
        url: &str,
        schemes: Schemes,
        headers: HeaderMap,
        message: String,
        body: Body,
    ) -> Result<Answer, OutboundError> {
        let url = parse(url)?;
        let client = &self.door(&url, schemes)?.client;
        let request: RequestBuilder = client.request(Method::POST, url).headers(headers).body(message);
        bounded(async { read(request.send().await?, body).await }).await
    }

    /// Says why a URL cannot be called at all, without looking its name up.
    pub fn check_url(&self, url: &str, schemes: Schemes) -> Result<(), OutboundError> {
        self.door(&parse(url)?, schemes).map(drop)
    }

    /// The addresses of a URL's host, if they may be called; nothing is sent there.
    pub async fn resolve(&self, url: &Url) -> Result<Vec<IpAddr>, OutboundError> {
        match url.host() {
            None => Err(OutboundError::Url("it has no host")),
            Some(Host::Ipv4(address)) => self.literal(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => self.literal(IpAddr::V6(address)),
            Some(Host::Domain(name)) => {
                let resolving = self.0.public.names.clone().resolve(name.to_owned());
                bounded(async {
                    resolving.await.map_err(|error| {
                        error
                            .downcast_ref::<super::names::NameRefused>()
                            .map_or(OutboundError::Unresolved, |refused| {
                                OutboundError::Refused(refused.0)
                            })
                    })
                })
                .await
            }
        }
    }

    fn literal(&self, address: IpAddr) -> Result<Vec<IpAddr>, OutboundError> {
        self.0.public.names.check(address)?;
        Ok(vec![address])
    }

    /// The client that may send to a URL, or why none may.
    fn door(&self, url: &Url, schemes: Schemes) -> Result<&Door, OutboundError> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutboundError::Url("it has a user name or password"));
        }
        let usual = match (url.scheme(), schemes) {
            ("https", _) => url.port_or_known_default() == Some(443),
            ("http", Schemes::HttpToo) => url.port_or_known_default() == Some(80),
            ("http", Schemes::Https) => false,
            _ => return Err(OutboundError::Url("its scheme is not https")),
        };
        let why = if url.scheme() == "http" && schemes == Schemes::Https {
            "it is plain http"
        } else {
            "its port is not the usual one"
        };
        let door = if usual { &self.0.public } else { &self.0.named };
        // Addresses in figures are not looked up, so that nothing else would check them.
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) if usual || self.0.named.names.rules.is_extended() => return Ok(door),
            Some(Host::Domain(_)) => return Err(OutboundError::Url(why)),
            None => return Err(OutboundError::Url("it has no host")),
        };
        self.0.public.names.check(address)?;
        if self.0.named.names.check(address).is_err() {
            return Err(OutboundError::Url("its host is an address in figures"));
        }
        Ok(&self.0.named)
    }
}

fn parse(url: &str) -> Result<Url, OutboundError> {
    Url::parse(url).map_err(|_| OutboundError::Url("it cannot be read"))
}

fn redirect(response: &Response) -> Option<Url> {
    if !response.status().is_redirection() {
        return None;
    }
    let target = response.headers().get(LOCATION)?.to_str().ok()?;
    response.url().join(target).ok()
}

async fn read(mut response: Response, limit: Body) -> Result<Answer, OutboundError> {
    let (Body::AtMost(most) | Body::Beginning(most)) = limit;
    let mut body = Vec::new();
    while body.len() < most || matches!(limit, Body::AtMost(_)) {
        let Some(chunk) = response.chunk().await? else {
            break;
        };
        body.extend_from_slice(&chunk);
        if body.len() > most {
            if matches!(limit, Body::AtMost(_)) {
                return Err(OutboundError::TooLarge(most));
            }
            body.truncate(most);
        }
    }
    Ok(Answer {
        status: response.status().as_u16(),
        url: response.url().clone(),
        body,
    })
}

/// The client's own limit is per hop; this one holds for all of it.
async fn bounded<T>(work: impl Future<Output = Result<T, OutboundError>>) -> Result<T, OutboundError> {
    tokio::time::timeout(PATIENCE, work)
        .await
        .unwrap_or(Err(OutboundError::TimedOut))
}
