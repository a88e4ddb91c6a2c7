//! `POST /oauth2/token` (RFC 6749 3.2): strict; form bodies alone.

use axum::extract::{Request, State};
use axum::response::Response;

use crate::http::visitor::ClientAddress;
use crate::http::{client_auth, token};
use crate::state::AppState;

/// Issues tokens.
pub async fn post(State(state): State<AppState>, address: ClientAddress, request: Request) -> Response {
    token::answer(&state, address, None, client_auth::read(request)).await
}
