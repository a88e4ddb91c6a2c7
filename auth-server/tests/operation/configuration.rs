//! Settings: where they come from, what is said about wrong ones, and what a server needs to start and to stop.

use crate::harness::Storage;
use crate::installation::Installation;

/// S4.60: a setting that is unknown or cannot work is named, an issuer that is plain http beyond this machine too, for every command, and a password in it is not shown.
#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_work_are_named() {
    let cases = [
        ("ANTEROOM_NO_SUCH_KEY", "1", "no_such_key"),
        ("ANTEROOM_LIMITS__NO_SUCH_LIMIT", "1", "no_such_limit"),
        ("LISTEN_ADDR", "nonsense", "listen_addr"),
        ("ALLOW_INSECURE_HTTP", "perhaps", "allow_insecure_http"),
        ("ANTEROOM_SESSION__LIFETIME_SECONDS", "soon", "lifetime_seconds"),
        (
            "ANTEROOM_SESSION__LIFETIME_SECONDS",
            "1",
            "session.lifetime_seconds",
        ),
        ("ANTEROOM_TOKENS__SIGNING_ALGORITHM", "HS256", "signing_algorithm"),
        (
            "ANTEROOM_TOKENS__REUSE_GRACE_SECONDS",
            "301",
            "tokens.reuse_grace_seconds",
        ),
        ("ISSUER_URL", "http://auth.example", "ALLOW_INSECURE_HTTP"),
        ("ISSUER_URL", "https://auth.example/", "issuer_url"),
        ("ISSUER_URL", "https://auth.example/path", "issuer_url"),
        ("ISSUER_URL", "nonsense", "issuer_url"),
        ("DATABASE_URL", "mysql://root:hunter2@localhost/x", "database_url"),
        ("REDIS_URL", "http://user:hunter2@localhost", "Redis"),
        ("KEY_ENCRYPTION_KEY", "hunter2", "key_encryption_key"),
    ];
    for (name, value, named) in cases {
        let mut at = Installation::on(Storage::SqliteEmbedded).await;
        at.set(name, value);
        for arguments in [&["serve"][..], &["key", "list"]] {
            let line = at.refused(arguments).await;
            assert!(
                line.contains(named),
                "{name}={value}: {line:?} does not name {named}"
            );
            assert!(!line.contains("hunter2"), "{line}");
        }
    }
}

/// A configuration file overrides defaults, the environment overrides the file, and a typing error is named.
#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_file() {
    let at = Installation::on(Storage::SqliteEmbedded).await;
    let file = at.folder.path().join("anteroom.toml");
    let path = file.to_str().expect("UTF-8");
    let write = |text: &str| std::fs::write(&file, text).expect("written");
    write("[tokens]\nsigning_algorithm = \"EdDSA\"\n");
    let keys = at.json(&["key", "list", "--config", path]).await;
    assert_eq!(keys[0]["algorithm"], "EdDSA");
    write("issuer_url = \"https://ignored.example\"\n");
    at.json(&["key", "list", "--config", path]).await;
    for (text, named) in [
        ("[tokens]\nsigning_algorithms = \"EdDSA\"\n", "signing_algorithms"),
        ("[token]\n", "token"),
        ("not toml", "anteroom.toml"),
        (
            "permissions.\"rooms:list\" = { en = { label = \"\", description = \"\" }, fr = { label = \"\", description = \"\" } }",
            "rooms:list",
        ),
    ] {
        write(text);
        let line = at.refused(&["key", "list", "--config", path]).await;
        assert!(line.contains(named), "{line}");
    }
    let line = at.refused(&["key", "list", "--config", "missing.toml"]).await;
    assert!(line.contains("missing.toml"), "{line}");
}

/// The doctor says what to mend, and its exit status says whether there is anything.
#[tokio::test(flavor = "multi_thread")]
async fn the_doctor() {
    let mut at = Installation::on(Storage::SqliteEmbedded).await;
    let outcome = at.run(&["doctor"]).await;
    assert!(!outcome.status.success());
    at.json(&["migrate"]).await;
    let outcome = at.run(&["doctor"]).await;
    assert!(!outcome.status.success(), "no resource server: {outcome:?}");
    assert!(outcome.stdout.contains("auth-server resource add"), "{outcome:?}");
    at.json(&[
        "resource",
        "add",
        "--name",
        "Rooms",
        "--url",
        "http://localhost:8081",
    ])
    .await;
    let findings = at.json(&["doctor"]).await;
    for finding in findings.as_array().expect("findings") {
        let members: Vec<_> = finding.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["check", "detail", "ok"]);
        assert_eq!(finding["ok"], true, "{finding}");
    }
    at.set("REDIS_URL", "redis://127.0.0.1:1");
    let outcome = at.run(&["doctor"]).await;
    assert_eq!(outcome.status.code(), Some(1));
    assert!(outcome.stdout.contains("MEND  token store"), "{outcome:?}");
}

/// A port that is taken, a folder that is not there: one line.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_start_says_why() {
    let mut at = Installation::on(Storage::SqliteEmbedded).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    at.set("LISTEN_ADDR", &address);
    let line = at.refused(&["serve"]).await;
    assert!(line.contains(&format!("cannot listen on {address}")), "{line}");
    at.set("DATABASE_URL", "sqlite:///nowhere/at/all.sqlite");
    let line = at.refused(&["serve"]).await;
    assert!(line.contains("SQL"), "{line}");
}

/// SIGTERM ends the process soon and well, feeds that have no end included.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_soon_and_well() {
    let at = Installation::on(Storage::SqliteEmbedded).await;
    let registered = at.register().await;
    let server = at.serve().await;
    let mut feed = crate::harness::Feed::open(
        &server.url,
        &registered.resource_id,
        &registered.resource_secret,
        None,
    )
    .await;
    feed.backlog().await;
    let begun = std::time::Instant::now();
    assert!(server.stop().await.success());
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}
