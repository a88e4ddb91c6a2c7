//! Redis or PostgreSQL goes away under load and comes back: 503 with Retry-After in between, nothing answered is
//! lost, and the server recovers by itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::RequestBuilder;
use tokio::sync::Mutex;

use crate::harness::{Application, EMAIL, Feed, PASSWORD, Storage, client};
use crate::installation::{Installation, Instance, Registered};
use crate::own_servers::{OwnPostgres, OwnRedis};

/// An outage is answered rather than waited for.
const LONGEST_ANSWER: Duration = Duration::from_secs(5);
const RECOVERY: Duration = Duration::from_secs(15);

/// How often each request was answered how.
type Seen = Arc<Mutex<BTreeMap<&'static str, BTreeMap<u16, usize>>>>;

struct Load {
    seen: Seen,
    stop: Arc<AtomicBool>,
    workers: Vec<tokio::task::JoinHandle<()>>,
    /// Gives the last refresh token that was answered.
    chain: tokio::task::JoinHandle<String>,
}

async fn note(seen: &Seen, name: &'static str, request: RequestBuilder, good: u16) -> Option<String> {
    let begun = Instant::now();
    let answer = client().execute(request.build().expect("a request")).await;
    let answer = answer.unwrap_or_else(|error| panic!("{name} is not answered: {error:?}"));
    let took = begun.elapsed();
    let status = answer.status().as_u16();
    let waits = answer.headers().contains_key("retry-after");
    let body = answer.text().await.expect("a body");
    assert!(status == good || status == 503, "{name}: {status} {body}");
    assert!(status != 503 || waits, "{name}: no Retry-After");
    assert!(took < LONGEST_ANSWER, "{name} took {took:?}");
    *seen
        .lock()
        .await
        .entry(name)
        .or_default()
        .entry(status)
        .or_default() += 1;
    (status == good).then_some(body)
}

impl Load {
    async fn start(registered: &Registered, server: &Instance) -> Self {
        let seen = Seen::default();
        let stop = Arc::new(AtomicBool::new(false));
        let application = registered.application.clone();
        let url = server.url.clone();
        let known = {
            let application = application.clone();
            move |path: &str, fields: &[(&str, &str)]| {
                client()
                    .post(format!("{}{path}", application.url))
                    .basic_auth(&application.client_id, application.secret.as_deref())
                    .form(fields)
            }
        };
        let token = application
            .token(&[("grant_type", "client_credentials")])
            .await
            .ok();
        let token = token.access().to_owned();
        let browser = server.signed_in().await;
        let (code, verifier) = server.code(&application, &browser).await;
        let first = application
            .exchange(&code, &verifier)
            .await
            .ok()
            .refresh()
            .to_owned();
        let authorize = format!("{url}{}", application.request(&[]).0);
        let cookies = {
            use reqwest::cookie::CookieStore;
            browser
                .jar
                .cookies(&url.parse().expect("a URL"))
                .expect("cookies")
        };
        let page = server.browser().get("/login").await;
        let form_cookie = page.headers["set-cookie"].to_str().expect("text").to_owned();
        let form = page.sign_in_form(EMAIL, PASSWORD);

        let introspection = client()
            .post(format!("{url}/oauth2/introspect"))
            .basic_auth(&registered.resource_id, Some(&registered.resource_secret))
            .form(&[("token", &token)]);
        let requests: Vec<(&'static str, RequestBuilder, u16)> = vec![
            (
                "token",
                known("/oauth2/token", &[("grant_type", "client_credentials")]),
                200,
            ),
            ("introspect", introspection, 200),
            ("revoke", known("/oauth2/revoke", &[("token", "unknown")]), 200),
            (
                "authorize",
                client().get(authorize).header("cookie", cookies),
                303,
            ),
            (
                "sign-in",
                client()
                    .post(format!("{url}/login"))
                    .header("cookie", form_cookie)
                    .form(&form.fields),
                303,
            ),
            ("ready", client().get(format!("{url}/health/ready")), 200),
            ("live", client().get(format!("{url}/health/live")), 200),
            ("jwks", client().get(format!("{url}/oauth2/jwks")), 200),
        ];
        let mut workers = Vec::new();
        for (name, request, good) in requests {
            let (seen, stop) = (Arc::clone(&seen), Arc::clone(&stop));
            workers.push(tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let again = request.try_clone().expect("a request without a stream");
                    if let Some(body) = note(&seen, name, again, good).await
                        && name == "introspect"
                    {
                        assert!(body.contains("\"active\":true"), "{body}");
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }));
        }
        let chain = {
            let (seen, stop) = (Arc::clone(&seen), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut last = first;
                while !stop.load(Ordering::Relaxed) {
                    let fields = [("grant_type", "refresh_token"), ("refresh_token", last.as_str())];
                    let request = known("/oauth2/token", &fields);
                    if let Some(body) = note(&seen, "refresh", request, 200).await {
                        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
                        body["refresh_token"]
                            .as_str()
                            .expect("a token")
                            .clone_into(&mut last);
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                last
            })
        };
        Self {
            seen,
            stop,
            workers,
            chain,
        }
    }

