//! A protected resource whose token has been verified before.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use serde::Serialize;
use token_format::claims::AccessClaims;

use crate::signing::now;
use crate::{Broken, Server};

/// Verified tokens by their hash.
#[derive(Default)]
pub(crate) struct Rooms(RwLock<HashMap<Vec<u8>, Arc<AccessClaims>>>);

/// A room, about as long as Anteroom's.
#[derive(Serialize)]
pub(crate) struct Room {
    id: String,
    slug: &'static str,
    access_level: &'static str,
    url: &'static str,
    owner: String,
}

/// The room, for the bearer of a valid token.
pub(crate) async fn get(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Room>, Broken> {
    let refused = || Broken("no token".to_owned());
    let header = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(refused)?;
    let token = header.strip_prefix("Bearer ").ok_or_else(refused)?;
    let hash = digest(&SHA256, token.as_bytes());
    let known = {
        let cache = server.rooms.0.read().map_err(|_| refused())?;
        cache.get(hash.as_ref()).cloned()
    };
    let claims = if let Some(claims) = known {
        claims
    } else {
        let claims = Arc::new(server.signer.verify(token)?);
        let mut cache = server.rooms.0.write().map_err(|_| refused())?;
        cache.insert(hash.as_ref().to_vec(), Arc::clone(&claims));
        claims
    };
    if claims.exp <= now() || !claims.scope.iter().any(|scope| scope == "rooms:retrieve") {
        return Err(refused());
    }
    Ok(Json(Room {
        id,
        slug: "abc-defg-hij",
        access_level: "trusted",
        url: "http://localhost:8081/abc-defg-hij",
        owner: claims.sub.clone(),
    }))
}
