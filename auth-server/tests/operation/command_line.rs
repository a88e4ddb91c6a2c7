//! Every command: what it prints, its exit status, and what it says when it refuses.

use serde_json::{Value, json};

use crate::harness::{EMAIL, PASSWORD, Storage};
use crate::installation::Installation;

fn members(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap_or_else(|| panic!("no object: {value}"))
        .keys()
        .map(String::as_str)
        .collect()
}

async fn on_both(test: impl AsyncFn(Installation)) {
    for storage in [Storage::SqliteEmbedded, Storage::PostgresRedis] {
        test(Installation::on(storage).await).await;
    }
}

/// H3: the contract that scripts rely on: what each command prints with `--json`.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one table")]
async fn json_of_every_command() {
    on_both(async |at| {
        assert_eq!(at.json(&["migrate"]).await, json!({"migrated": true}));

        let user = at
            .json(&["user", "add", "--email", EMAIL, "--password", PASSWORD])
            .await;
        assert_eq!(members(&user), ["user_id"]);
        let resource = at
            .json(&[
                "resource",
                "add",
                "--name",
                "Rooms",
                "--url",
                "http://localhost:8081",
            ])
            .await;
        assert_eq!(members(&resource), ["client_id", "client_secret"]);
        let resource_id = resource["client_id"].as_str().expect("an id");
        let application = at
            .json(&["app", "add", "--name", "Demo", "--profile", "standard"])
            .await;
        assert_eq!(members(&application), ["client_id", "client_secret"]);
        let id = application["client_id"].as_str().expect("an id");
        let secret = application["client_secret"].as_str().expect("a secret");
        let public = at
            .json(&[
                "app",
                "add",
                "--name",
                "Native",
                "--profile",
                "standard",
                "--public",
            ])
            .await;
        assert_eq!(members(&public), ["client_id"]);

        let key = at.json(&["api-key", "add", "--name", "Kiosk"]).await;
        assert_eq!(members(&key), ["api_key", "client_id", "id"]);
        let (key_id, key_app) = (
            key["id"].as_str().expect("an id"),
            key["client_id"].as_str().expect("an id"),
        );
        let plain_key = key["api_key"].as_str().expect("a key");
        assert!(plain_key.starts_with("ak-"));
        let second = at
            .json(&["api-key", "add", "--name", "Spare", "--app", key_app])
            .await;
        assert_eq!(second["client_id"], key["client_id"]);
        let listed = at.json(&["api-key", "list"]).await;
        assert_eq!(listed.as_array().map(Vec::len), Some(2));
        assert_eq!(
            members(&listed[0]),
            ["client_id", "created_at", "disabled", "id", "name"]
        );
        assert!(!listed.to_string().contains(plain_key), "the key is shown once");
        for (verb, disabled) in [("disable", true), ("enable", false)] {
            let done = at.json(&["api-key", verb, key_id]).await;
            assert_eq!(done, json!({"id": key_id, "disabled": disabled}));
            assert_eq!(at.json(&["api-key", "list"]).await[0]["disabled"], disabled);
        }

        let shown = at.json(&["app", "show", id]).await;
        assert_eq!(
            (&shown["name"], &shown["profile"], &shown["review"]),
            (&json!("Demo"), &json!("standard"), &json!("approved"))
        );
        assert!(!shown.to_string().contains(secret), "the secret is shown once");
        let listed = at.json(&["app", "list"]).await;
        assert_eq!(listed.as_array().map(Vec::len), Some(3));
        assert!(!listed.to_string().contains(secret));
        let rotated = at.json(&["app", "rotate-secret", id, "--overlap", "60"]).await;
        assert_eq!(members(&rotated), ["client_id", "client_secret"]);
        assert_ne!(rotated["client_secret"], secret);
        for (verb, expected) in [
            ("disable", json!({"client_id": id, "disabled": true})),
            ("enable", json!({"client_id": id, "disabled": false})),
            ("hold", json!({"client_id": id, "review": "on_hold"})),
            ("reject", json!({"client_id": id, "review": "rejected"})),
            ("approve", json!({"client_id": id, "review": "approved"})),
        ] {
            let done = at.json(&["app", verb, id]).await;
            // The stored spelling of a review state is its own business; that it is told is not.
            assert_eq!(members(&done), members(&expected), "{verb}");
            if verb != "hold" {
                assert_eq!(done, expected, "{verb}");
            }
        }
        at.json(&["app", "reject", id, "--reason", "no privacy policy"])
            .await;
        assert_eq!(
            at.json(&["app", "show", id]).await["review_reason"],
            "no privacy policy"
        );

        let listed = at.json(&["resource", "list"]).await;
        assert_eq!(listed[0]["url"], "http://localhost:8081");
        assert_eq!(listed[0]["disabled"], false);
        let rotated = at.json(&["resource", "rotate-secret", resource_id]).await;
        assert_eq!(members(&rotated), ["client_id", "client_secret"]);
        let disabled = at.json(&["resource", "disable", resource_id]).await;
        assert_eq!(disabled, json!({"client_id": resource_id, "disabled": true}));

        for (verb, disabled) in [("disable", true), ("enable", false)] {
            let done = at.json(&["user", verb, EMAIL]).await;
            assert_eq!(done, json!({"user_id": user["user_id"], "disabled": disabled}));
        }
        assert_eq!(at.json(&["token", "list", "--app", id]).await, json!([]));
        assert_eq!(at.json(&["token", "list", "--user", EMAIL]).await, json!([]));
        for whose in [
            &["--app", id][..],
            &["--user", EMAIL],
            &["--app", id, "--user", EMAIL],
        ] {
            let revoked = at.json(&[&["token", "revoke"], whose].concat()).await;
            assert_eq!(revoked, json!({"revoked": true}));
        }
        assert_eq!(at.json(&["key", "list"]).await.as_array().map(Vec::len), Some(1));
        let key = at.json(&["key", "rotate"]).await;
        assert_eq!(members(&key), ["active_from", "kid"]);
        let keys = at.json(&["key", "list"]).await;
        let states: Vec<_> = keys
            .as_array()
            .expect("keys")
            .iter()
            .map(|key| &key["state"])
            .collect();
        assert_eq!(states, ["active", "published"]);
        assert_eq!(keys[1]["kid"], key["kid"]);
        at.json(&["key", "rotate", "--now"]).await;

        // H6: each of these changes is in the audit log, and no secret with it.
        let audit = at.json(&["audit", "list", "--limit", "100"]).await;
        let details = audit.to_string();
        for what in [
            "user alice@example.com added",
            "user alice@example.com blocked",
            "application \\\"Demo\\\" added",
            "secret replaced, overlap 60 s",
            "application disabled",
            "application enabled",
            "no privacy policy",
            "resource server http://localhost:8081 added",
            "resource server disabled",
            "signing key",
            "\\\"Kiosk\\\" added",
            "\\\"Kiosk\\\" disabled",
            "\\\"Kiosk\\\" enabled",
        ] {
            assert!(
                details.contains(what) || details.contains(&what.replace('\\', "")),
                "{what}: {details}"
            );
        }
        for secret in [
            secret,
            PASSWORD,
            plain_key,
            resource["client_secret"].as_str().expect("a secret"),
        ] {
            assert!(!details.contains(secret));
        }
        let line = audit[0]["id"].as_str().expect("an id");
        assert_eq!(at.json(&["audit", "show", line]).await["id"], line);
    })
    .await;
}

