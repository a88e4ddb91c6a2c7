//! Review on the command line: an application that waits has no secret, and gets it once, with its approval.

use serde_json::{Value, json};

use crate::harness::{Application, PASSWORD, Storage, read, within_a_second};
use crate::installation::Installation;

const PENDING: [&str; 10] = [
    "app",
    "add",
    "--name",
    "Calendar",
    "--profile",
    "jiomeet",
    "--redirect-uri",
    "https://app.example/callback",
    "--scope",
    "user:read meeting:read",
];

async fn pending(at: &Installation, more: &[&str]) -> String {
    let added = at.json(&[&PENDING[..], more, &["--pending"]].concat()).await;
    let id = added["client_id"].as_str().expect("an id").to_owned();
    assert_eq!(added, json!({"client_id": id, "review": "pending"}));
    id
}

async fn text(at: &Installation, arguments: &[&str]) -> String {
    let outcome = at.run(arguments).await;
    assert!(outcome.status.success(), "{outcome:?}");
    outcome.stdout
}

/// S4.15, S4.17, S4.18, S4.27, S4.28: registered for review without any secret; held and rejected with a reason that is
/// shown; approved with a secret that is printed once; the running server follows within a second.
#[tokio::test(flavor = "multi_thread")]
async fn from_submission_to_credentials() {
    for storage in [Storage::SqliteEmbedded, Storage::PostgresRedis] {
        let at = Installation::on(storage).await;
        let id = pending(&at, &[]).await;
        let instance = at.serve().await;
        let exchange = async |secret: &str| {
            let application = Application {
                url: instance.url.clone(),
                client_id: id.clone(),
                secret: Some(secret.to_owned()),
                redirect_uri: String::new(),
            };
            let fields = [("grant_type", "authorization_code"), ("code", "ac-unknown")];
            application.post("/api/oauth2/v2/token", &fields).await.status
        };
        assert_eq!(exchange("").await, 401);
        let shown = text(&at, &["app", "show", &id]).await;
        assert!(shown.contains("review         pending"), "{shown}");
        assert!(shown.contains("secrets        0"), "{shown}");
        let line = at.refused(&["app", "rotate-secret", &id]).await;
        assert!(line.contains("when it is approved"), "{line}");

        let held = at
            .json(&["app", "hold", &id, "--reason", "Which calendar?"])
            .await;
        assert_eq!(held, json!({"client_id": id, "review": "on_hold"}));
        for arguments in [&["app", "show", &id][..], &["app", "list"]] {
            let text = text(&at, arguments).await;
            assert!(
                text.contains("on_hold") && text.contains("Which calendar?"),
                "{text}"
            );
        }
        at.json(&["app", "reject", &id, "--reason", "No policy"]).await;
        assert_eq!(at.json(&["app", "list"]).await[0]["review_reason"], "No policy");
        at.refused(&["app", "rotate-secret", &id]).await;

        let approved = at.json(&["app", "approve", &id]).await;
        let secret = approved["client_secret"].as_str().expect("a secret").to_owned();
        let expected = json!({"client_id": id, "review": "approved", "client_secret": secret});
        assert_eq!(approved, expected);
        assert!(secret.starts_with("cs-"));
        within_a_second("usable", async || exchange(&secret).await == 400).await;
        let again = at.json(&["app", "approve", &id]).await;
        assert_eq!(again, json!({"client_id": id, "review": "approved"}));
        assert_eq!(exchange(&secret).await, 400, "the first secret stays");
        for arguments in [&["app", "show", &id][..], &["app", "list"], &["audit", "list"]] {
            let everything = at.json(arguments).await.to_string();
            assert!(!everything.contains(&secret), "{arguments:?}");
        }
        let lines = at.json(&["audit", "list", "--limit", "100"]).await.to_string();
        assert!(lines.contains("first secret"), "H6: {lines}");
        // What was approved keeps its secret through another look at it.
        at.json(&["app", "hold", &id]).await;
        within_a_second("held", async || exchange(&secret).await == 401).await;
        let back = at.json(&["app", "approve", &id]).await;
        assert!(back.get("client_secret").is_none());
        within_a_second("back", async || exchange(&secret).await == 400).await;
    }
}

