//! `GET /oauth2/revocations`: the feed that carries revocations to resource servers.

use std::time::{Duration, Instant};

use auth_server::domain::event::Event;
use auth_server::domain::policy::Profile;
use auth_server::domain::token::{AccessKey, RevocationTarget};
use auth_server::store::sql::{applications, resources, users};
use serde_json::json;

use crate::harness::{
    Application, EMAIL, Feed, FeedEvent, NewApplication, Server, claims, client, within_a_second,
};
use crate::on_every_storage;

const PROMISED: Duration = Duration::from_secs(1);

async fn feed(server: &Server, last_event_id: Option<&str>) -> Feed {
    feed_at(server, &server.url, last_event_id).await
}

async fn feed_at(server: &Server, url: &str, last_event_id: Option<&str>) -> Feed {
    Feed::open(
        url,
        &server.resource.client_id,
        &server.resource_secret,
        last_event_id,
    )
    .await
}

/// The next news, which must be a revocation and come within the promised time.
async fn revoked(feed: &mut Feed) -> FeedEvent {
    let begun = Instant::now();
    let event = feed.next_news().await.expect("the feed stays open");
    assert!(begun.elapsed() < PROMISED, "took {:?}", begun.elapsed());
    assert_eq!(event.event, "revoked");
    assert!(event.id.is_some(), "{event:?}");
    event
}

async fn client_credentials(application: &Application) -> String {
    let answer = application.token(&[("grant_type", "client_credentials")]).await;
    answer.ok().access().to_owned()
}

async fn revoke(server: &Server, target: RevocationTarget) {
    let services = &server.state.services;
    let now_ms = services.clock.now_millis();
    services.tokens.revoke(&target, now_ms).await.expect("revoked");
}

on_every_storage!(
    /// E6: what was revoked before comes first, then `ready`, then what is revoked from now on, each kind
    /// within a second; `Last-Event-ID` goes on where a reader stopped.
    backlog_then_live,
    |server| async move {
        let server = &server;
        let application = server
            .application(NewApplication::of(Profile::Standard))
            .await;
        let user = users::find_by_email(&server.state.services.database, EMAIL)
            .await
            .expect("SQL")
            .expect("alice");
        let token = client_credentials(&application).await;
        application.post("/oauth2/revoke", &[("token", &token)]).await;

        let mut feed = feed(server, None).await;
        let backlog = feed.backlog().await;
        assert_eq!(backlog.len(), 1, "{backlog:?}");
        assert_eq!(backlog[0].event, "revoked");
        assert_eq!(backlog[0].data["kind"], "token");
        assert_eq!(backlog[0].data["jti"], claims(&token)["jti"]);
        let [told, exp] = [&backlog[0].data, &claims(&token)].map(|from| from["exp"].as_i64().expect("exp"));
        assert!((exp..=exp + 1).contains(&told), "rounded up, never down: {told} {exp}");

        let token = client_credentials(&application).await;
        application.post("/oauth2/revoke", &[("token", &token)]).await;
        assert_eq!(revoked(&mut feed).await.data["jti"], claims(&token)["jti"]);

        let before = server.state.services.clock.now_millis();
        revoke(server, RevocationTarget::Client(application.client_id.clone())).await;
        let event = revoked(&mut feed).await;
        assert_eq!(event.data["kind"], "client");
        assert_eq!(event.data["client_id"], application.client_id);
        assert!(event.data["before_ms"].as_i64() >= Some(before), "{event:?}");

        revoke(server, RevocationTarget::User(user.id)).await;
        let event = revoked(&mut feed).await;
        assert_eq!(event.data["kind"], "user");
        assert_eq!(event.data["user_id"], user.id.to_string());

        let grant = RevocationTarget::Grant {
            client_id: application.client_id.clone(),
            user_id: user.id,
        };
        revoke(server, grant).await;
        let event = revoked(&mut feed).await;
        assert_eq!(event.data["kind"], "grant");
        assert_eq!(event.data["client_id"], application.client_id);
        assert_eq!(event.data["user_id"], user.id.to_string());

        let mut again = self::feed(server, backlog[0].id.as_deref()).await;
        let kinds: Vec<_> = again
            .backlog()
            .await
            .into_iter()
            .map(|event| event.data["kind"].as_str().expect("a kind").to_owned())
            .collect();
        assert_eq!(kinds, ["token", "client", "user", "grant"]);
    }
);

