//! `GET /docs/style`: the parts of the pages side by side. Only where the issuer is loopback: in development.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use crate::http::headers::{PagePolicy, page};
use crate::http::visitor::Visitor;
use crate::pages::StylePage;
use crate::paths;
use crate::protocol::redirect::is_loopback;
use crate::state::AppState;

/// The route, which an installation for users does not have.
pub fn route(state: &AppState) -> Router<AppState> {
    let issuer = url::Url::parse(&state.services.issuer);
    if issuer.is_ok_and(|issuer| is_loopback(&issuer)) {
        Router::new().route(paths::STYLE, get(show))
    } else {
        Router::new()
    }
}

async fn show(visitor: Visitor) -> Response {
    let template = StylePage {
        page: visitor.page(None, paths::STYLE),
    };
    page(StatusCode::OK, &template, &PagePolicy::default())
}
