//! `auth-server apply`: what a file declares, and what it says about it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::{Value, json};

use crate::harness::{Application, EMAIL, PASSWORD, Storage, read, within_a_second};
use crate::installation::Installation;

const FILE: &str = r#"
[[resource_servers]]
url = "http://localhost:8081"
name = "Rooms"
scope_prefix = "lasuite_visio"

[[users]]
email = "Root@example.com"
name = "Root"
roles = ["admin"]

[[users]]
email = "dev@example.com"
roles = ["developer"]
language = "fr"

[[applications]]
client_id = "calendar"
name = "Calendar"
owner = "dev@example.com"
redirect_uris = ["https://calendar.example/callback"]
scope = ["rooms:list", "rooms:create"]
policy = { access_seconds = 600 }

[[applications]]
client_id = "partner"
name = "Partner"
profile = "keyed"
key_only = true
scope = "user"

[[api_keys]]
name = "Partner's key"
application = "partner"
"#;

fn write(at: &Installation, name: &str, text: &str) -> String {
    let path = at.folder.path().join(name);
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("text").to_owned()
}

fn outcomes(report: &Value) -> Vec<String> {
    report["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .map(|change| {
            format!(
                "{} {}",
                change["outcome"].as_str().unwrap(),
                change["name"].as_str().unwrap()
            )
        })
        .collect()
}

async fn on_both(body: impl AsyncFn(Installation)) {
    for storage in [Storage::SqliteEmbedded, Storage::PostgresRedis] {
        body(Installation::on(storage).await).await;
    }
}

/// The first run makes everything, with secrets that are printed once and work; the second changes nothing; a file that
/// differs changes what differs, and says it; `--dry-run` writes nothing; `--prune` blocks what apply made and the file
/// has no longer, and nothing else; what comes back works again.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn from_nothing_and_on() {
    on_both(async |at| {
        at.json(&["user", "add", "--email", EMAIL, "--password", PASSWORD])
            .await;
        let file = write(&at, "anteroom.toml", FILE);
        let planned = at.json(&["apply", &file, "--dry-run"]).await;
        assert_eq!(planned["dry_run"], true);
        assert_eq!(outcomes(&planned).len(), 6);
        assert!(!planned.to_string().contains("secret\":"), "{planned}");
        assert_eq!(at.json(&["app", "list"]).await, json!([]));
        assert_eq!(at.json(&["user", "list"]).await.as_array().map(Vec::len), Some(1));

        let made = at.json(&["apply", &file]).await;
        assert_eq!(
            outcomes(&made),
            [
                "added http://localhost:8081",
                "added Root@example.com",
                "added dev@example.com",
                "added calendar",
                "added partner",
                "added Partner's key",
            ]
        );
        let secret = |index: usize| made["changes"][index]["secret"].as_str().map(str::to_owned);
        assert!(secret(0).expect("of the resource server").starts_with("cs-"));
        assert_eq!((secret(1), secret(4)), (None, None));
        assert!(secret(5).expect("of the key").starts_with("ak-"));
        let shown = at.json(&["app", "show", "calendar"]).await;
        assert_eq!(shown["policy"]["access_seconds"], 600);
        let root = at.json(&["user", "show", "root@example.com"]).await;
        assert_eq!(root["roles"], json!(["admin"]));

        let again = at.json(&["apply", &file, "--prune"]).await;
        assert!(
            outcomes(&again).iter().all(|line| line.starts_with("same ")),
            "{again}"
        );
        let text = at.run(&["apply", &file]).await;
        assert_eq!(text.stdout, "nothing changed\n");

        let instance = at.serve().await;
        let application = Application {
            url: instance.url.clone(),
            client_id: "calendar".to_owned(),
            secret: secret(3),
            redirect_uri: String::new(),
        };
        let fields = [("grant_type", "client_credentials")];
        let issued = application.token(&fields).await.ok();
        assert_eq!(issued.body["expires_in"], 600);

        let other = FILE
            .replace("access_seconds = 600", "access_seconds = 700")
            .replace("\"rooms:list\", ", "")
            .replace("[\"admin\"]", "[\"admin\", \"auditor\"]");
        let file = write(&at, "other.toml", &other);
        let planned = at.run(&["apply", &file, "--dry-run"]).await.stdout;
        assert_eq!(
            planned,
            "~ user Root@example.com\n    roles: [\"admin\"] -> [\"admin\",\"auditor\"]\n\
             ~ application calendar\n    policy.access_seconds: 600 -> 700\n    \
             scope: \"rooms:create rooms:list\" -> \"rooms:create\"\nwould be: 2 changed\n"
        );
        assert_eq!(
            at.json(&["app", "show", "calendar"]).await["policy"]["access_seconds"],
            600
        );
        at.json(&["apply", &file]).await;
        within_a_second("changed", async || {
            application.token(&fields).await.ok().body["expires_in"] == 700
        })
        .await;

        // Without calendar and its owner: both are blocked, and alice, whom apply did not make, is not.
        let begins = other.find("[[users]]\nemail = \"dev").expect("dev");
        let ends = other
            .find("[[applications]]\nclient_id = \"partner")
            .expect("partner");
        let less = format!("{}{}", &other[..begins], &other[ends..]);
        let file = write(&at, "less.toml", &less);
        let kept = at.json(&["apply", &file]).await;
        assert!(
            outcomes(&kept).iter().all(|line| line.starts_with("same ")),
            "without --prune: {kept}"
        );
        let pruned = at.json(&["apply", &file, "--prune", "--dry-run"]).await;
        assert_eq!(
            outcomes(&pruned)[4..],
            ["blocked calendar", "blocked dev@example.com"]
        );
        assert_eq!(application.token(&fields).await.status, 200);
        let pruned = at.json(&["apply", &file, "--prune"]).await;
        assert_eq!(
            outcomes(&pruned)[4..],
            ["blocked calendar", "blocked dev@example.com"]
        );
        within_a_second("blocked", async || application.token(&fields).await.status == 401).await;
        let alice = at.json(&["user", "show", EMAIL]).await;
        assert_eq!(alice["disabled"], false);
        let again = at.json(&["apply", &file, "--prune"]).await;
        assert!(
            outcomes(&again).iter().all(|line| line.starts_with("same ")),
            "{again}"
        );

        let file = write(&at, "back.toml", &other);
        let back = at.run(&["apply", &file]).await.stdout;
        assert!(
            back.contains("~ application calendar\n    disabled: true -> false\n"),
            "{back}"
        );
        within_a_second("works again", async || {
            application.token(&fields).await.status == 200
        })
        .await;
        let lines = at.json(&["audit", "list", "--limit", "100"]).await.to_string();
        assert!(lines.contains("by apply"), "H6: {lines}");
        for secret in [secret(0), secret(3), secret(5)] {
            assert!(!lines.contains(&secret.expect("a secret")), "H3");
        }
    })
    .await;
}

