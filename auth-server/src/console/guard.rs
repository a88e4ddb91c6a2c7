//! Who stands in front of a page of the console, and whether a form of theirs may act.

use axum::extract::Request;
use axum::response::Response;

use crate::domain::secret::PlainToken;
use crate::domain::session::Session;
use crate::domain::user::User;
use crate::flows::audit::Subject;
use crate::flows::registry::Actor;
use crate::flows::second_factor::Keeper;
use crate::http::failure::{error_in, error_page, flow_page, form_page};
use crate::http::headers::see_other;
use crate::http::visitor::Visitor;
use crate::http::{csrf, form};
use crate::pages::{ErrorReason, PageContext};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;

/// A part of the console, by who may enter it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Area {
    /// Everybody who is signed in: the own account.
    Account,
    /// Users who may register applications (S4.3).
    Developer,
    /// Whoever may see anything of the administration: where it begins.
    Administration,
    /// Administrators and reviewers: what waits for review.
    Review,
    /// Administrators and auditors: reading what administrators see.
    Audit,
    /// Administrators alone: changing it.
    Admin,
}

impl Area {
    /// Whether a user may enter.
    const fn admits(self, user: &User) -> bool {
        match self {
            Self::Account => true,
            Self::Developer => user.is_developer,
            Self::Administration => user.is_admin || user.is_reviewer || user.is_auditor,
            Self::Review => user.is_admin || user.is_reviewer,
            Self::Audit => user.is_admin || user.is_auditor,
            Self::Admin => user.is_admin,
        }
    }
}

/// A user with a live session who may see the page.
pub(super) struct SignedIn {
    pub(super) user: User,
    pub(super) session: Session,
    pub(super) cookie: PlainToken,
    pub(super) address: String,
    /// The network that the address is of, by which guesses are counted.
    pub(super) network: String,
    /// BCP 47 tag of the language of the pages.
    pub(super) language: &'static str,
}

/// To the sign-in, and back to `path`.
pub(super) fn sign_in_first(path: &str) -> Response {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("return_to", path)
        .finish();
    see_other(&format!("{}?{query}", paths::LOGIN))
}

impl SignedIn {
    /// Lets those in whom the area admits: who is not signed in is sent to the sign-in and comes back to `here`,
    /// everybody else is refused.
    pub(super) async fn enter(
        state: &AppState,
        visitor: &Visitor,
        area: Area,
        here: &str,
    ) -> Result<Self, Box<Response>> {
        let Some(cookie) = &visitor.session_cookie else {
            return Err(Box::new(sign_in_first(here)));
        };
        match state.services.session(cookie).await {
            Ok(Some((_, user))) if !area.admits(&user) => {
                let why = format!("user {} has no role for {area:?}", user.id);
                let frame = visitor.page(None, here).with_user(&user.email);
                let refusal = error_in(state, frame, ErrorReason::Forbidden, None, why);
                Err(Box::new(refusal))
            }
            Ok(Some((session, user))) => Ok(Self {
                user,
                session,
                cookie: cookie.clone(),
                address: visitor.address.to_string(),
                network: visitor.address.network(),
                language: visitor.language(None).tag(),
            }),
            Ok(None) => Err(Box::new(sign_in_first(here))),
            Err(error) => Err(Box::new(flow_page(state, visitor, &error))),
        }
    }

    /// The same for a form whose action is `action`: it must come from a page of this session.
    pub(super) async fn submit(
        state: &AppState,
        visitor: &Visitor,
        area: Area,
        action: &str,
        request: Request,
    ) -> Result<(Self, Params), Box<Response>> {
        let signed_in = Self::enter(state, visitor, area, action).await?;
        let (parts, body) = request.into_parts();
        let params = match form::read(&parts.headers, body).await {
            Ok(params) => params,
            Err(error) => return Err(Box::new(form_page(state, visitor, error))),
        };
        let services = &state.services;
        let fits = csrf::accepts(
            &services.mac,
            &parts.headers,
            &services.issuer,
            Some(signed_in.cookie.reveal()),
            action,
            "",
            params.get("csrf"),
        );
        if fits {
            return Ok((signed_in, params));
        }
        let why = format!("CSRF token of {action}");
        Err(Box::new(error_page(
            state,
            visitor,
            ErrorReason::FormExpired,
            None,
            why,
        )))
    }

    /// The token of a form whose action is `action`.
    pub(super) fn csrf(&self, state: &AppState, action: &str) -> String {
        csrf::token(&state.services.mac, self.cookie.reveal(), action, "")
    }

    /// The frame of a page that GET on `here` shows again.
    pub(super) fn page(&self, visitor: &Visitor, here: &str) -> PageContext {
        let page = visitor.page(None, here).with_user(&self.user.email);
        page.with_areas(self.user.is_developer, home_of_administration(&self.user), here)
    }

    /// Who acts, for the registry and the audit log.
    pub(super) fn actor(&self) -> Actor {
        Actor::user(&self.user, Some(&self.address))
    }

    /// Who acts, for the audit lines of what is not the registry's.
    pub(super) fn subject(&self) -> Subject<'_> {
        Subject {
            user_id: Some(self.user.id),
            client_id: None,
            address: Some(&self.address),
        }
    }

    /// Who changes a second factor, in this session.
    pub(super) fn keeper(&self) -> Keeper<'_> {
        Keeper {
            user: &self.user,
            bearer: self.cookie.reveal(),
            session: Some(&self.cookie),
            address: &self.network,
            language: self.language,
        }
    }

    /// Whether the user proved a moment ago who they are: for what an open browser must not give away.
    pub(super) fn is_recent(&self, state: &AppState) -> bool {
        state.services.is_recent(&self.session)
    }
}

/// Where administration begins for a user: what their role lets them see first.
pub(super) fn home_of_administration(user: &User) -> Option<&'static str> {
    if Area::Audit.admits(user) {
        Some(paths::ADMIN)
    } else {
        Area::Review.admits(user).then_some(paths::ADMIN_REVIEW)
    }
}
