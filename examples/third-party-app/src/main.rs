//! Starts the sample app. Register it first, with the redirect URI `<APP_URL>/callback`, then set `CLIENT_ID`
//! and `CLIENT_SECRET` (a public client has none). The other settings have defaults for a local demo:
//! `ISSUER_URL`, `RESOURCE_URL`, `APP_URL`, `LISTEN_ADDR`.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use third_party_app::{build, oauth, web};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("third-party-app: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let settings = oauth::Settings {
        issuer: url("ISSUER_URL", "http://localhost:8080"),
        client_id: env::var("CLIENT_ID").map_err(|_| "CLIENT_ID is not set: register this app first")?,
        client_secret: env::var("CLIENT_SECRET").ok().filter(|secret| !secret.is_empty()),
        app_url: url("APP_URL", "http://localhost:8082"),
    };
    let app = build(settings, url("RESOURCE_URL", "http://localhost:8081"))?;
    let address = env::var("LISTEN_ADDR").unwrap_or_else(|_| "127.0.0.1:8082".to_owned());
    let listener = tokio::net::TcpListener::bind(&address)
        .await
        .map_err(|error| format!("{address}: {error}"))?;
    eprintln!("third-party-app listens on {}", listener.local_addr()?);
    axum::serve(listener, web::router(app)).await?;
    Ok(())
}

/// Issuers are compared byte for byte (RFC 8414 3.3), and paths are appended: no final slash.
fn url(name: &str, default: &str) -> String {
    let value = env::var(name).ok().filter(|value| !value.is_empty());
    value
        .as_deref()
        .unwrap_or(default)
        .trim_end_matches('/')
        .to_owned()
}