/// Secrets may be given as hashes: then these work and no others, and nothing is printed. A password's hash is the one
/// that the user begins with.
#[tokio::test(flavor = "multi_thread")]
async fn given_hashes() {
    on_both(async |at| {
        let hash = |secret: &str| {
            let hashed = auth_server::domain::secret::PlainToken::presented(secret).hashed();
            hashed.as_str().to_owned()
        };
        let password_hash = auth_server::passwords::Passwords::new(1)
            .hash(PASSWORD.to_owned())
            .await
            .expect("a hash");
        let declared = |secrets: &[&str]| {
            json!({
                "resource_servers": [
                    {"url": "http://localhost:8081", "name": "Rooms", "secret_hash": hash("cs-rooms")}
                ],
                "users": [{"email": EMAIL, "password_hash": password_hash}],
                "applications": [{
                    "client_id": "calendar", "name": "Calendar",
                    "redirect_uris": ["https://calendar.example/callback"],
                    "secret_hashes": secrets.iter().map(|secret| hash(secret)).collect::<Vec<_>>(),
                }],
            })
            .to_string()
        };
        let file = write(&at, "anteroom.json", &declared(&["cs-one", "cs-two"]));
        let made = at.run(&["apply", &file]).await;
        assert!(made.status.success(), "{made:?}");
        assert!(
            !made.stdout.contains("secret") && made.stderr.is_empty(),
            "{made:?}"
        );
        let instance = at.serve().await;
        instance.browser().sign_in(EMAIL, PASSWORD).await;
        let works = async |secret: &str| {
            let application = Application {
                url: instance.url.clone(),
                client_id: "calendar".to_owned(),
                secret: Some(secret.to_owned()),
                redirect_uri: String::new(),
            };
            application
                .token(&[("grant_type", "client_credentials")])
                .await
                .status
                == 200
        };
        assert!(works("cs-one").await && works("cs-two").await && !works("cs-three").await);
        assert_eq!(at.run(&["apply", &file]).await.stdout, "nothing changed\n");
        let file = write(&at, "anteroom.json", &declared(&["cs-two", "cs-three"]));
        let changed = at.run(&["apply", &file]).await.stdout;
        assert!(changed.contains("secret_hashes"), "{changed}");
        within_a_second("the new one", async || works("cs-three").await).await;
        assert!(works("cs-two").await && !works("cs-one").await);
        let introspected = crate::harness::client()
            .post(format!("{}/oauth2/introspect", instance.url))
            .basic_auth(made_id(&at, "http://localhost:8081").await, Some("cs-rooms"))
            .form(&[("token", "x")]);
        assert_eq!(read(introspected).await.status, 200);
    })
    .await;
}

async fn made_id(at: &Installation, url: &str) -> String {
    let listed = at.json(&["resource", "list"]).await;
    let found = listed
        .as_array()
        .expect("a list")
        .iter()
        .find(|resource| resource["url"] == url)
        .expect("the resource server");
    found["client_id"].as_str().expect("an id").to_owned()
}

