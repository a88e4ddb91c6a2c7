//! Where the authorization server's endpoints are (RFC 8414), and which of them are believed.

use crate::harness::app::ROOMS;
use crate::harness::{App, Engine, Issuer, Person};

/// RFC 8414 section 3.3: metadata of another issuer is not used, and credentials go nowhere in the clear.
#[tokio::test]
async fn metadata_that_is_not_to_be_trusted_is_not_used() {
    for (member, value) in [
        ("issuer", "https://other.example"),
        ("jwks_uri", "http://keys.example/jwks"),
        ("introspection_endpoint", "http://auth.example/introspect"),
        ("revocation_feed", "ftp://127.0.0.1/revocations"),
        ("jwks_uri", "/jwks"),
    ] {
        let issuer = Issuer::start().await;
        issuer.set_metadata(member, value);
        let app = App::start_early(Engine::Sqlite, issuer, |_| {}).await;
        // At least two attempts.
        crate::harness::eventually(async || {
            let failed = app.metric("jwks_fetches_total{outcome=\"failed\"}").await;
            if failed >= 2.0 {
                Ok(())
            } else {
                Err(failed.to_string())
            }
        })
        .await;
        assert_eq!(app.get(ROOMS, &Person::new(&app)).await.status, 503, "{member}");
        assert_eq!(
            (app.issuer.jwks_fetches(), app.issuer.feed_cursors().len()),
            (0, 0),
            "{member}"
        );
    }
}

/// In a container network the issuer has another address than its name.
#[tokio::test]
async fn the_issuer_may_be_reached_under_an_internal_address() {
    let mut issuer = Issuer::start().await;
    let reached = issuer.url.clone();
    issuer.rename("https://auth.example");
    let app = App::start_early(Engine::Sqlite, issuer, |config| {
        config.issuer.internal_url = reached;
    })
    .await;
    app.becomes("ready").await;
    let ann = Person::new(&app);
    assert_eq!(ann.claims["iss"], "https://auth.example");
    assert_eq!(app.get(ROOMS, &ann).await.status, 200);
}
