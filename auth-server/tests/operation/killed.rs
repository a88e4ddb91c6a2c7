//! H8, D2: SIGKILL in the middle of load. What was answered stays done: used codes stay used, revoked tokens stay
//! revoked, answered refresh tokens work.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Application, Storage, client};
use crate::installation::{Installation, Registered};

const ROUNDS: usize = 3;
const CODES: usize = 24;
const CHAINS: usize = 3;

/// What one round was told before the kill.
#[derive(Default)]
struct Answered {
    codes: Vec<(String, String)>,
    refresh_tokens: Vec<String>,
    revoked: Vec<String>,
    live: Vec<String>,
}

/// An answer, or none when the process went away first.
async fn ask(application: &Application, path: &str, fields: &[(&str, &str)]) -> Option<(u16, Value)> {
    let answer = client()
        .post(format!("{}{path}", application.url))
        .basic_auth(&application.client_id, application.secret.as_deref())
        .form(fields)
        .send()
        .await
        .ok()?;
    let status = answer.status().as_u16();
    let body = answer.text().await.ok()?;
    Some((status, serde_json::from_str(&body).unwrap_or_default()))
}

fn text(body: &Value, name: &str) -> String {
    body[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {body}"))
        .to_owned()
}

/// Exchanges codes and refreshes what they give.
async fn users(application: Application, codes: Vec<(String, String)>, done: Arc<AtomicUsize>) -> Answered {
    let mut answered = Answered::default();
    for (code, verifier) in codes {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", application.redirect_uri.as_str()),
            ("code_verifier", verifier.as_str()),
        ];
        let Some((status, body)) = ask(&application, "/oauth2/token", &fields).await else {
            return answered;
        };
        assert_eq!(status, 200, "{body}");
        done.fetch_add(1, Ordering::Relaxed);
        answered.live.push(text(&body, "access_token"));
        answered.refresh_tokens.push(text(&body, "refresh_token"));
        answered.codes.push((code.clone(), verifier.clone()));
        for _ in 0..3 {
            let last = answered.refresh_tokens.last().cloned().unwrap_or_default();
            let fields = [("grant_type", "refresh_token"), ("refresh_token", last.as_str())];
            let Some((status, body)) = ask(&application, "/oauth2/token", &fields).await else {
                return answered;
            };
            assert_eq!(status, 200, "{body}");
            done.fetch_add(1, Ordering::Relaxed);
            answered.live.push(text(&body, "access_token"));
            answered.refresh_tokens.pop();
            answered.refresh_tokens.push(text(&body, "refresh_token"));
        }
    }
    answered
}

/// Issues tokens and revokes every other one, until the process goes away.
async fn servers(application: Application, done: Arc<AtomicUsize>) -> Answered {
    let mut answered = Answered::default();
    for turn in 0.. {
        let fields = [("grant_type", "client_credentials")];
        let Some((status, body)) = ask(&application, "/oauth2/token", &fields).await else {
            return answered;
        };
        assert_eq!(status, 200, "{body}");
        done.fetch_add(1, Ordering::Relaxed);
        let token = text(&body, "access_token");
        if turn % 2 == 0 {
            answered.live.push(token);
            continue;
        }
        let Some((status, body)) = ask(&application, "/oauth2/revoke", &[("token", &token)]).await else {
            return answered;
        };
        assert_eq!(status, 200, "{body}");
        answered.revoked.push(token);
    }
    answered
}

async fn verify(registered: &Registered, url: &str, all: &Answered) {
    for token in &all.live {
        assert_eq!(
            registered.introspect(url, token).await,
            Some(true),
            "an answered token works"
        );
    }
    for token in &all.revoked {
        assert_eq!(
            registered.introspect(url, token).await,
            Some(false),
            "a revoked token stays so"
        );
    }
    for token in &all.refresh_tokens {
        registered.application.refresh(token).await.ok();
    }
    for (code, verifier) in &all.codes {
        let again = registered.application.exchange(code, verifier).await;
        assert_eq!(again.error(), "invalid_grant", "a used code stays used");
    }
}

async fn a_kill_loses_nothing(storage: Storage) {
    let mut at = Installation::on(storage).await;
    // A refresh that was under way when the process died is asked again after the restart.
    at.set("ANTEROOM_TOKENS__REUSE_GRACE_SECONDS", "120");
    let registered = at.register().await;
    let mut server = at.serve().await;
    for round in 0..ROUNDS {
        let browser = server.signed_in().await;
        let mut chains = vec![Vec::new(); CHAINS];
        for turn in 0..CODES {
            chains[turn % CHAINS].push(server.code(&registered.application, &browser).await);
        }
        let done = Arc::new(AtomicUsize::new(0));
        let mut tasks = Vec::new();
        for codes in chains {
            tasks.push(tokio::spawn(users(
                registered.application.clone(),
                codes,
                Arc::clone(&done),
            )));
        }
        for _ in 0..2 {
            tasks.push(tokio::spawn(servers(
                registered.application.clone(),
                Arc::clone(&done),
            )));
        }
        // In the middle of it, a little later each round.
        while done.load(Ordering::Relaxed) < 10 + 10 * round {
            assert!(
                !tasks.iter().all(tokio::task::JoinHandle::is_finished),
                "nobody works"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.kill().await;
        let mut all = Answered::default();
        for task in tasks {
            let answered = task.await.expect("a worker");
            all.codes.extend(answered.codes);
            all.refresh_tokens.extend(answered.refresh_tokens);
            all.revoked.extend(answered.revoked);
            all.live.extend(answered.live);
        }
        assert!(!all.live.is_empty());
        server = at.serve().await;
        verify(&registered, &server.url, &all).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    a_kill_loses_nothing(Storage::SqliteEmbedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_and_redis() {
    a_kill_loses_nothing(Storage::SqliteRedis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres() {
    a_kill_loses_nothing(Storage::PostgresEmbedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_and_redis() {
    a_kill_loses_nothing(Storage::PostgresRedis).await;
}