/// Without `--json` people read tables and sentences; a secret is shown once, and it says so.
#[tokio::test(flavor = "multi_thread")]
async fn text_for_people() {
    let at = Installation::on(Storage::SqliteEmbedded).await;
    let added = at
        .run(&["app", "add", "--name", "Démo", "--profile", "meet"])
        .await;
    assert!(added.status.success(), "{added:?}");
    assert!(added.stdout.contains("client_secret") && !added.stdout.contains("shown this once"));
    assert!(added.stderr.contains("shown this once"));
    let listed = at.run(&["app", "list"]).await.stdout;
    assert!(listed.starts_with("CLIENT ID"), "{listed}");
    assert!(listed.contains("Démo") && listed.contains("approved"), "{listed}");
    for arguments in [&["--help"][..], &["app", "add", "--help"], &["--version"]] {
        let help = at.run(arguments).await;
        assert!(help.status.success());
        assert!(!help.stdout.is_empty());
    }
}

/// The password comes from standard input, so that no process list shows it; it is one line.
#[tokio::test(flavor = "multi_thread")]
async fn the_password_from_standard_input_works() {
    let at = Installation::on(Storage::SqliteEmbedded).await;
    let arguments = [
        "user",
        "add",
        "--email",
        "Bob@Example.com",
        "--password-stdin",
        "--json",
    ];
    let typed = "a password with spaces \nno part of it\n";
    let added = at.run_with_input(&arguments, typed).await;
    assert!(added.status.success(), "{added:?}");
    let server = at.serve().await;
    server
        .browser()
        .sign_in("bob@example.com", "a password with spaces ")
        .await;
}

