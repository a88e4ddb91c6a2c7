//! `resource add` and `resource set-key`: the keys that introspection encrypts to (RFC 9701).

use serde_json::{Value, json};

use crate::harness::Storage;
use crate::installation::Installation;

/// Test keys that lie beside the crate of the token format.
fn key(name: &str) -> String {
    format!("{}/../shared/tests/keys/{name}", env!("CARGO_MANIFEST_DIR"))
}

async fn add(at: &Installation, url: &str, more: &[&str]) -> String {
    let words = [&["resource", "add", "--name", "Rooms", "--url", url], more].concat();
    let added = at.json(&words).await;
    added["client_id"].as_str().expect("an id").to_owned()
}

/// A key comes with the registration or later, is shown by its public half, is replaced and removed; each change
/// leaves the rest as it is.
#[tokio::test(flavor = "multi_thread")]
async fn registered_shown_replaced_removed() {
    for storage in [Storage::SqliteEmbedded, Storage::PostgresRedis] {
        let at = Installation::on(storage).await;
        let (rsa, p256) = (key("enc-rsa.public.pem"), key("enc-p256.public.pem"));
        let bare = add(&at, "http://localhost:8081", &[]).await;
        let shown = at.json(&["resource", "show", &bare]).await;
        assert_eq!(
            (&shown["encryption_key"], &shown["requires_signed_introspection"]),
            (&Value::Null, &json!(false))
        );
        let words = [
            "--encryption-key",
            &rsa,
            "--encryption-alg",
            "RSA-OAEP",
            "--require-signed-introspection",
        ];
        let id = add(&at, "http://localhost:8082", &words).await;
        let shown = at.json(&["resource", "show", &id]).await;
        assert_eq!(shown["requires_signed_introspection"], true);
        let published = &shown["encryption_key"];
        assert_eq!(
            (&published["kty"], &published["alg"], &published["use"]),
            (&json!("RSA"), &json!("RSA-OAEP"), &json!("enc"))
        );
        let changed = at
            .json(&["resource", "set-key", &id, "--encryption-key", &p256])
            .await;
        assert_eq!(changed["encryption_key"]["alg"], "ECDH-ES");
        assert_eq!(changed["requires_signed_introspection"], true);
        let words = [
            "resource",
            "set-key",
            &id,
            "--require-signed-introspection",
            "false",
        ];
        let changed = at.json(&words).await;
        assert_eq!(changed["encryption_key"]["alg"], "ECDH-ES");
        assert_eq!(changed["requires_signed_introspection"], false);
        let listed = at.json(&["resource", "list"]).await;
        let listed = listed
            .as_array()
            .and_then(|all| all.iter().find(|one| one["client_id"] == id));
        assert_eq!(
            listed.map(|one| &one["encryption_key"]),
            Some(&changed["encryption_key"])
        );
        let changed = at.json(&["resource", "set-key", &id, "--remove"]).await;
        assert_eq!(changed["encryption_key"], Value::Null);
        let untouched = at.json(&["resource", "show", &bare]).await;
        assert_eq!(untouched["encryption_key"], Value::Null);
        let log = at.json(&["audit", "list"]).await.to_string();
        assert!(log.contains("introspection: plain or encrypted, key"), "{log}");
    }
}

/// A private key is refused as one, and so is what is no key; in one line that quotes nothing of the file.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_public_key() {
    let at = Installation::on(Storage::SqliteEmbedded).await;
    let id = add(&at, "http://localhost:8081", &[]).await;
    let nonsense = at.folder.path().join("nonsense");
    std::fs::write(&nonsense, "s3cret").expect("written");
    let nonsense = nonsense.to_str().expect("text").to_owned();
    for (file, expected) in [
        (key("enc-rsa.pkcs8.pem"), "private key"),
        (key("rfc7518-c.jwk.json"), "private key"),
        (key("es256.jwk.json"), "not for encryption"),
        (nonsense, "neither PEM nor a JWK"),
        (key("missing"), "No such file"),
    ] {
        for words in [
            ["resource", "set-key", &id, "--encryption-key", &file].as_slice(),
            &[
                "resource",
                "add",
                "--name",
                "Other",
                "--url",
                "http://localhost:8082",
                "--encryption-key",
                &file,
            ],
        ] {
            let line = at.refused(words).await;
            assert!(line.contains(expected) && line.contains(&file), "{line}");
            assert!(!line.contains("s3cret"), "{line}");
        }
    }
    let line = at.refused(&["resource", "set-key", &id]).await;
    assert!(line.contains("nothing to change"), "{line}");
    for words in [["resource", "set-key"], ["resource", "show"]] {
        let words = [&words[..], &["unknown"]].concat();
        let words = if words[1] == "show" {
            words
        } else {
            [&words[..], &["--remove"]].concat()
        };
        let line = at.refused(&words).await;
        assert!(line.contains("there is no resource server unknown"), "{line}");
    }
    let listed = at.json(&["resource", "list"]).await;
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "nothing was registered");
    assert_eq!(listed[0]["encryption_key"], Value::Null);
}
