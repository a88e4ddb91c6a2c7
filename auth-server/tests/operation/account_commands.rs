//! What an operator does for people who cannot get in: another password, second factors gone.

use auth_server::domain::clock::Clock;
use serde_json::json;

use crate::harness::{App, EMAIL, PASSWORD, Storage};
use crate::installation::Installation;

const NEW: &str = "another good password";

/// B10: the new password holds within a second, and what was open ends; it is never on the command line.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_reset_beside_the_running_server() {
    for storage in [Storage::SqliteEmbedded, Storage::PostgresRedis] {
        let at = Installation::on(storage).await;
        let user = at
            .json(&["user", "add", "--email", EMAIL, "--password", PASSWORD])
            .await;
        let server = at.serve().await;
        let browser = server.signed_in().await;
        let reset = [
            "user",
            "reset-password",
            "Alice@Example.com",
            "--password-stdin",
            "--json",
        ];
        let done = at.run_with_input(&reset, &format!("{NEW}\n")).await;
        assert!(done.status.success(), "{done:?}");
        let printed: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
        assert_eq!(printed, json!({"user_id": user["user_id"]}));
        let front = browser.get("/").await;
        assert!(!front.body.contains(EMAIL), "{}", front.body);
        let form = browser.get("/login").await.sign_in_form(EMAIL, PASSWORD);
        assert_eq!(browser.submit_once(&form).await.status, 401);
        browser.sign_in(EMAIL, NEW).await;
        let short = at
            .run_with_input(&["user", "reset-password", EMAIL, "--password-stdin"], "short")
            .await;
        assert!(!short.status.success());
        assert!(short.stderr.contains("at least 8 characters"), "{}", short.stderr);
        let unasked = at.run(&["user", "reset-password", EMAIL]).await;
        assert!(!unasked.status.success());
        let log = at.json(&["audit", "list"]).await.to_string();
        assert!(log.contains("password_changed"), "{log}");
        assert!(!log.contains(NEW), "{log}");
    }
}

/// Somebody who has lost app and codes signs in with the password again.
#[tokio::test(flavor = "multi_thread")]
async fn second_factors_are_reset() {
    let at = Installation::on(Storage::SqliteEmbedded).await;
    at.json(&["user", "add", "--email", EMAIL, "--password", PASSWORD])
        .await;
    let server = at.serve().await;
    let browser = server.signed_in().await;
    let page = browser.get("/account/security/app").await;
    let app = App::new(&page.texts("code.secret-key")[0]);
    let form = page
        .form("/account/security/app")
        .with("code", &app.code_of_step(Clock::System.now() / 30));
    let added = browser.submit_once(&form).await;
    assert_eq!(added.status, 200, "{}", added.body);
    let half = server.browser();
    let form = half.get("/login").await.sign_in_form(EMAIL, PASSWORD);
    assert_eq!(half.submit(&form).await.texts("h1"), ["One more step"]);

    let reset = at.json(&["user", "reset-second-factor", EMAIL]).await;
    assert_eq!(reset["removed"], 1);
    let front = browser.get("/").await;
    assert!(!front.body.contains(EMAIL), "sessions end");
    server.signed_in().await;
    assert_eq!(
        at.json(&["user", "reset-second-factor", EMAIL]).await["removed"],
        0
    );
    let refused = at
        .refused(&["user", "reset-second-factor", "nobody@example.com"])
        .await;
    assert!(refused.contains("there is no user"), "{refused}");
}
