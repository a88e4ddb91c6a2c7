//! JioMeet: its token endpoint takes the core's grants, as a form or as JSON. That `clientId` stands for `client_id` in
//! authorization requests is read where those are (`flows/authorize/validate.rs`).

use axum::extract::{Request, State};
use axum::response::Response;

use crate::domain::policy::Profile;
use crate::http::visitor::ClientAddress;
use crate::http::{client_auth, token};
use crate::state::AppState;

/// Answers `POST /api/oauth2/v2/token`.
pub async fn post(State(state): State<AppState>, address: ClientAddress, request: Request) -> Response {
    let read = client_auth::read_form_or_json(request);
    token::answer(&state, address, Some(Profile::Jiomeet), read).await
}