on_every_storage!(
    /// H10, E6: what one instance revokes, another's introspection refuses at once and its feed hands on.
    across_instances,
    |server| async move {
        let server = &server;
        let (_other, url) = server.another_instance().await;
        let application = server
            .application(NewApplication::of(Profile::Standard))
            .await;
        let mut feed = feed_at(server, &url, None).await;
        feed.backlog().await;
        let token = client_credentials(&application).await;
        assert_eq!(server.introspect(&token).await["active"], true);
        application
            .via(&url)
            .post("/oauth2/revoke", &[("token", &token)])
            .await;
        assert_eq!(server.introspect(&token).await, json!({"active": false}));
        assert_eq!(revoked(&mut feed).await.data["jti"], claims(&token)["jti"]);
        let token = client_credentials(&application).await;
        application.post("/oauth2/revoke", &[("token", &token)]).await;
        assert_eq!(revoked(&mut feed).await.data["jti"], claims(&token)["jti"]);
    }
);

/// E6: a revoked family is announced by the ids of its live access tokens.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_family_takes_its_access_tokens_along() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let first = application.tokens(&server, &[]).await;
    let second = application.refresh(first.refresh()).await.ok();
    let mut feed = feed(&server, None).await;
    feed.backlog().await;
    application
        .post("/oauth2/revoke", &[("token", second.refresh())])
        .await;
    let mut told = Vec::new();
    for _ in 0..2 {
        told.push(revoked(&mut feed).await.data["jti"].clone());
    }
    for token in [first.access(), second.access()] {
        assert!(told.contains(&claims(token)["jti"]), "{told:?}");
    }
}

/// A revocation that only concerns expired tokens is not replayed.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_longer_matters_is_left_out() {
    use crate::harness::Options;
    let server = Server::start_with(Options::manual_clock()).await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let token = client_credentials(&application).await;
    application.post("/oauth2/revoke", &[("token", &token)]).await;
    assert_eq!(feed(&server, None).await.backlog().await.len(), 1);
    server.advance(Duration::from_secs(3_700));
    assert_eq!(feed(&server, None).await.backlog().await.len(), 0);
}

/// A heartbeat each second, so that silence means that the feed is lost.
#[tokio::test(flavor = "multi_thread")]
async fn it_pings_each_second() {
    let server = Server::start().await;
    let mut feed = feed(&server, None).await;
    feed.backlog().await;
    feed.next().await.expect("a first ping");
    for _ in 0..2 {
        let begun = Instant::now();
        let event = feed.next().await.expect("a ping");
        assert_eq!((event.event.as_str(), event.data), ("ping", json!({})));
        let waited = begun.elapsed();
        assert!(waited > Duration::from_millis(500), "{waited:?}");
        assert!(waited < Duration::from_secs(3), "{waited:?}");
    }
}

/// G4: resource servers are told to fetch the key set anew.
#[tokio::test(flavor = "multi_thread")]
async fn changed_keys_are_told_live_and_not_replayed() {
    let server = Server::start().await;
    let mut feed = feed(&server, None).await;
    feed.backlog().await;
    let services = &server.state.services;
    let now_ms = services.clock.now_millis();
    services
        .tokens
        .publish(&Event::KeysChanged, now_ms)
        .await
        .expect("published");
    let event = feed.next_news().await.expect("an event");
    assert_eq!((event.event.as_str(), event.data), ("keys", json!({})));
    assert_eq!(self::feed(&server, None).await.backlog().await, []);
}

