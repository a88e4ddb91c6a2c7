//! TrueConf Server: its token endpoint takes the core's grants, as a form or as JSON.

use axum::extract::{Request, State};
use axum::response::Response;

use crate::domain::policy::Profile;
use crate::http::visitor::ClientAddress;
use crate::http::{client_auth, token};
use crate::state::AppState;

/// Answers `POST /oauth2/v1/token`.
pub async fn post(State(state): State<AppState>, address: ClientAddress, request: Request) -> Response {
    let read = client_auth::read_form_or_json(request);
    token::answer(&state, address, Some(Profile::Trueconf), read).await
}