    /// Until each of these has been answered so, anew.
    async fn until(&self, names: &[&'static str], good: bool) {
        self.seen.lock().await.clear();
        let begun = Instant::now();
        loop {
            let seen = self.seen.lock().await.clone();
            let missing = names.iter().find(|name| {
                let answers = seen.get(*name);
                !answers.is_some_and(|answers| answers.keys().any(|status| (*status != 503) == good))
            });
            let Some(name) = missing else { return };
            assert!(begun.elapsed() < RECOVERY, "{name}: {seen:?}");
            for worker in &self.workers {
                assert!(!worker.is_finished(), "a worker has failed: {seen:?}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn end(self) -> String {
        self.stop.store(true, Ordering::Relaxed);
        for worker in self.workers {
            worker.await.expect("a worker");
        }
        self.chain.await.expect("the chain")
    }
}

const ALL: [&str; 9] = [
    "token",
    "introspect",
    "revoke",
    "authorize",
    "sign-in",
    "ready",
    "live",
    "jwks",
    "refresh",
];

/// Goes through an outage twice under load.
async fn survives(
    at: &Installation,
    needy: &[&'static str],
    stop: &mut impl AsyncFnMut(),
    start: &mut impl AsyncFnMut(),
) {
    let registered = at.register().await;
    let server = at.serve().await;
    let application: &Application = &registered.application;
    let before = application
        .token(&[("grant_type", "client_credentials")])
        .await
        .ok();
    let load = Load::start(&registered, &server).await;
    for _ in 0..2 {
        load.until(&ALL, true).await;
        stop().await;
        load.until(needy, false).await;
        load.until(&["live", "jwks"], true).await;
        start().await;
        load.until(&ALL, true).await;
    }
    let last = load.end().await;
    application.refresh(&last).await.ok();
    let active = registered.introspect(&server.url, before.access()).await;
    assert_eq!(active, Some(true), "a token from before the outages");
    assert!(!server.logged().contains("panicked"));
}

/// The token store goes away.
#[tokio::test(flavor = "multi_thread")]
async fn redis_goes_and_comes_back() {
    let mut redis = OwnRedis::new();
    redis.start().await;
    let mut config = auth_server::config::Config::load(None, |_| None).expect("the defaults");
    let guard = Storage::SqliteEmbedded.prepare(&mut config).await;
    let at = Installation::at(&config.database_url, &redis.url(), Box::new(guard));
    let redis = Mutex::new(redis);
    let needy = [
        "token",
        "introspect",
        "revoke",
        "authorize",
        "sign-in",
        "ready",
        "refresh",
    ];
    survives(
        &at,
        &needy,
        &mut async || redis.lock().await.kill(),
        &mut async || {
            redis.lock().await.start().await;
        },
    )
    .await;
}

/// The database goes away, which holds the tokens too.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_goes_and_comes_back() {
    let postgres = OwnPostgres::new();
    postgres.start().await;
    let at = Installation::at(&postgres.url(), "", Box::new(()));
    let needy = [
        "token",
        "introspect",
        "revoke",
        "authorize",
        "sign-in",
        "ready",
        "refresh",
    ];
    survives(&at, &needy, &mut async || postgres.stop(), &mut async || {
        postgres.start().await
    })
    .await;
}

/// The database goes away, the token store stays: what needs no record goes on.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_goes_and_redis_stays() {
    let postgres = OwnPostgres::new();
    postgres.start().await;
    let mut redis = OwnRedis::new();
    redis.start().await;
    let at = Installation::at(&postgres.url(), &redis.url(), Box::new(redis));
    let needy = ["authorize", "sign-in", "ready"];
    survives(&at, &needy, &mut async || postgres.stop(), &mut async || {
        postgres.start().await
    })
    .await;
}

/// Starting does not need Redis: the process waits for it, and works once it is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_before_redis() {
    let mut redis = OwnRedis::new();
    let mut config = auth_server::config::Config::load(None, |_| None).expect("the defaults");
    let guard = Storage::SqliteEmbedded.prepare(&mut config).await;
    let mut at = Installation::at(&config.database_url, "", Box::new(guard));
    // Registered while the command line needs no Redis.
    let registered = at.register().await;
    at.set("REDIS_URL", &redis.url());
    let server = at.serve().await;
    let application = &registered.application;
    let ask = async || {
        application
            .token(&[("grant_type", "client_credentials")])
            .await
            .status
    };
    assert_eq!(ask().await, 503);
    assert_eq!(server.browser().get("/health/ready").await.status, 503);
    redis.start().await;
    let begun = Instant::now();
    while ask().await != 200 {
        assert!(begun.elapsed() < RECOVERY, "does not recover");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(server.browser().get("/health/ready").await.status, 200);
}

/// While an instance cannot hear what others revoke its feed is silent, so that resource servers do not take
/// missing news for good news; afterwards the same connection goes on.
#[tokio::test(flavor = "multi_thread")]
async fn the_feed_is_silent_while_the_event_log_is_out_of_reach() {
    let mut redis = OwnRedis::new();
    redis.start().await;
    let mut config = auth_server::config::Config::load(None, |_| None).expect("the defaults");
    let guard = Storage::SqliteEmbedded.prepare(&mut config).await;
    let at = Installation::at(&config.database_url, &redis.url(), Box::new(guard));
    let registered = at.register().await;
    let server = at.serve().await;
    let (id, secret) = (&registered.resource_id, &registered.resource_secret);
    let mut feed = Feed::open(&server.url, id, secret, None).await;
    feed.backlog().await;
    redis.kill();
    feed.until_silent_for(Duration::from_secs(3)).await;
    redis.start().await;
    assert_eq!(feed.next().await.expect("the feed stays open").event, "ping");
    let application = &registered.application;
    let token = application
        .token(&[("grant_type", "client_credentials")])
        .await
        .ok();
    application
        .post("/oauth2/revoke", &[("token", token.access())])
        .await;
    assert_eq!(feed.next_news().await.expect("an event").event, "revoked");
}
