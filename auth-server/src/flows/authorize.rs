//! The authorization request (RFC 6749 4.1.1), validated anew at every step of the user's way: when it comes,
//! after the sign-in, and when consent is given. The steps, in order:
//!
//! 1. who asks, and where the answer may go: if either is unknown, a page and never a redirect;
//! 2. the rest of the request: what is wrong with it is kept until the user has signed in (RFC 9700 4.11.2),
//!    unless the request forbids interaction (`prompt=none`);
//! 3. who the user is, and whether that was proven recently enough (`prompt=login`, `max_age`);
//! 4. what the user allows: only what is new is asked for;
//! 5. the code.

use std::sync::Arc;

use token_format::scope::ScopeSet;

use super::audit::Subject;
use super::resource::Target;
use super::{FlowError, Services};
use crate::domain::application::{Application, ReviewStatus};
use crate::domain::audit::AuditKind;
use crate::domain::grant::{CodeBinding, FamilyId, Grant};
use crate::domain::policy::GrantType;
use crate::domain::secret::PlainToken;
use crate::domain::session::Session;
use crate::domain::token::CodeRecord;
use crate::domain::user::User;
use crate::engine::{AuthorizationFacts, Negotiated, negotiate_authorization};
use crate::mint::CODE_MARK;
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::protocol::redirect::RedirectTarget;
use crate::protocol::request::Params;
use crate::protocol::scope;
use crate::store::sql::{consents, users};

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
        let silent = params
            .get("prompt")
            .is_some_and(|prompt| prompt.split(' ').any(|word| word == "none"));
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

    /// Step 1: the application and the redirect URI.
    async fn identify<'a>(&self, params: &'a Params) -> Result<Result<Identified<'a>, Refusal>, FlowError> {
        let Some(client_id) = params.get("client_id") else {
            let reason = if params.is_repeated("client_id") {
                "client_id is repeated"
            } else {
                "client_id is missing"
            };
            return Ok(Err(Refusal::UnknownApplication(reason.to_owned())));
        };
        let Some(application) = self.clients.application(client_id).await? else {
            return Ok(Err(Refusal::UnknownApplication(format!(
                "no application has the client_id {client_id:?}"
            ))));
        };
        if application.disabled {
            return Ok(Err(Refusal::Blocked(application.name.clone())));
        }
        if application.review != ReviewStatus::Approved {
            return Ok(Err(Refusal::NotApproved(application.review)));
        }
        if params.is_repeated("redirect_uri") {
            return Ok(Err(Refusal::BadRedirect("redirect_uri is repeated".to_owned())));
        }
        let public = application.is_public();
        let target =
            match RedirectTarget::find(&application.redirect_uris, params.get("redirect_uri"), public) {
                Ok(target) => target,
                Err(mismatch) => return Ok(Err(Refusal::BadRedirect(mismatch.to_string()))),
            };
        let mode = match params.get("response_mode") {
            Some("form_post") => ResponseMode::FormPost,
            _ => ResponseMode::Query,
        };
        Ok(Ok(Identified {
            application,
            target,
            mode,
            params,
        }))
    }

    /// Step 2: everything else, in one function for every way a request can come.
    fn validate(&self, request: &Identified<'_>) -> Result<Validated, ProtocolError> {
        let params = request.params;
        let invalid = |text: String| ProtocolError::new(ErrorCode::InvalidRequest, text);
        if let Some(name) = params.duplicate() {
            return Err(invalid(format!("the parameter {name} is repeated")));
        }
        for (name, code) in [
            ("request", ErrorCode::RequestNotSupported),
            ("request_uri", ErrorCode::RequestUriNotSupported),
            ("registration", ErrorCode::RegistrationNotSupported),
        ] {
            if params.get(name).is_some() {
                return Err(ProtocolError::new(
                    code,
                    format!("the parameter {name} is not supported"),
                ));
            }
        }
        if let Some(mode) = params
            .get("response_mode")
            .filter(|mode| !matches!(*mode, "query" | "form_post"))
        {
            return Err(
                invalid("response_mode must be query or form_post".to_owned()).because(format!("{mode:?}"))
            );
        }
        Self::check_grant(&request.application, GrantType::AuthorizationCode)?;
        let prompt = read_prompt(params.get("prompt"))?;
        let max_age = params
            .get("max_age")
            .map(|age| {
                age.parse::<i64>()
                    .ok()
                    .filter(|age| *age >= 0)
                    .ok_or("max_age must be a number of seconds")
            })
            .transpose()
            .map_err(|text| invalid(text.to_owned()))?;
        let requested_scope = params.get("scope").map(scope::parse).transpose()?;
        let negotiated = negotiate_authorization(&AuthorizationFacts {
            params,
            application: &request.application,
            target: &request.target,
            requested_scope: requested_scope.as_ref(),
        })?;
        Ok(Validated {
            negotiated,
            resource: self.target(params)?,
            prompt,
            max_age,
        })
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

    /// Step 4: what the user allows. Remembered consent answers for what it covers, but never for a public
    /// client whose redirect URI does not prove who it is (RFC 8252 8.6).
    async fn consent(
        &self,
        request: &Identified<'_>,
        validated: &Validated,
        session: &Session,
        user: &User,
        decision: Option<&Decision>,
    ) -> Result<Step, FlowError> {
        let application = &request.application;
        let consent = consents::find(&self.database, user.id, &application.client_id).await?;
        let first_time = consent.is_none();
        let remembered = consent.map(|consent| consent.scope).unwrap_or_default();
        let requested = &validated.negotiated.scope;
        let unproven = application.is_public() && !request.target.is_https();
        let ask_all = validated.prompt.consent || unproven;
        let allowed_before: ScopeSet = requested
            .iter()
            .filter(|scope| !ask_all && remembered.covers(scope))
            .collect();
        let asked = requested.difference(&allowed_before);
        let ask = first_time || !asked.is_empty() || ask_all;
        match decision {
            // A no stands even where another tab has said yes since the page was shown.
            Some(Decision::Deny) => self.denied(request, user, "the user said no").await,
            _ if !ask => {
                self.answer_with_code(request, validated, session, user, requested.clone())
                    .await
            }
            None if validated.prompt.none => Ok(self.refuse(
                request,
                error(
                    ErrorCode::ConsentRequired,
                    "the user has not allowed all of this yet",
                ),
            )),
            None => Ok(Step::Consent(Box::new(ConsentQuestion {
                application: Arc::clone(application),
                owner: self.owner_name(application).await?,
                user: user.clone(),
                target: request.target.clone(),
                mandatory: asked.intersection(&application.policy.mandatory_scope),
                asked,
                allowed_before,
            }))),
            Some(Decision::Allow(ticked)) => {
                let mandatory = requested.intersection(&application.policy.mandatory_scope);
                let granted = allowed_before
                    .union(&asked.intersection(ticked))
                    .union(&mandatory);
                if granted == mandatory && granted != *requested && asked.intersection(ticked).is_empty() {
                    return self.denied(request, user, "nothing was ticked").await;
                }
                let kept = remembered.difference(&asked).union(&granted);
                consents::save(
                    &self.database,
                    user.id,
                    &application.client_id,
                    &kept,
                    self.clock.now(),
                )
                .await?;
                let subject = Subject {
                    user_id: Some(user.id),
                    client_id: Some(&application.client_id),
                    address: None,
                };
                self.audit(AuditKind::ConsentGranted, subject, granted.to_string())
                    .await;
                self.answer_with_code(request, validated, session, user, granted)
                    .await
            }
        }
    }

    async fn owner_name(&self, application: &Application) -> Result<Option<String>, FlowError> {
        let Some(owner) = application.owner_id else {
            return Ok(None);
        };
        Ok(users::find(&self.database, owner).await?.map(|owner| owner.name))
    }

    async fn denied(
        &self,
        request: &Identified<'_>,
        user: &User,
        why: &'static str,
    ) -> Result<Step, FlowError> {
        let subject = Subject {
            user_id: Some(user.id),
            client_id: Some(&request.application.client_id),
            address: None,
        };
        self.audit(AuditKind::ConsentDenied, subject, why).await;
        Ok(self.refuse(request, error(ErrorCode::AccessDenied, why)))
    }

    /// Step 5: the code, bound to what the exchange must match.
    async fn answer_with_code(
        &self,
        request: &Identified<'_>,
        validated: &Validated,
        session: &Session,
        user: &User,
        scope: ScopeSet,
    ) -> Result<Step, FlowError> {
        let code = PlainToken::generate(CODE_MARK);
        let now_ms = self.clock.now_millis();
        let record = CodeRecord {
            family: FamilyId(self.clock.new_id()),
            grant: Grant {
                client_id: request.application.client_id.clone(),
                user_id: Some(user.id),
                scope,
                resource: validated.resource.url.clone(),
                auth_time: Some(session.auth_time),
                sid: Some(session.sid.clone()),
                email: validated.resource.first_party.then(|| user.email.clone()),
                delegated: false,
            },
            binding: CodeBinding {
                redirect_uri: request.target.uri().to_owned(),
                redirect_uri_was_sent: request.target.was_sent(),
                pkce: validated.negotiated.pkce.clone(),
            },
            expires_at_ms: now_ms + request.application.policy.code_seconds * 1000,
        };
        self.tokens.store_code(&code.hashed(), &record, now_ms).await?;
        Ok(self.answer(request, vec![("code", code.reveal().to_owned())], None))
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

fn read_prompt(value: Option<&str>) -> Result<Prompt, ProtocolError> {
    let mut prompt = Prompt::default();
    for word in value
        .unwrap_or_default()
        .split(' ')
        .filter(|word| !word.is_empty())
    {
        match word {
            "none" => prompt.none = true,
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            other => {
                return Err(error(ErrorCode::InvalidRequest, "prompt has an unknown value")
                    .because(format!("{other:?}")));
            }
        }
    }
    if prompt.none && (prompt.login || prompt.consent) {
        return Err(error(ErrorCode::InvalidRequest, "prompt=none stands alone"));
    }
    Ok(prompt)
}

fn error(code: ErrorCode, text: &'static str) -> ProtocolError {
    ProtocolError::new(code, text)
}
