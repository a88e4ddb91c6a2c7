//! A password, as slow as it has to be.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use axum::extract::State;
use axum::{Form, Json};
use serde::Deserialize;

use crate::token::TokenResponse;
use crate::{Broken, Server};

const PASSWORD: &str = "correct horse battery staple";

/// The one stored password.
pub(crate) struct Passwords(String);

impl Passwords {
    /// Hashes it.
    pub(crate) fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let hash = argon2()?
            .hash_password(PASSWORD.as_bytes())
            .map_err(|error| error.to_string())?;
        Ok(Self(hash.to_string()))
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
    let worker = Arc::clone(&server);
    tokio::task::spawn_blocking(move || {
        let argon2 = argon2().map_err(|error| Broken(error.to_string()))?;
        argon2
            .verify_password(form.password.as_bytes(), worker.passwords.0.as_str())
            .map_err(|error| Broken(error.to_string()))
    })
    .await??;
    Ok(Json(TokenResponse::new(
        server.signer.sign("bound")?,
        String::new(),
    )))
}
