//! `/oauth2/authorize` (RFC 6749 3.1): takes a request as far as it goes, and shows where it stands.

mod refused;

use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::policy::GrantType;
use crate::flows::authorize::{Answer, ConsentQuestion, Refusal, ResponseMode, Step};
use crate::http::failure::{Reason, error_page, flow_page, form_page};
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::http::{csrf, form};
use crate::pages::{
    AccessDuration, ConsentClient, ConsentPage, ErrorReason, FormPostPage, HiddenField, PermissionTexts,
    RequestedPermission, Vetting,
};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;

/// Answers a request that came in the query.
pub async fn get(State(state): State<AppState>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let params = match Params::parse(&query) {
        Ok(params) => params,
        Err(error) => {
            return error_page(
                &state,
                &visitor,
                ErrorReason::InvalidRequest,
                None,
                error.to_string(),
            );
        }
    };
    let signed_in = match &visitor.session_cookie {
        Some(cookie) => match state.services.session(cookie).await {
            Ok(session) => session,
            Err(error) => return flow_page(&state, &visitor, &error),
        },
        None => None,
    };
    match state.services.authorize(&params, signed_in.as_ref(), None).await {
        Ok(Step::Refuse(refusal)) => {
            let user = signed_in.as_ref().map(|(_, user)| user);
            refused::answer(&state, &visitor, &params, user, &refusal).await
        }
        Ok(step) => show(&state, &visitor, &params, step),
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

/// Takes a request from a form on another site: browsers leave our cookie out of it, so it goes on by GET.
pub async fn post(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match form::read(&parts.headers, body).await {
        Ok(params) => see_other(&format!("{}?{}", paths::AUTHORIZE, params.encode())),
        Err(error) => form_page(&state, &visitor, error),
    }
}

/// Shows where a request stands.
pub(super) fn show(state: &AppState, visitor: &Visitor, params: &Params, step: Step) -> Response {
    match step {
        Step::Refuse(refusal) => refuse(state, visitor, &refusal),
        Step::SignIn { request, .. } => {
            let return_to = format!("{}?{request}", paths::AUTHORIZE);
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("return_to", &return_to)
                .finish();
            see_other(&format!("{}?{query}", paths::LOGIN))
        }
        Step::Consent(question) => ask(state, visitor, params, &question),
        Step::Answer(answer) => respond(visitor, answer),
    }
}

fn refuse(state: &AppState, visitor: &Visitor, refusal: &Refusal) -> Response {
    let (reason, detail, private) = match refusal {
        Refusal::UnknownApplication(why) => (
            ErrorReason::UnknownClient,
            Some("client_id".to_owned()),
            why.clone(),
        ),
        Refusal::BadRedirect(why) => (
            ErrorReason::RedirectUri,
            Some("redirect_uri".to_owned()),
            why.clone(),
        ),
        Refusal::Blocked(name) => (ErrorReason::ClientDisabled, None, format!("{name} is disabled")),
        Refusal::NotApproved(status) => (
            ErrorReason::ClientNotApproved,
            None,
            format!("its review is {}", status.as_str()),
        ),
    };
    error_page(state, visitor, reason, detail, private)
}

fn respond(visitor: &Visitor, answer: Answer) -> Response {
    let mut response = match answer.mode {
        ResponseMode::Query => {
            let params: Vec<(&str, &str)> = answer
                .params
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            see_other(&answer.target.with_query(&params))
        }
        ResponseMode::FormPost => {
            let template = FormPostPage {
                page: visitor.page(None, paths::HOME),
                redirect_uri: answer.target.uri().to_owned(),
                client_name: answer.client_name,
                fields: answer
                    .params
                    .into_iter()
                    .map(|(name, value)| HiddenField::new(name, value))
                    .collect(),
            };
            let policy = PagePolicy {
                form_leads_to: Some(answer.target.uri().to_owned()),
                script: true,
                ..PagePolicy::default()
            };
            page(StatusCode::OK, &template, &policy)
        }
    };
    if let Some(refusal) = answer.refusal {
        tracing::info!(reason = ?refusal.reason, error = refusal.code.as_str(), "authorization refused");
        response.extensions_mut().insert(Reason(refusal.reason));
    }
    response
}

fn ask(state: &AppState, visitor: &Visitor, params: &Params, question: &ConsentQuestion) -> Response {
    let services = &state.services;
    let application = &question.application;
    let request = params.encode();
    let here = format!("{}?{request}", paths::AUTHORIZE);
    let cookie = visitor
        .session_cookie
        .as_ref()
        .map(crate::domain::secret::PlainToken::reveal)
        .unwrap_or_default();
    let policy = &application.policy;
    let seconds = |seconds: i64| u64::try_from(seconds).unwrap_or_default();
    let duration = if policy.allows(GrantType::RefreshToken) {
        AccessDuration::Renewed(seconds(policy.refresh_seconds))
    } else {
        AccessDuration::Fixed(seconds(policy.access_seconds))
    };
    let template = ConsentPage {
        page: visitor.page(params.get("ui_locales"), &here),
        csrf: csrf::token(&services.mac, cookie, paths::CONSENT, &request),
        switch_account_csrf: csrf::token(&services.mac, cookie, paths::LOGOUT, ""),
        request,
        client: ConsentClient {
            name: application.name.clone(),
            logo: application
                .about
                .logo
                .as_ref()
                .map(|hash| paths::LOGO.replace("{hash}", hash)),
            vetting: Vetting::of(application),
            homepage: application.homepage_url.clone(),
            policy: application.policy_url.clone(),
            registered_by: question.owner.clone(),
        },
        user: question.user.email.clone(),
        switch_account_return_to: here,
        redirect_host: question.target.shown_host(),
        permissions: PermissionTexts::new(Arc::clone(&services.catalogue)),
        requested: question
            .asked
            .iter()
            .map(|scope| RequestedPermission {
                scope: scope.to_owned(),
                mandatory: question.mandatory.contains(scope),
            })
            .collect(),
        granted: question.allowed_before.iter().map(str::to_owned).collect(),
        duration,
    };
    let policy = PagePolicy {
        form_leads_to: Some(question.target.uri().to_owned()),
        ..PagePolicy::default()
    };
    page(StatusCode::OK, &template, &policy)
}
