//! `GET /`: what this server is, and whether you are signed in.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::secret::PlainToken;
use crate::http::csrf;
use crate::http::failure::flow_page;
use crate::http::headers::{PagePolicy, page};
use crate::http::visitor::Visitor;
use crate::pages::HomePage;
use crate::paths;
use crate::state::AppState;

/// Shows the front page.
pub async fn get(State(state): State<AppState>, visitor: Visitor) -> Response {
    let mut context = visitor.page(None, paths::HOME);
    let mut token = String::new();
    let mut developer = false;
    if let Some(cookie) = &visitor.session_cookie {
        match state.services.session(cookie).await {
            Ok(Some((_, user))) => {
                context = context.with_user(&user.email);
                developer = user.is_developer;
                token = csrf::token(&state.services.mac, PlainToken::reveal(cookie), paths::LOGOUT, "");
            }
            Ok(None) => {}
            Err(error) => return flow_page(&state, &visitor, &error),
        }
    }
    let template = HomePage {
        page: context,
        csrf: token,
        developer,
        issuer: state.services.issuer.to_string(),
    };
    page(StatusCode::OK, &template, &PagePolicy::default())
}
