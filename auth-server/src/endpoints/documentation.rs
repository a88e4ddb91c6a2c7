//! `GET /openapi.json`: the description of every route that programs call, written by hand. What depends on this
//! installation is filled in once, at the start.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use serde_json::{Map, Value, json};
use token_format::catalogue::Catalogue;

use crate::paths;
use crate::state::AppState;

const SOURCE: &str = include_str!("documentation/openapi.json");

/// The route of the document.
pub fn route(state: &AppState) -> Router<AppState> {
    let document = document(&state.services.issuer, &state.services.catalogue).to_string();
    let answer = ([(CONTENT_TYPE, "application/json")], document);
    Router::new().route(paths::OPENAPI, get(async move || answer))
}

/// The document of a server at `issuer`.
#[expect(
    clippy::expect_used,
    reason = "the file is part of the binary, and a test parses it"
)]
fn document(issuer: &str, catalogue: &Catalogue) -> Value {
    let mut document: Value = serde_json::from_str(SOURCE).expect("the embedded document is JSON");
    let scopes: Map<String, Value> = catalogue
        .iter()
        .map(|(scope, permission)| (scope.to_owned(), permission.en.label.clone().into()))
        .collect();
    document["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    document["servers"] = json!([{"url": issuer, "description": "This server"}]);
    document["components"]["securitySchemes"]["oauth2"]["flows"] = json!({"authorizationCode": {
        "authorizationUrl": format!("{issuer}{}", paths::AUTHORIZE),
        "tokenUrl": format!("{issuer}{}", paths::TOKEN),
        "scopes": scopes,
    }});
    document
}
