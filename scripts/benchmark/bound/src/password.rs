//! A password, as slow as it has to be.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use axum::extract::State;
use axum::{Form, Json};
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::token::TokenResponse;
use crate::{Broken, Server};

const PASSWORD: &str = "correct horse battery staple";

/// The one stored password, checked one at a time: on one core more at once only push each other out of the cache.
pub(crate) struct Passwords {
    stored: String,
    turn: Arc<Semaphore>,
}

impl Passwords {
    /// Hashes it.
    pub(crate) fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let hash = argon2()?
            .hash_password(PASSWORD.as_bytes())
            .map_err(|error| error.to_string())?;
        Ok(Self {
            stored: hash.to_string(),
            turn: Arc::new(Semaphore::new(1)),
        })
    }
}

fn argon2() -> Result<Argon2<'static>, Box<dyn std::error::Error>> {
    let params = Params::new(19_456, 2, 1, None).map_err(|error| error.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[derive(Deserialize)]
pub(crate) struct PasswordForm {
    password: String,
}

/// Argon2id, JWT.
pub(crate) async fn checked(
    State(server): State<Arc<Server>>,
    Form(form): Form<PasswordForm>,
) -> Result<Json<TokenResponse>, Broken> {
    let turn = Arc::clone(&server.passwords.turn).acquire_owned().await?;
    let worker = Arc::clone(&server);
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let argon2 = argon2().map_err(|error| Broken(error.to_string()))?;
        argon2
            .verify_password(form.password.as_bytes(), worker.passwords.stored.as_str())
            .map_err(|error| Broken(error.to_string()))
    })
    .await??;
    Ok(Json(TokenResponse::new(
        server.signer.sign("bound")?,
        String::new(),
    )))
}
