//! The authorization request (RFC 6749 4.1.1), validated anew at every step of the user's way: when it comes,
//! after the sign-in, and when consent is given. The steps, in order:
//!
//! 1. who asks, and where the answer may go: if either is unknown, a page and never a redirect;
//! 2. the rest of the request: what is wrong with it is kept until the user has signed in (RFC 9700 4.11.2),
//!    unless the request forbids interaction (`prompt=none`);
//! 3. who the user is, and whether that was proven recently enough (`prompt=login`, `max_age`);
//! 4. what the user allows: only what is new is asked for;
//! 5. the code.

mod consent;
mod validate;

use std::sync::Arc;

use token_format::scope::ScopeSet;

use super::resource::Target;
use super::{FlowError, Services};
use crate::domain::application::{Application, ReviewStatus};
use crate::domain::session::Session;
use crate::domain::user::User;
use crate::engine::Negotiated;
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::protocol::redirect::RedirectTarget;
use crate::protocol::request::Params;

/// Parameter of our own that marks a request whose user was sent to prove again who they are; signed, so that
/// nobody else can set it.
const REAUTHENTICATION: &str = "reauthentication";

/// How the answer travels (OAuth 2.0 Multiple Response Types, Form Post Response Mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    Query,
    /// In the body of a POST to it.
    FormPost,
}

/// An answer to the application: only a checked redirect target can carry one.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Where it goes.
    pub target: RedirectTarget,
    /// How it travels.
    pub mode: ResponseMode,
    /// Its parameters.
    pub params: Vec<(&'static str, String)>,
    /// Why it is a refusal, for administrators; none for a code.
    pub refusal: Option<ProtocolError>,
    /// Who is answered.
    pub client_name: String,
}

/// Why a request is answered with a page and no redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such application, or no id at all.
    UnknownApplication(String),
    /// The redirect URI is missing, repeated or not registered.
    BadRedirect(String),
    /// Blocked by an administrator.
    Blocked(String),
    /// Not approved (yet).
    NotApproved(ReviewStatus),
}

/// What the consent page shows.
#[derive(Clone, Debug)]
pub struct ConsentQuestion {
    /// Who asks.
    pub application: Arc<Application>,
    /// The name of the user who answers for it, if one does.
    pub owner: Option<String>,
    /// Who is asked.
    pub user: User,
    /// Where the answer goes.
    pub target: RedirectTarget,
    /// What is new.
    pub asked: ScopeSet,
    /// What of it cannot be unticked.
    pub mandatory: ScopeSet,
    /// What of the request was allowed before.
    pub allowed_before: ScopeSet,
}

/// Where the request stands.
#[derive(Clone, Debug)]
pub enum Step {
    /// A page, no redirect.
    Refuse(Refusal),
    /// The user must sign in, and comes back with this request.
    SignIn {
        /// The request to come back with.
        request: String,
    },
    /// The user is asked.
    Consent(Box<ConsentQuestion>),
    /// The application gets its answer.
    Answer(Answer),
}

/// The user's answer on the consent page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// No.
    Deny,
    /// Yes, to what was ticked.
    Allow(ScopeSet),
}

/// `prompt` (OpenID Connect Core 3.1.2.1).
#[derive(Clone, Copy, Debug, Default)]
struct Prompt {
    none: bool,
    login: bool,
    consent: bool,
}

/// A request whose application and redirect URI are known to be good.
struct Identified<'a> {
    application: Arc<Application>,
    target: RedirectTarget,
    mode: ResponseMode,
    params: &'a Params,
}

/// A request that can be granted.
struct Validated {
    negotiated: Negotiated,
    resource: Target,
    prompt: Prompt,
    max_age: Option<i64>,
}

impl Services {
    /// Takes a request as far as it goes without the user.
    pub async fn authorize(
        &self,
        params: &Params,
        signed_in: Option<&(Session, User)>,
        decision: Option<&Decision>,
    ) -> Result<Step, FlowError> {
        let request = match self.identify(params).await? {
            Ok(request) => request,
            Err(refusal) => return Ok(Step::Refuse(refusal)),
        };
        let validated = self.validate(&request);
        let silent = is_silent(params);
        let Some((session, user)) = signed_in else {
            return Ok(match validated {
                Err(error) if silent => self.refuse(&request, error),
                _ if silent => self.refuse(&request, error(ErrorCode::LoginRequired, "nobody is signed in")),
                _ => self.sign_in(&request),
            });
        };
        let validated = match validated {
            Ok(validated) => validated,
            Err(error) => return Ok(self.refuse(&request, error)),
        };
        if self.must_prove_again(&validated, params, session) {
            return Ok(if silent {
                self.refuse(
                    &request,
                    error(ErrorCode::LoginRequired, "the sign-in is older than max_age"),
                )
            } else {
                self.sign_in(&request)
            });
        }
        self.consent(&request, &validated, session, user, decision).await
    }

    /// Who asks, and where the answer will go: for the sign-in page. None for a request that will be refused.
    pub async fn asker(
        &self,
        params: &Params,
    ) -> Result<Option<(Arc<Application>, RedirectTarget)>, FlowError> {
        Ok(self
            .identify(params)
            .await?
            .ok()
            .map(|request| (request.application, request.target)))
    }

    /// Step 3: whether the sign-in must be repeated.
    fn must_prove_again(&self, request: &Validated, params: &Params, session: &Session) -> bool {
        let proven_for_this = params.get(REAUTHENTICATION).is_some_and(|mark| {
            let (at, mac) = mark.split_once('.').unwrap_or_default();
            self.mac.verify_hex(REAUTHENTICATION, &[at], mac)
                && at.parse::<i64>().is_ok_and(|at| session.auth_time >= at)
        });
        let too_old = request
            .max_age
            .is_some_and(|age| self.clock.now() - session.auth_time > age);
        (request.prompt.login || too_old) && !proven_for_this
    }

    fn sign_in(&self, request: &Identified<'_>) -> Step {
        let mut pairs: Vec<(String, String)> = request
            .params
            .pairs()
            .filter(|(name, _)| *name != REAUTHENTICATION)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let now = self.clock.now().to_string();
        let mark = format!("{now}.{}", self.mac.hex(REAUTHENTICATION, &[&now]));
        pairs.push((REAUTHENTICATION.to_owned(), mark));
        Step::SignIn {
            request: Params::from_pairs(pairs).encode(),
        }
    }

    fn refuse(&self, request: &Identified<'_>, error: ProtocolError) -> Step {
        let params = vec![
            ("error", error.code.as_str().to_owned()),
            ("error_description", error.safe_description()),
        ];
        self.answer(request, params, Some(error))
    }

    /// Completes an answer with `state`, byte for byte, and `iss` (RFC 9207).
    fn answer(
        &self,
        request: &Identified<'_>,
        mut params: Vec<(&'static str, String)>,
        refusal: Option<ProtocolError>,
    ) -> Step {
        if let Some(state) = request.params.get("state") {
            params.push(("state", state.to_owned()));
        }
        params.push(("iss", self.issuer.to_string()));
        Step::Answer(Answer {
            target: request.target.clone(),
            mode: request.mode,
            params,
            refusal,
            client_name: request.application.name.clone(),
        })
    }
}

/// Whether a request forbids that the user is asked anything.
pub fn is_silent(params: &Params) -> bool {
    let prompt = params.get("prompt");
    prompt.is_some_and(|prompt| prompt.split(' ').any(|word| word == "none"))
}

fn error(code: ErrorCode, text: &'static str) -> ProtocolError {
    ProtocolError::new(code, text)
}