/// One clear line on error, exit status 1, and nothing done.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one table")]
async fn one_clear_line_on_error() {
    on_both(async |at| {
        at.json(&["user", "add", "--email", EMAIL, "--password", PASSWORD])
            .await;
        at.json(&[
            "resource",
            "add",
            "--name",
            "Rooms",
            "--url",
            "http://localhost:8081",
        ])
        .await;
        let app = ["app", "add", "--name", "Demo", "--profile", "standard"];
        let unknown = "6a7c1e0e-7b1f-4b4e-8f59-000000000000";
        let cases: &[(&[&str], &str)] = &[
            (
                &[
                    "user",
                    "add",
                    "--email",
                    "ALICE@example.com",
                    "--password",
                    PASSWORD,
                ],
                "there is a user alice@example.com already",
            ),
            (
                &["user", "add", "--email", "no address", "--password", PASSWORD],
                "no address",
            ),
            (
                &["user", "add", "--email", "bob@example.com", "--password", "short"],
                "at least 8 characters",
            ),
            (
                &["user", "disable", "nobody@example.com"],
                "there is no user nobody@example.com",
            ),
            (&["app", "show", unknown], "there is no application"),
            (&["app", "disable", unknown], "there is no application"),
            (&["app", "rotate-secret", unknown], "there is no application"),
            (&["app", "approve", unknown], "there is no application"),
            (
                &["app", "add", "--name", "", "--profile", "standard"],
                "a name has",
            ),
            (
                &["app", "add", "--name", "two\nlines", "--profile", "standard"],
                "control characters",
            ),
            (
                &[&app[..], &["--redirect-uri", "http://app.example/"]].concat(),
                "http://app.example/",
            ),
            (
                &[&app[..], &["--redirect-uri", "https://app.example/#f"]].concat(),
                "https://app.example/#f",
            ),
            (
                &[&app[..], &["--redirect-uri", "javascript:alert(1)"]].concat(),
                "javascript:alert(1)",
            ),
            (
                &[&app[..], &["--redirect-uri", "https://*.example/"]].concat(),
                "https://*.example/",
            ),
            (
                &[&app[..], &["--owner", "nobody@example.com"]].concat(),
                "there is no user nobody@example.com",
            ),
            (&[&app[..], &["--scope", "caf\u{e9}"]].concat(), "scope"),
            (
                &["resource", "add", "--name", "Rooms", "--url", "no url"],
                "no url",
            ),
            (
                &[
                    "resource",
                    "add",
                    "--name",
                    "Again",
                    "--url",
                    "http://localhost:8081",
                ],
                "http://localhost:8081",
            ),
            (&["resource", "disable", unknown], "there is no resource server"),
            (
                &["resource", "rotate-secret", unknown],
                "there is no resource server",
            ),
            (
                &["api-key", "add", "--name", "x", "--app", unknown],
                "there is no application",
            ),
            (&["api-key", "add", "--name", ""], "a name has"),
            (&["api-key", "disable", unknown], "there is no API key"),
            (&["api-key", "enable", unknown], "there is no API key"),
            (&["token", "list"], "--app ID or --user EMAIL"),
            (&["token", "revoke"], "which tokens?"),
            (&["token", "revoke", "nonsense"], "is not an id"),
            (
                &["token", "revoke", "--user", "nobody@example.com"],
                "there is no user",
            ),
            (&["audit", "show", unknown], "nothing is known under"),
        ];
        for (arguments, expected) in cases {
            let line = at.refused(arguments).await;
            assert!(line.starts_with("auth-server: "), "{line}");
            assert!(
                line.contains(expected),
                "{arguments:?}: {line:?} lacks {expected:?}"
            );
        }
        assert_eq!(
            at.json(&["app", "list"]).await,
            json!([]),
            "nothing was registered"
        );
        let line = at.refused(&["app", "show", unknown, "--json"]).await;
        let error: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(members(&error), ["error"]);
        // Usage errors are told by the argument parser: status 2, with the argument's name.
        for (arguments, named) in [
            (
                &["app", "add", "--name", "x", "--profile", "nonsense"][..],
                "nonsense",
            ),
            (&["app", "add", "--profile", "standard"], "--name"),
            (&["user", "add", "--email", "x@example.com"], "--password"),
            (&["nonsense"], "nonsense"),
            (&["audit", "show", "nonsense"], "nonsense"),
        ] {
            let outcome = at.run(arguments).await;
            assert_eq!(outcome.status.code(), Some(2), "{outcome:?}");
            assert!(outcome.stderr.contains(named), "{outcome:?}");
        }
    })
    .await;
}