/// H3: people read the secret on standard output, and that it is shown once beside it; without `--pending` nothing
/// waits, whatever the profile.
#[tokio::test(flavor = "multi_thread")]
async fn for_people() {
    let at = Installation::on(Storage::SqliteEmbedded).await;
    let added = text(&at, &[&PENDING[..], &["--pending"]].concat()).await;
    assert!(
        added.contains("review         pending") && !added.contains("secret"),
        "{added}"
    );
    let id = at.json(&["app", "list"]).await[0]["client_id"].clone();
    let approved = at.run(&["app", "approve", id.as_str().expect("an id")]).await;
    assert!(approved.stdout.contains("client_secret  cs-"), "{approved:?}");
    assert!(approved.stderr.contains("shown this once"), "{approved:?}");
    let at_once = at.json(&PENDING).await;
    assert!(at_once["client_secret"].is_string());
    let id = at_once["client_id"].as_str().expect("an id");
    assert_eq!(at.json(&["app", "show", id]).await["review"], "approved");
}

/// A public application never gets a secret, reviewed or not.
#[tokio::test(flavor = "multi_thread")]
async fn public_applications() {
    let at = Installation::on(Storage::SqliteEmbedded).await;
    let id = pending(&at, &["--public"]).await;
    let approved = at.json(&["app", "approve", &id]).await;
    assert_eq!(approved, json!({"client_id": id, "review": "approved"}));
    at.refused(&["app", "rotate-secret", &id]).await;
}

/// S1.11, S1.32: domains are kept in one form; what is no domain is refused; every domain is a choice of its own.
#[tokio::test(flavor = "multi_thread")]
async fn domains() {
    let at = Installation::on(Storage::SqliteEmbedded).await;
    let add = ["app", "add", "--name", "Delegated", "--profile", "meet-delegated"];
    let id = async |more: &[&str]| {
        let added = at.json(&[&add[..], more].concat()).await;
        added["client_id"].as_str().expect("an id").to_owned()
    };
    let some = id(&["--domain", "Example.COM", "--domain", "b\u{fc}cher.example"]).await;
    let shown = at.json(&["app", "show", &some]).await;
    assert_eq!(shown["domains"], json!(["example.com", "xn--bcher-kva.example"]));
    assert_eq!(shown["policy"].get("allow_any_domain"), None);
    let shown = text(&at, &["app", "show", &some]).await;
    assert!(
        shown.contains("domains        example.com, xn--bcher-kva.example"),
        "{shown}"
    );
    let any = id(&["--any-domain"]).await;
    assert_eq!(
        at.json(&["app", "show", &any]).await["policy"]["allow_any_domain"],
        true
    );
    assert!(
        text(&at, &["app", "show", &any])
            .await
            .contains("domains        every one")
    );
    for domain in [
        "user@example.com",
        "@example.com",
        "*.example.com",
        "https://example.com",
        "10.0.0.1",
        "",
    ] {
        let line = at.refused(&[&add[..], &["--domain", domain]].concat()).await;
        assert!(line.contains(&format!("{domain:?}: ")), "{line}");
    }
    let both = at
        .run(&[&add[..], &["--any-domain", "--domain", "a.example"]].concat())
        .await;
    assert_eq!(both.status.code(), Some(2), "{both:?}");
}

/// U0.6: `user add` with the address of a provisional user makes an account of the record, under its id.
#[tokio::test(flavor = "multi_thread")]
async fn a_provisional_user_is_claimed() {
    for storage in [Storage::SqliteEmbedded, Storage::PostgresRedis] {
        let mut at = Installation::on(storage).await;
        at.set("ANTEROOM_DELEGATION__CREATE_USERS", "true");
        at.register().await;
        let application = at
            .application("meet-delegated", &["--domain", "example.com"])
            .await;
        let instance = at.serve().await;
        let delegate = async || {
            let body = json!({
                "client_id": application.client_id,
                "client_secret": application.secret,
                "grant_type": "client_credentials",
                "scope": "New.Person@example.com",
            });
            let path = format!("{}/external-api/v1.0/application/token/", instance.url);
            let answer = read(crate::harness::client().post(path).json(&body)).await.ok();
            crate::harness::claims(answer.access())["user_id"].clone()
        };
        let provisional = delegate().await;
        let add = [
            "user",
            "add",
            "--email",
            "new.person@EXAMPLE.com",
            "--password",
            PASSWORD,
        ];
        let added: Value = at.json(&[&add[..], &["--name", "New Person"]].concat()).await;
        assert_eq!(added, json!({"user_id": provisional}));
        instance
            .browser()
            .sign_in("new.person@example.com", PASSWORD)
            .await;
        assert_eq!(delegate().await, provisional);
        let line = at.refused(&add).await;
        assert!(
            line.contains("there is a user new.person@example.com already"),
            "{line}"
        );
        let lines = at.json(&["audit", "list", "--limit", "100"]).await.to_string();
        assert!(lines.contains("in place of the provisional one"), "{lines}");
    }
}