/// A mistake is named with its thing and its field; every mistake is; and nothing at all is written.
#[tokio::test(flavor = "multi_thread")]
async fn mistakes() {
    on_both(async |at| {
        let good = "[[users]]\nemail = \"new@example.com\"\n";
        for (text, expected) in [
            ("[[applications]]\nclient_id = \"Bad\"\nname = \"x\"", "application \"Bad\": client_id: a client id is"),
            (
                "[[applications]]\nclient_id = \"app\"\nname = \"\"\nredirect_uris = [\"http://a.example/\"]",
                "application \"app\": name: a name has",
            ),
            (
                "[[applications]]\nclient_id = \"app\"\nname = \"x\"\nowner = \"nobody@example.com\"",
                "there is no user nobody@example.com",
            ),
            (
                "[[applications]]\nclient_id = \"app\"\nname = \"x\"\nsecret_hashes = [\"geheim\"]",
                "64 lower-case hexadecimal digits",
            ),
            (
                "[[applications]]\nclient_id = \"app\"\nname = \"x\"\n[[applications]]\nclient_id = \"app\"\nname = \"y\"",
                "declared twice",
            ),
            ("[[applications]]\nclient_id = \"app\"\nnmae = \"x\"", "nmae"),
            ("[[users]]\nemail = \"no address\"", "user \"no address\": email"),
            ("[[users]]\nemail = \"a@example.com\"\npassword_hash = \"geheim\"", "Argon2id in PHC format"),
            ("[[users]]\nemail = \"a@example.com\"\nroles = [\"king\"]", "king"),
            ("[[resource_servers]]\nurl = \"no url\"\nname = \"x\"", "resource_server \"no url\": url"),
            ("[[api_keys]]\nname = \"x\"\napplication = \"nobody\"", "there is no application"),
            (
                "[[applications]]\nclient_id = \"app\"\nname = \"x\"\n[[api_keys]]\nname = \"k\"\napplication = \"app\"",
                "api_key \"k\": application: API keys are for applications of profile keyed",
            ),
            ("[[tokens]]\nname = \"x\"", "tokens"),
            ("= nonsense", "anteroom.toml: "),
            ("= nonsense", "at line 3 column 1"),
            ("[[users]]\nemail = 5", "at line 4 column 9"),
        ] {
            let file = write(&at, "anteroom.toml", &format!("{good}{text}"));
            let line = at.refused(&["apply", &file]).await;
            assert!(line.contains(expected), "{text}: {line}");
            assert!(!line.contains("geheim"), "{line}");
            assert_eq!(at.json(&["user", "list"]).await, json!([]), "{text}");
        }
        let two = "[[users]]\nemail = \"x\"\n[[resource_servers]]\nurl = \"y\"\nname = \"z\"";
        let file = write(&at, "anteroom.toml", two);
        let line = at.refused(&["apply", &file]).await;
        assert!(line.contains("user \"x\"") && line.contains("resource_server \"y\""), "{line}");
        let line = at.refused(&["apply", "missing.toml"]).await;
        assert!(line.contains("missing.toml"), "{line}");
    })
    .await;
}

/// A run that fails half-way says what it did, with the secrets that are shown once; the next run does the rest and
/// leaves the rest alone.
#[tokio::test(flavor = "multi_thread")]
async fn half_done() {
    on_both(async |at| {
        let hash = "a".repeat(64);
        let keyed = "[[applications]]\nclient_id = \"partner\"\nname = \"P\"\nprofile = \"keyed\"\nkey_only = true\nscope = \"user\"\n";
        let key = |name: &str, hash: &str| {
            format!("[[api_keys]]\nname = \"{name}\"\napplication = \"partner\"\nhash = \"{hash}\"\n")
        };
        let app = "[[applications]]\nclient_id = \"calendar\"\nname = \"Calendar\"\nredirect_uris = [\"https://c.example/cb\"]\n";
        // One key cannot be two: only the database can tell.
        let text = format!("{app}{keyed}{}{}", key("one", &hash), key("two", &hash));
        let file = write(&at, "anteroom.toml", &text);
        let failed = at.run(&["apply", &file]).await;
        assert_eq!(failed.status.code(), Some(1), "{failed:?}");
        assert!(failed.stdout.contains("+ application calendar\n    secret  cs-"), "{failed:?}");
        assert!(failed.stdout.ends_with("3 added\n"), "{failed:?}");
        let secret = failed.stdout.split_whitespace().find(|word| word.starts_with("cs-"));
        let secret = secret.expect("a secret").to_owned();

        let text = format!("{app}{keyed}{}{}", key("one", &hash), key("two", &"b".repeat(64)));
        let file = write(&at, "anteroom.toml", &text);
        let completed = at.run(&["apply", &file]).await.stdout;
        assert!(completed.starts_with("+ api_key two\n") && completed.ends_with("1 added\n"), "{completed}");
        assert_eq!(at.run(&["apply", &file]).await.stdout, "nothing changed\n");
        let instance = at.serve().await;
        let application = Application {
            url: instance.url.clone(),
            client_id: "calendar".to_owned(),
            secret: Some(secret),
            redirect_uri: String::new(),
        };
        application.token(&[("grant_type", "client_credentials")]).await.ok();
    })
    .await;
}
