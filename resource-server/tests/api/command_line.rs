//! The binary as operators use it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Output, Stdio};

use reqwest::Method;
use resource_server::config::Config;
use resource_server::doctor;
use serde_json::{Value, json};

use crate::harness::app::{RESOURCE, ROOMS};
use crate::harness::browser::with_sign_in;
use crate::harness::issuer::{CLIENT_ID, CLIENT_SECRET};
use crate::harness::{App, Engine, Issuer, Person, Reply};

fn binary(folder: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_resource-server"));
    command.current_dir(folder).env_clear();
    command
}

async fn output(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn migrate_creates_the_default_database_and_reports() {
    let folder = tempfile::tempdir().unwrap();
    let all = resource_server::store::MIGRATOR.iter().count();
    for applied in [all, 0] {
        let mut command = binary(folder.path());
        command.args(["migrate", "--json"]);
        let result = output(command).await;
        assert!(result.status.success(), "{}", text(&result.stderr));
        let report: Value = serde_json::from_slice(&result.stdout).unwrap();
        assert_eq!(
            (&report["applied"], report["total"].as_i64()),
            (&json!(applied), i64::try_from(all).ok())
        );
    }
    assert!(folder.path().join("anteroom-rooms.sqlite").exists());
}

/// Arguments, environment, and what the error must name.
type Case = (
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
    &'static str,
);

/// Long enough, and to be found in no error.
const LONG_SECRET: &str = "s3cret-s3cret-s3cret-s3cret-s3cret";

const fn livekit(url: &'static str, secret: &'static str) -> [(&'static str, &'static str); 3] {
    [
        ("LIVEKIT_URL", url),
        ("LIVEKIT_API_KEY", "APIkey"),
        ("LIVEKIT_API_SECRET", secret),
    ]
}

/// About the pages.
const PAGE_CASES: [Case; 2] = [
    (
        &[],
        &[("ANTEROOM_WEBAPP__CLIENT_ID", "x")],
        "webapp.client_secret",
    ),
    (
        &[],
        &[("ANTEROOM_WEBAPP__MEETING_URL", "javascript:alert(1)")],
        "webapp.meeting_url",
    ),
];

#[tokio::test]
async fn settings_that_make_no_sense_are_named_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("unknown.toml"),
        "[server]\nlisten_adress = \"x\"\n",
    )
    .unwrap();
    std::fs::write(
        folder.path().join("eternal.toml"),
        "[livekit]\ntoken_life = 86400\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("broken.toml"), "[server\n").unwrap();
    let cases: [Case; 18] = [
        (&["--config", "unknown.toml"], &[], "listen_adress"),
        (&["--config", "broken.toml"], &[], "configuration"),
        (&["--config", "missing.toml"], &[], "missing.toml"),
        (&[], &[("ANTEROOM_ROOMS__COLOUR", "red")], "colour"),
        (&[], &[("ANTEROOM_JWKS__MIN_AGE", "soon")], "soon"),
        (
            &[],
            &[("ISSUER_URL", "http://auth.example")],
            "ALLOW_INSECURE_HTTP",
        ),
        (&[], &[("ISSUER_URL", "auth")], "issuer.url"),
        (&[], &[("RESOURCE_URL", "ftp://x")], "server.resource_url"),
        (
            &[],
            &[("DATABASE_URL", "mysql://root:s3cret@x/y")],
            "database.url",
        ),
        (
            &[],
            &[("DATABASE_URL", "postgres://u:s3cret@127.0.0.1:1/x")],
            "database unavailable",
        ),
        (
            &[],
            &[("ANTEROOM_TELEPHONY__PIN_LENGTH", "3")],
            "telephony.pin_length",
        ),
        (
            &[],
            &[("ANTEROOM_INTROSPECTION__DECRYPTION_KEY", "key.pem")],
            "introspection.decryption_key",
        ),
        (&[], &[("LIVEKIT_URL", "wss://meet.example")], "livekit.api_key"),
        (&[], &[("LIVEKIT_API_SECRET", LONG_SECRET)], "livekit.url"),
        (
            &[],
            &const { livekit("wss://meet.example", "s3cret-that-is-too-short") },
            "livekit.api_secret",
        ),
        (
            &[],
            &const { livekit("ws://meet.example", LONG_SECRET) },
            "livekit.url",
        ),
        (
            &[],
            &const { livekit("meet.example", LONG_SECRET) },
            "livekit.url",
        ),
        (
            &["--config", "eternal.toml"],
            &const { livekit("wss://meet.example", LONG_SECRET) },
            "livekit.token_life",
        ),
    ];
    for (arguments, environment, expected) in cases.into_iter().chain(PAGE_CASES) {
        let mut command = binary(folder.path());
        command
            .args(arguments)
            .arg("migrate")
            .envs(environment.iter().copied());
        let result = output(command).await;
        let error = text(&result.stderr);
        assert_eq!(
            result.status.code(),
            Some(1),
            "{arguments:?} {environment:?} {error}"
        );
        assert!(error.contains(expected), "{error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
        assert!(!error.contains("s3cret"), "{error}");
        assert!(result.stdout.is_empty());
    }
    let mut allowed = binary(folder.path());
    allowed.arg("migrate").envs([
        ("ISSUER_URL", "http://auth.example"),
        ("ALLOW_INSECURE_HTTP", "true"),
    ]);
    assert!(output(allowed).await.status.success());
}

/// A key that cannot be used is named before anything starts, and nothing of it is shown.
#[tokio::test]
async fn decryption_keys_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("broken.pem"), "-----BEGIN s3cret").unwrap();
    let public = include_str!("../../../shared/tests/keys/enc-rsa.public.pem");
    std::fs::write(folder.path().join("public.pem"), public).unwrap();
    for name in ["broken.pem", "public.pem", "missing.pem"] {
        let mut command = binary(folder.path());
        command.envs([
            ("ANTEROOM_INTROSPECTION__FORMAT", "jwt"),
            ("ANTEROOM_INTROSPECTION__DECRYPTION_KEY", name),
        ]);
        let result = output(command).await;
        let error = text(&result.stderr);
        assert_eq!(result.status.code(), Some(1), "{error}");
        let expected = format!("introspection.decryption_key: {name}: ");
        assert!(error.contains(&expected), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[tokio::test]
async fn help_and_default_settings_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    let mut help = binary(folder.path());
    help.arg("--help");
    let help = text(&output(help).await.stdout);
    for word in [
        "serve",
        "migrate",
        "doctor",
        "--config",
        "INTROSPECTION_CLIENT_SECRET",
    ] {
        assert!(help.contains(word), "{word}");
    }
    let mut defaults = binary(folder.path());
    defaults.arg("default-config");
    let defaults = output(defaults).await;
    std::fs::write(folder.path().join("copy.toml"), &defaults.stdout).unwrap();
    let mut copy = binary(folder.path());
    copy.args(["migrate", "--config", "copy.toml"]);
    assert!(output(copy).await.status.success());
}

#[tokio::test]
async fn doctor_finds_what_to_mend() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::start().await;
    let doctor = |secret: &str, migrate: bool| {
        let mut command = binary(folder.path());
        command
            .args(if migrate {
                &["migrate"][..]
            } else {
                &["doctor", "--json"]
            })
            .envs([
                ("ISSUER_URL", issuer.url.as_str()),
                ("RESOURCE_URL", RESOURCE),
                ("INTROSPECTION_CLIENT_ID", CLIENT_ID),
                ("INTROSPECTION_CLIENT_SECRET", secret),
            ]);
        output(command)
    };
    let failed = |result: &Output| -> Vec<String> {
        let report: Value = serde_json::from_slice(&result.stdout).unwrap();
        assert_eq!(report["ok"], result.status.success());
        let findings = report["findings"].as_array().unwrap().clone();
        findings
            .iter()
            .filter(|finding| finding["ok"] == false)
            .map(|f| f["check"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(failed(&doctor(CLIENT_SECRET, false).await), ["database"]);
    doctor(CLIENT_SECRET, true).await;
    let well = doctor(CLIENT_SECRET, false).await;
    assert!(failed(&well).is_empty(), "{}", text(&well.stdout));
    let wrong = doctor("wrong-secret", false).await;
    assert_eq!(failed(&wrong), ["credentials", "revocation feed", "directory"]);
    assert!(!text(&wrong.stdout).contains("wrong-secret"));
    let mut alone = binary(folder.path());
    alone.arg("doctor").env("ISSUER_URL", "http://127.0.0.1:1");
    let alone = output(alone).await;
    assert_eq!(alone.status.code(), Some(1));
    assert!(
        text(&alone.stdout).contains("FAIL authorization server"),
        "{}",
        text(&alone.stdout)
    );
}

/// H5, H7: a refusal leads to its line in the log, which never holds the token; the server stops when told.
#[tokio::test]
async fn serve_logs_refusals_without_tokens_and_stops_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    // Only its issuer, its people and its client are used.
    let app = App::start(Engine::Sqlite).await;
    let mut server = binary(folder.path())
        .envs([
            ("ISSUER_URL", app.issuer.url.as_str()),
            ("RESOURCE_URL", RESOURCE),
            ("LISTEN_ADDR", "127.0.0.1:0"),
            ("INTROSPECTION_CLIENT_ID", CLIENT_ID),
            ("INTROSPECTION_CLIENT_SECRET", CLIENT_SECRET),
            ("RUST_LOG", "trace"),
            ("ANTEROOM_LOG__FORMAT", "json"),
        ])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap());
    let mut lines = Vec::new();
    let url = loop {
        let mut line = String::new();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "{lines:?}");
        lines.push(line.clone());
        let event: Value = serde_json::from_str(&line).unwrap();
        if event["fields"]["message"] == "listening" {
            break format!("http://{}", event["fields"]["address"].as_str().unwrap());
        }
    };
    let rest = std::thread::spawn(move || {
        let mut rest = String::new();
        log.read_to_string(&mut rest).unwrap();
        rest
    });
    let ann = Person::new(&app);
    let stranger = Person::with(&app, |claims| claims["aud"] = json!("https://other.example"));
    let get = async |token: &str| {
        Reply::of(
            app.http
                .request(Method::GET, format!("{url}{ROOMS}"))
                .bearer_auth(token),
        )
        .await
    };
    crate::harness::eventually(async || match get(&ann.token).await.status.as_u16() {
        200 => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
    let refused = get(&stranger.token).await;
    refused.assert_invalid_token("Invalid token.");
    assert_eq!(get("some-opaque_token").await.status, 401);
    let in_query = app
        .http
        .get(format!("{url}{ROOMS}?access_token={}", ann.token))
        .send()
        .await
        .unwrap();
    assert_eq!(in_query.status(), 401);

    let stop = Command::new("kill")
        .arg(server.id().to_string())
        .status()
        .unwrap();
    assert!(stop.success());
    let status = tokio::task::spawn_blocking(move || server.wait().unwrap())
        .await
        .unwrap();
    assert_eq!(status.code(), Some(0));
    lines.push(rest.join().unwrap());
    let log = lines.concat();
    let id = refused.header("x-error-id");
    let line = log
        .lines()
        .find(|line| line.contains(id))
        .expect("the refusal in the log");
    assert!(line.contains("another audience"), "{line}");
    for secret in [
        ann.token.as_str(),
        &stranger.token,
        "some-opaque_token",
        CLIENT_SECRET,
        "s%25cret",
    ] {
        assert!(
            !log.contains(secret),
            "{}",
            log.lines().find(|line| line.contains(secret)).unwrap()
        );
    }
}

#[tokio::test]
async fn doctor_compares_the_clocks() {
    let app = App::start(Engine::Sqlite).await;
    let clock = |text: &str| {
        text.lines()
            .find(|line| line.contains("clock"))
            .unwrap()
            .to_owned()
    };
    let findings = doctor::examine(&app.state.config, &app.state.clock).await;
    assert!(
        clock(&doctor::as_text(&findings)).starts_with("ok"),
        "{findings:?}"
    );
    app.pass(-60);
    let findings = doctor::examine(&app.state.config, &app.state.clock).await;
    assert!(
        clock(&doctor::as_text(&findings)).starts_with("FAIL"),
        "{findings:?}"
    );
    assert!(!doctor::is_well(&findings));
}

/// Spoils a setting.
type Bend = fn(&mut Config);

#[tokio::test]
async fn doctor_tries_the_sign_in_on_the_pages() {
    let app = App::start(Engine::Sqlite).await;
    let line = async |change: &dyn Fn(&mut Config)| {
        let mut config = app.state.config.clone();
        change(&mut config);
        let findings = doctor::examine(&config, &app.state.clock).await;
        let text = doctor::as_text(&findings);
        text.lines()
            .find(|line| line.contains("sign-in"))
            .unwrap()
            .to_owned()
    };
    assert!(line(&|_| {}).await.starts_with("ok   sign-in on the pages: off"));
    assert_eq!(line(&with_sign_in).await, "ok   sign-in on the pages: works");
    let bent: [(&str, Bend); 3] = [
        ("invalid_client", |config| {
            config.webapp.client_secret = "wrong".into();
        }),
        ("is not registered", |config| {
            "https://other.example.org".clone_into(&mut config.server.resource_url);
        }),
        ("invalid_scope", |config| {
            "other".clone_into(&mut config.scope_prefix);
        }),
    ];
    for (expected, bend) in bent {
        let found = line(&|config| {
            with_sign_in(config);
            bend(config);
        })
        .await;
        assert!(found.starts_with("FAIL") && found.contains(expected), "{found}");
        assert!(!found.contains("wrong"), "{found}");
    }
}
