//! Why a request to the outside had no answer.

use std::error::Error;

use super::addresses::Refused;
use super::names::NameRefused;

/// Why a request to the outside had no answer. Its text is meant for developers and administrators.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// Not a URL that is ever called: scheme, port, user name, raw address.
    #[error("the URL is not one that is called: {0}")]
    Url(&'static str),
    /// Where it leads, nobody may call.
    #[error("not called: {0}")]
    Refused(#[from] Refused),
    /// Its name has no address.
    #[error("the host has no address")]
    Unresolved,
    /// It redirects too often.
    #[error("it redirects more than {} times", super::client::MAX_REDIRECTS)]
    Redirects,
    /// It took too long.
    #[error("no answer within {} seconds", super::client::PATIENCE.as_secs())]
    TimedOut,
    /// The answer is too large.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// Anything else that went wrong on the way: TLS, a refused connection, an answer that is not HTTP.
    #[error("{0}")]
    Unreachable(String),
}

impl From<reqwest::Error> for OutboundError {
    fn from(error: reqwest::Error) -> Self {
        let mut last: &(dyn Error + 'static) = &error;
        loop {
            if let Some(NameRefused(why)) = last.downcast_ref() {
                return Self::Refused(*why);
            }
            match last.source() {
                Some(cause) => last = cause,
                None => break,
            }
        }
        if error.is_timeout() {
            return Self::TimedOut;
        }
        if error.is_dns() {
            return Self::Unresolved;
        }
        // The last cause says it; those before repeat the address.
        Self::Unreachable(last.to_string())
    }
}