/// E1: only registered resource servers hear it.
#[tokio::test(flavor = "multi_thread")]
async fn others_are_refused() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let public = server.application(NewApplication::public()).await;
    let token = client_credentials(&application).await;
    let get = || client().get(server.at("/oauth2/revocations"));
    let secret = application.secret.as_deref();
    for (who, request) in [
        ("nobody", get()),
        (
            "a wrong secret",
            get().basic_auth(&server.resource.client_id, Some("wrong")),
        ),
        ("an application", get().basic_auth(&application.client_id, secret)),
        (
            "a public application",
            get().basic_auth(&public.client_id, Some("")),
        ),
        ("an unknown client", get().basic_auth("unknown", Some("secret"))),
        ("a token", get().bearer_auth(&token)),
        (
            "a query",
            get().query(&[
                ("client_id", &server.resource.client_id),
                ("client_secret", &server.resource_secret),
            ]),
        ),
    ] {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 401, "{who}");
        assert!(answer.headers().contains_key("www-authenticate"), "{who}");
        assert!(answer.headers().contains_key("x-error-id"), "{who}");
    }
    let post = client().post(server.at("/oauth2/revocations")).send().await;
    assert_eq!(post.expect("an answer").status(), 405);
}

/// A resource server that is disabled, or whose secret is replaced, loses the feed it holds open.
#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_resource_server_is_cut_off() {
    let server = Server::start().await;
    let services = &server.state.services;
    let mut feed = feed(&server, None).await;
    feed.backlog().await;
    resources::set_disabled(&services.database, &server.resource.client_id, true)
        .await
        .expect("SQL");
    let changed = Event::ResourceChanged {
        client_id: server.resource.client_id.clone(),
    };
    services
        .tokens
        .publish(&changed, services.clock.now_millis())
        .await
        .expect("published");
    let begun = Instant::now();
    assert_eq!(feed.next_news().await, None);
    assert!(begun.elapsed() < PROMISED * 2);
    let again = client()
        .get(server.at("/oauth2/revocations"))
        .basic_auth(&server.resource.client_id, Some(&server.resource_secret))
        .send()
        .await;
    assert_eq!(again.expect("an answer").status(), 401);
}

/// E6: `Last-Event-ID` brings what was revoked while a reader was away, in order.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_was_away_misses_nothing() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let mut first = feed(&server, None).await;
    first.backlog().await;
    let seen = client_credentials(&application).await;
    application.post("/oauth2/revoke", &[("token", &seen)]).await;
    let last = revoked(&mut first).await.id;
    drop(first);
    let mut missed = Vec::new();
    for _ in 0..3 {
        let token = client_credentials(&application).await;
        application.post("/oauth2/revoke", &[("token", &token)]).await;
        missed.push(claims(&token)["jti"].clone());
    }
    let told: Vec<_> = feed(&server, last.as_deref())
        .await
        .backlog()
        .await
        .into_iter()
        .map(|event| event.data["jti"].clone())
        .collect();
    assert_eq!(told, missed);
    // A cursor that means nothing starts from the beginning rather than leaving anything out.
    assert_eq!(feed(&server, Some("no cursor")).await.backlog().await.len(), 4);
}

/// S3.5: an instance that did not know yet that an application is blocked may have issued a token after the block;
/// when it hears of it, that token ends, too.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_an_instance_that_heard_late() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    client_credentials(&application).await;
    let services = &server.state.services;
    applications::set_disabled(&services.database, &application.client_id, true)
        .await
        .expect("blocked");
    let late = client_credentials(&application).await;
    assert!(
        services
            .tokens
            .find_access(&key(&late), services.clock.now_millis())
            .await
            .expect("found")
            .is_some()
    );
    let event = Event::ApplicationChanged {
        client_id: application.client_id.clone(),
    };
    services
        .tokens
        .publish(&event, services.clock.now_millis())
        .await
        .expect("published");
    within_a_second("the late token ends", async || {
        let found = services
            .tokens
            .find_access(&key(&late), services.clock.now_millis())
            .await;
        found.expect("an answer").is_none()
    })
    .await;
}

fn key(token: &str) -> AccessKey {
    let jti = claims(token)["jti"].as_str().and_then(|jti| jti.parse().ok());
    AccessKey::Jti(jti.expect("a token id"))
}
