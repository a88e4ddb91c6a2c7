//! Changing what is registered, on the command line.

use serde_json::json;

use crate::harness::{EMAIL, PASSWORD, Storage};
use crate::installation::Installation;

/// Users are listed by role and by how they begin, shown, and changed; what is not named stays.
#[tokio::test(flavor = "multi_thread")]
async fn users() {
    for storage in [Storage::SqliteEmbedded, Storage::PostgresRedis] {
        let at = Installation::on(storage).await;
        at.json(&["user", "add", "--email", EMAIL, "--password", PASSWORD])
            .await;
        let rita = [
            "user",
            "add",
            "--email",
            "rita@example.com",
            "--name",
            "Rita",
            "--password",
            PASSWORD,
        ];
        at.json(&[&rita[..], &["--reviewer", "--auditor", "--language", "fr"]].concat())
            .await;
        let emails = async |arguments: &[&str]| {
            let listed = at.json(&[&["user", "list"], arguments].concat()).await;
            let rows = listed.as_array().expect("a list").clone();
            rows.iter()
                .map(|row| row["email"].as_str().expect("text").to_owned())
                .collect::<Vec<_>>()
        };
        let mut all = emails(&[]).await;
        all.sort();
        assert_eq!(all, [EMAIL, "rita@example.com"]);
        assert_eq!(emails(&["--role", "reviewer"]).await, ["rita@example.com"]);
        assert_eq!(emails(&["--role", "admin"]).await, Vec::<String>::new());
        assert_eq!(emails(&["--search", "RIT"]).await, ["rita@example.com"]);
        assert_eq!(emails(&["--disabled"]).await, Vec::<String>::new());
        let shown = at.json(&["user", "show", "rita@example.com"]).await;
        assert_eq!(shown["roles"], json!(["reviewer", "auditor"]));
        assert_eq!(
            (&shown["language"], &shown["has_password"]),
            (&json!("fr"), &json!(true))
        );
        assert!(!shown.to_string().contains("argon2"));
        let edit = [
            "user",
            "edit",
            "rita@example.com",
            "--admin",
            "--auditor",
            "false",
            "--language",
            "",
        ];
        let edited = at.json(&edit).await;
        assert_eq!(edited["roles"], json!(["admin", "reviewer"]));
        assert_eq!(
            (&edited["name"], &edited["language"]),
            (&json!("Rita"), &json!(null))
        );
        let moved = at
            .json(&[
                "user",
                "edit",
                "rita@example.com",
                "--new-email",
                "Rita@Example.org",
            ])
            .await;
        assert_eq!(moved["email"], "rita@example.org");
        for (arguments, expected) in [
            (&["user", "edit", EMAIL][..], "nothing to change"),
            (
                &["user", "edit", EMAIL, "--new-email", "rita@example.org"],
                "there is a user rita@example.org already",
            ),
            (
                &["user", "edit", "nobody@example.com", "--admin"],
                "there is no user",
            ),
            (&["user", "show", "nobody@example.com"], "there is no user"),
        ] {
            let line = at.refused(arguments).await;
            assert!(line.contains(expected), "{line}");
        }
        let text = at.run(&["user", "show", "rita@example.org"]).await.stdout;
        assert!(text.contains("roles     admin, reviewer"), "{text}");
    }
}

/// An application is changed in what is named alone; an empty value takes away.
#[tokio::test(flavor = "multi_thread")]
async fn applications() {
    for storage in [Storage::SqliteEmbedded, Storage::PostgresRedis] {
        let at = Installation::on(storage).await;
        let added = at
            .json(&[
                "app",
                "add",
                "--name",
                "Calendar",
                "--profile",
                "standard",
                "--redirect-uri",
                "https://a.example/1",
                "--scope",
                "rooms:list",
                "--homepage-url",
                "https://a.example/",
            ])
            .await;
        let id = added["client_id"].as_str().expect("an id");
        let edited = at
            .json(&[
                "app",
                "edit",
                id,
                "--name",
                "Diary",
                "--redirect-uri",
                "https://a.example/2",
                "--redirect-uri",
                "https://a.example/3",
                "--access-seconds",
                "60",
                "--homepage-url",
                "",
            ])
            .await;
        assert_eq!(edited["name"], "Diary");
        assert_eq!(
            edited["redirect_uris"],
            json!(["https://a.example/2", "https://a.example/3"])
        );
        assert_eq!(edited["policy"]["access_seconds"], 60);
        assert_eq!(edited["scope"], "rooms:list");
        let line = at
            .refused(&["app", "edit", id, "--redirect-uri", "http://b.example/"])
            .await;
        assert!(line.contains("\"http://b.example/\": use https"), "{line}");
        let line = at.refused(&["app", "edit", id, "--name", "Diary"]).await;
        assert!(line.contains("nothing to change"), "{line}");
        let line = at.refused(&["app", "edit", "nobody", "--name", "x"]).await;
        assert!(line.contains("there is no application"), "{line}");
        let line = at.refused(&["app", "approve", id, "--proposal"]).await;
        assert!(line.contains("has no proposal"), "{line}");
        let none = at
            .json(&["app", "edit", id, "--redirect-uri", "", "--scope", ""])
            .await;
        assert_eq!((&none["redirect_uris"], &none["scope"]), (&json!([]), &json!("")));
    }
}
