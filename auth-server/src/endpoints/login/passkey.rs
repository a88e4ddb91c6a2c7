//! `POST /login/passkey`: a passkey instead of e-mail address and password.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::arrival::{Step, signed_in, too_many};
use super::{Form, show};
use crate::flows::FlowError;
use crate::http::failure::{Reason, flow_page};
use crate::http::headers::see_other;
use crate::http::visitor::Visitor;
use crate::pages::SignInNotice;
use crate::paths;
use crate::state::AppState;
use crate::telemetry::METRICS;

/// Shows the sign-in page: an answer comes by POST alone.
pub async fn get() -> Response {
    see_other(paths::LOGIN)
}

/// Signs in.
pub async fn post(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let step = match Step::read(&state, &visitor, paths::LOGIN, request).await {
        Ok(step) => step,
        Err(response) => return *response,
    };
    let form = |notice| Form {
        return_to: step.return_to(),
        email: None,
        notice: Some(notice),
    };
    let address = visitor.address.network();
    let signing_in = state.services.sign_in_with_passkey(
        step.field("state"),
        step.field("answer"),
        &step.browser,
        &address,
        &visitor.user_agent,
    );
    match signing_in.await {
        Ok(Some((cookie, user))) => signed_in(&state, &visitor, &user, step.return_to(), &cookie).await,
        Ok(None) => {
            METRICS.sign_ins.with_label_values(&["refused"]).inc();
            let form = form(SignInNotice::PasskeyRefused);
            let mut response = show(&state, &visitor, StatusCode::UNAUTHORIZED, &form).await;
            let reason = Reason("a passkey that proves nothing: the audit log says why".to_owned());
            response.extensions_mut().insert(reason);
            response
        }
        Err(FlowError::Throttled { retry_after, limit }) => {
            let form = form(SignInNotice::TooManyAttempts {
                wait_seconds: retry_after,
            });
            let response = show(&state, &visitor, StatusCode::TOO_MANY_REQUESTS, &form).await;
            too_many(response, retry_after, limit)
        }
        Err(error) => flow_page(&state, &visitor, &error),
    }
}
