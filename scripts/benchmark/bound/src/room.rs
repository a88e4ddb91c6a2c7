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
use crate::store::Store;
use crate::token::hashed;
use crate::{Bound, Broken, Server};

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
    let owner = bearer(&server, &headers)?;
    Ok(Json(Room::new(id, owner)))
}

/// The same after one read from the store.
pub(crate) async fn stored<S: Store>(
    State(bound): State<Bound<S>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Room>, Broken> {
    let owner = bearer(&bound.server, &headers)?;
    bound.store.read(&hashed(&id)).await?.ok_or_else(refused)?;
    Ok(Json(Room::new(id, owner)))
}

fn refused() -> Broken {
    Broken("refused".to_owned())
}

/// Whose token it is; verified when it comes for the first time.
fn bearer(server: &Server, headers: &HeaderMap) -> Result<String, Broken> {
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
    Ok(claims.sub.clone())
}

impl Room {
    fn new(id: String, owner: String) -> Self {
        Self {
            id,
            slug: "abc-defg-hij",
            access_level: "trusted",
            url: "http://localhost:8081/abc-defg-hij",
            owner,
        }
    }
}
