//! Commands beside running servers take effect in every instance in under a second.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Application, EMAIL, PASSWORD, Storage, client};
use crate::installation::{Installation, Instance, Registered};

const PROMISED: Duration = Duration::from_secs(1);

/// Polls until it holds; a look that began past the promised time and does not see it yet fails.
async fn soon(what: &str, holds: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    loop {
        let looked = begun.elapsed();
        if holds().await {
            return;
        }
        assert!(looked < PROMISED, "{what}: not after {looked:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

struct Two {
    at: Installation,
    registered: Registered,
    instances: [Instance; 2],
}

impl Two {
    async fn on(storage: Storage) -> Self {
        let at = Installation::on(storage).await;
        let registered = at.register().await;
        let instances = [at.serve().await, at.serve_beside().await];
        Self {
            at,
            registered,
            instances,
        }
    }

    async fn status(&self, instance: &Instance, application: &Application) -> u16 {
        let application = application.via(&instance.url);
        application
            .token(&[("grant_type", "client_credentials")])
            .await
            .status
    }

    /// Until an application is answered so by every instance.
    async fn answered(&self, what: &str, application: &Application, status: u16) {
        for instance in &self.instances {
            soon(what, async || self.status(instance, application).await == status).await;
        }
    }

    async fn active(&self, what: &str, token: &str, active: bool) {
        for instance in &self.instances {
            soon(what, async || {
                self.registered.introspect(&instance.url, token).await == Some(active)
            })
            .await;
        }
    }

    async fn token(&self) -> String {
        let application = &self.registered.application;
        let answer = application.token(&[("grant_type", "client_credentials")]).await;
        answer.ok().access().to_owned()
    }
}

async fn kids(url: &str) -> Vec<Value> {
    let keys = client()
        .get(format!("{url}/oauth2/jwks"))
        .send()
        .await
        .expect("an answer");
    let keys: Value = keys.json().await.expect("JSON");
    keys["keys"]
        .as_array()
        .expect("keys")
        .iter()
        .map(|key| key["kid"].clone())
        .collect()
}

async fn applications(storage: Storage) {
    let two = Two::on(storage).await;
    let (at, application) = (&two.at, &two.registered.application);
    let id = application.client_id.as_str();
    two.answered("registered", application, 200).await;
    let token = two.token().await;

    at.json(&["app", "disable", id]).await;
    two.answered("app disable", application, 401).await;
    two.active("app disable", &token, false).await;
    at.json(&["app", "enable", id]).await;
    two.answered("app enable", application, 200).await;
    two.active("app enable: revoked tokens stay so", &token, false)
        .await;

    at.json(&["app", "hold", id]).await;
    two.answered("app hold", application, 401).await;
    at.json(&["app", "approve", id]).await;
    two.answered("app approve", application, 200).await;

    let token = two.token().await;
    let rotated = at.json(&["app", "rotate-secret", id]).await;
    let secret = rotated["client_secret"].as_str().map(str::to_owned);
    let renewed = Application {
        secret,
        ..application.clone()
    };
    two.answered("rotate-secret: the old one", application, 401).await;
    two.answered("rotate-secret: the new one", &renewed, 200).await;
    two.active("rotate-secret: tokens live on", &token, true).await;
    let rotated = at.json(&["app", "rotate-secret", id, "--overlap", "60"]).await;
    let secret = rotated["client_secret"].as_str().map(str::to_owned);
    let newest = Application {
        secret,
        ..application.clone()
    };
    two.answered("overlap: the new one", &newest, 200).await;
    two.answered("overlap: the old one", &renewed, 200).await;

    let added = at.application("standard", &[]).await;
    two.answered("app add", &added, 200).await;
}

async fn resources(storage: Storage) {
    let two = Two::on(storage).await;
    let at = &two.at;
    let ask = async |instance: &Instance, url: &str| {
        let application = two.registered.application.via(&instance.url);
        let fields = [("grant_type", "client_credentials"), ("resource", url)];
        application.token(&fields).await.status
    };
    for instance in &two.instances {
        assert_eq!(ask(instance, "http://localhost:9999").await, 400);
    }
    let url = "http://localhost:9999";
    let added = at
        .json(&["resource", "add", "--name", "Other", "--url", url])
        .await;
    for instance in &two.instances {
        soon("resource add", async || ask(instance, url).await == 200).await;
    }
    let id = added["client_id"].as_str().expect("an id");
    let introspect = async |instance: &Instance, secret: &str| {
        let request = client()
            .post(format!("{}/oauth2/introspect", instance.url))
            .basic_auth(id, Some(secret))
            .form(&[("token", "x")]);
        request.send().await.expect("an answer").status().as_u16()
    };
    let old = added["client_secret"].as_str().expect("a secret");
    let rotated = at.json(&["resource", "rotate-secret", id]).await;
    let new = rotated["client_secret"].as_str().expect("a secret");
    for instance in &two.instances {
        soon("rotate-secret", async || introspect(instance, old).await == 401).await;
        soon("rotate-secret", async || introspect(instance, new).await == 200).await;
    }
    at.json(&["resource", "disable", id]).await;
    for instance in &two.instances {
        soon("resource disable", async || {
            introspect(instance, new).await == 401
        })
        .await;
        soon("resource disable", async || ask(instance, url).await == 400).await;
    }
}

async fn tokens(storage: Storage) {
    let two = Two::on(storage).await;
    let (at, application) = (&two.at, &two.registered.application);
    let id = application.client_id.as_str();
    let first = &two.instances[0];
    let browser = first.signed_in().await;
    let of_alice = async || {
        let (code, verifier) = first.code(application, &browser).await;
        application.exchange(&code, &verifier).await.ok()
    };
    let listed = async |whose: &[&str]| {
        let rows = at.json(&[&["token", "list"], whose].concat()).await;
        let rows = rows.as_array().expect("rows").iter();
        rows.map(|row| row["id"].as_str().expect("an id").to_owned())
            .collect::<Vec<_>>()
    };

    // One token by its id; the others stay.
    let (one, other) = (two.token().await, two.token().await);
    for id in listed(&["--app", id]).await {
        two.active("before", &one, true).await;
        at.json(&["token", "revoke", &id]).await;
        if two.registered.introspect(&first.url, &one).await == Some(false) {
            break;
        }
        // It was the other one's; lists name no token by its text.
        two.active("the other one", &other, false).await;
    }
    two.active("token revoke ID", &one, false).await;

    // A family by its id.
    let alices = of_alice().await;
    let ids = listed(&["--user", EMAIL]).await;
    assert_eq!(ids.len(), 1, "{ids:?}");
    at.json(&["token", "revoke", &ids[0]]).await;
    two.active("token revoke FAMILY", alices.access(), false).await;
    assert_eq!(
        application.refresh(alices.refresh()).await.error(),
        "invalid_grant"
    );
    assert_eq!(listed(&["--user", EMAIL]).await.len(), 0);

    for (whose, servers_goes) in [
        (&["--app", id, "--user", EMAIL][..], false),
        (&["--user", EMAIL], false),
        (&["--app", id], true),
    ] {
        let (alices, servers) = (of_alice().await, two.token().await);
        at.json(&[&["token", "revoke"], whose].concat()).await;
        two.active("token revoke", alices.access(), false).await;
        two.active("token revoke", &servers, !servers_goes).await;
        let via = application.via(&two.instances[1].url);
        assert_eq!(
            via.refresh(alices.refresh()).await.error(),
            "invalid_grant",
            "{whose:?}"
        );
    }
    two.active("new tokens are good", &two.token().await, true).await;
}

async fn users_and_keys(storage: Storage) {
    let two = Two::on(storage).await;
    let (at, application) = (&two.at, &two.registered.application);
    let first = &two.instances[0];
    let browser = first.signed_in().await;
    let (code, verifier) = first.code(application, &browser).await;
    let tokens = application.exchange(&code, &verifier).await.ok();
    let (pending, pending_verifier) = first.code(application, &browser).await;

    at.json(&["user", "disable", EMAIL]).await;
    two.active("user disable", tokens.access(), false).await;
    assert_eq!(
        application.refresh(tokens.refresh()).await.error(),
        "invalid_grant"
    );
    assert_eq!(
        application.exchange(&pending, &pending_verifier).await.error(),
        "invalid_grant"
    );
    soon("the session has ended", async || {
        let page = browser.get_once(&application.request(&[]).0).await;
        page.location()
            .is_some_and(|location| location.starts_with("/login"))
    })
    .await;
    let form = browser.get("/login").await.sign_in_form(EMAIL, PASSWORD);
    assert_eq!(browser.submit_once(&form).await.status, 401);
    at.json(&["user", "enable", EMAIL]).await;
    soon("user enable", async || {
        let form = browser.get("/login").await.sign_in_form(EMAIL, PASSWORD);
        browser.submit_once(&form).await.status == 303
    })
    .await;

    // G4: published in every instance at once, signing at once only when told so.
    let rotated = at.json(&["key", "rotate"]).await;
    for instance in &two.instances {
        soon("key rotate", async || {
            kids(&instance.url).await.contains(&rotated["kid"])
        })
        .await;
    }
    let at_once = at.json(&["key", "rotate", "--now"]).await;
    for instance in &two.instances {
        soon("key rotate --now", async || {
            let via = application.via(&instance.url);
            let answer = via.token(&[("grant_type", "client_credentials")]).await.ok();
            kid(answer.access()) == at_once["kid"]
        })
        .await;
    }
}

fn kid(token: &str) -> Value {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let header = token.split('.').next().expect("a header");
    let header: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).expect("base64url")).expect("JSON");
    header["kid"].clone()
}

macro_rules! on_both_modes {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        mod $name {
            use super::Storage;

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread")]
            async fn embedded_on_sqlite() {
                super::$name(Storage::SqliteEmbedded).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread")]
            async fn embedded_on_postgres() {
                super::$name(Storage::PostgresEmbedded).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgres_and_redis() {
                super::$name(Storage::PostgresRedis).await;
            }
        }
    )+};
}

on_both_modes! {
    /// H3, E6
    applications,
    /// E1
    resources,
    /// E6, E8
    tokens,
    /// B10, D6, G4
    users_and_keys,
}

/// The reason behind an error id is found by the command that the page's id is given to.
#[tokio::test(flavor = "multi_thread")]
async fn audit_show_finds_the_reason_of_an_error_id() {
    for storage in [Storage::SqliteEmbedded, Storage::PostgresRedis] {
        let at = Installation::on(storage).await;
        let registered = at.register().await;
        let server = at.serve().await;
        let request = registered
            .application
            .request(&[("redirect_uri", "https://app.example/callback2")])
            .0;
        let page = server.browser().get(&request).await;
        assert_eq!(page.status, 400);
        let id = page.error_id();
        soon("audit show", async || {
            at.run(&["audit", "show", &id]).await.status.success()
        })
        .await;
        let report = at.json(&["audit", "show", &id]).await;
        assert_eq!(report["status"], 400);
        assert_eq!(report["route"], "GET /oauth2/authorize");
        let reason = report["reason"].as_str().expect("a reason");
        assert!(
            reason.contains("redirect_uri differs at character 29"),
            "{reason}"
        );
        assert!(reason.contains("https://app.example/callback"), "{reason}");
        let text = at.run(&["audit", "show", &id]).await.stdout;
        assert!(text.contains("differs at character 29"), "{text}");
    }
}
