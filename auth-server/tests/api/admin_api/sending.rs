//! Receivers of events, the outbox, and lost second factors through the API.

use auth_server::domain::mail::{LinkPurpose, MailState};
use auth_server::domain::role::Role;
use auth_server::domain::webhook::{Endpoint, EventType, Happening};
use auth_server::flows::post::Recipient;
use auth_server::store::sql::{outbox, users, webhooks};
use reqwest::Method;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::{Admin, fields};
use crate::harness::{EMAIL, Neighbour, Options, Server, read, within_a_second};

async fn start() -> Server {
    Server::start_with(Options {
        configure: |config| config.outbound.allow_private_targets = vec!["127.0.0.1".to_owned()],
        ..Options::default()
    })
    .await
}

async fn act(admin: &Admin, path: &str) -> u16 {
    read(admin.request(Method::POST, path)).await.status
}

/// Events as other systems get them, from the receiver's making to its end: the secret is in the answer that made it and
/// in no other (H3), what is wrong is named, and every change is a line of the log with who made it (H6).
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn a_receiver_from_making_to_its_end() {
    let server = start().await;
    let neighbour = Neighbour::start().await;
    neighbour.on("/hook/worth-something", |_| "ok");
    let admin = Admin::with(&server, "admin:webhooks").await;
    let url = neighbour.at("/hook/worth-something");
    for (body, expected) in [
        (
            json!({"url": "https://10.0.0.1/", "events": ["key.rotated"]}),
            "url target",
        ),
        (
            json!({"url": "https://[::ffff:10.0.0.1]/", "events": ["key.rotated"]}),
            "url target",
        ),
        (
            json!({"url": "nonsense", "events": ["key.rotated"]}),
            "url target",
        ),
        (json!({"url": url, "events": []}), "events required"),
        (
            json!({"url": url, "events": ["key.rotated", "nothing"]}),
            "events choice",
        ),
        (json!({"url": url, "events": ["webhook.test"]}), "events choice"),
        (
            json!({"url": url, "events": ["key.rotated", "key.rotated"]}),
            "events repeated",
        ),
    ] {
        assert_eq!(
            fields(&admin.post("/webhooks", &body).await),
            [expected],
            "{body}"
        );
    }
    let made = admin
        .post("/webhooks", &json!({"url": url, "events": ["key.rotated"]}))
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.headers["cache-control"], "no-store");
    let secret = made.get("signing_secret").to_owned();
    let path = format!("/webhooks/{}", made.get("id"));
    assert_eq!(
        made.headers["location"].to_str().unwrap(),
        format!("/admin/api/v1{path}")
    );

    assert_eq!(act(&admin, &format!("{path}/test")).await, 204);
    let deliveries = format!("{path}/deliveries");
    let listed = async || {
        admin.get(&deliveries).await.ok().body["items"]
            .as_array()
            .unwrap()
            .clone()
    };
    within_a_second("delivered", async || {
        listed().await.iter().all(|one| one["state"] == "delivered")
    })
    .await;
    let delivered = listed().await.remove(0);
    assert_eq!(
        (&delivered["event"], &delivered["status"]),
        (&json!("webhook.test"), &json!(200))
    );
    assert_eq!(
        (&delivered["answer"], &delivered["next_attempt_at"]),
        (&json!("ok"), &json!(null))
    );
    let received = neighbour.received().remove(0);
    Webhook::new(&secret)
        .unwrap()
        .verify(&received.body, &received.headers)
        .expect("the signature fits");

    let replay = format!("{deliveries}/{}/replay", delivered["id"].as_str().unwrap());
    assert_eq!(act(&admin, &replay).await, 204);
    within_a_second("twice", async || neighbour.received().len() == 2).await;
    let nobody = uuid::Uuid::new_v4();
    assert_eq!(act(&admin, &format!("{deliveries}/{nobody}/replay")).await, 404);
    let other = admin
        .post("/webhooks", &json!({"url": url, "events": ["key.rotated"]}))
        .await;
    let foreign = replay.replace(made.get("id"), other.get("id"));
    assert_eq!(
        act(&admin, &foreign).await,
        404,
        "H1: a delivery to another receiver"
    );

    let rotated = read(admin.request(Method::POST, &format!("{path}/rotate-secret"))).await;
    assert_eq!(rotated.status, 201);
    let second = rotated.get("signing_secret").to_owned();
    assert_ne!(second, secret);
    act(&admin, &format!("{path}/test")).await;
    within_a_second("a third", async || neighbour.received().len() == 3).await;
    let received = neighbour.received().remove(2);
    Webhook::new(&second)
        .unwrap()
        .verify(&received.body, &received.headers)
        .expect("the new one signs");
    assert!(
        Webhook::new(&secret)
            .unwrap()
            .verify(&received.body, &received.headers)
            .is_err()
    );

    for path in ["/webhooks", &path, &deliveries] {
        let shown = admin.get(path).await.ok().body.to_string();
        for secret in [&secret, &second] {
            assert!(!shown.contains(secret.as_str()), "H3: {path}");
        }
    }
    let reader = Admin::with(&server, "admin:webhooks:read").await;
    let auditor = Admin::user(&server, &[Role::Auditor], "admin").await;
    for reader in [&reader, &auditor] {
        for path in ["/webhooks", &path] {
            let shown = reader.get(path).await.ok().body.to_string();
            assert!(
                shown.contains("127.0.0.1") && !shown.contains("worth-something"),
                "{shown}"
            );
        }
    }
    assert_eq!(admin.get(&path).await.ok().get("url"), url);

    let changed = admin
        .patch(&path, &json!({"events": ["user.created"], "disabled": true}))
        .await
        .ok();
    assert_eq!(
        (&changed.body["events"], &changed.body["disabled"]),
        (&json!(["user.created"]), &json!(true))
    );
    assert_eq!(changed.get("url"), url, "what is absent stays");
    let refused = admin.patch(&path, &json!({"url": "https://127.0.0.2/"})).await;
    assert_eq!(fields(&refused), ["url target"]);
    for closed in [&format!("{path}/test"), &replay] {
        let answer = read(admin.request(Method::POST, closed)).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (409, &json!("disabled")),
            "{closed}"
        );
    }
    let enabled = admin.patch(&path, &json!({"disabled": false})).await.ok();
    assert_eq!(enabled.body["disabled"], false);
    assert_eq!(admin.delete(&path).await, 204);
    assert_eq!(admin.delete(&path).await, 404);
    assert_eq!(admin.get(&deliveries).await.status, 404);
    let left = admin.get("/webhooks").await.ok().body["items"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(left, 1);

    let lines = server.audit("webhook_changed").await;
    for what in [
        "made",
        "changed",
        "disabled",
        "enabled",
        "another secret",
        "replayed",
        "deleted",
    ] {
        assert!(
            lines.iter().any(|line| line.detail.contains(what)),
            "H6: {what} in {lines:?}"
        );
    }
    for line in &lines {
        assert!(
            line.client_id.is_some() && line.address.is_some(),
            "H6: who did it: {line:?}"
        );
        for secret in [secret.as_str(), &second, "worth-something"] {
            assert!(!line.detail.contains(secret), "H3: {line:?}");
        }
    }
}

/// Deliveries come in parts, each on one of them, and one that waits is not sent twice.
#[tokio::test(flavor = "multi_thread")]
async fn deliveries_come_in_parts() {
    let server = start().await;
    let admin = Admin::with(&server, "admin:webhooks").await;
    let made = admin
        .post(
            "/webhooks",
            &json!({"url": "http://127.0.0.1:9/", "events": ["key.rotated"]}),
        )
        .await;
    let services = &server.state.services;
    for _ in 0..5 {
        let happening = Happening::new(EventType::KeyRotated);
        services.announcer().emit(&happening).await.expect("written");
    }
    let path = format!("/webhooks/{}/deliveries", made.get("id"));
    let mut seen = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let part = admin.get(&format!("{path}{query}")).await.ok();
        seen.extend(
            part.body["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["id"].clone()),
        );
        match part.body["next"].as_str() {
            Some(next) => query = format!("?limit=2&after={next}"),
            None => break,
        }
    }
    seen.sort_by_key(Value::to_string);
    seen.dedup();
    assert_eq!(seen.len(), 5);
    let waits = read(admin.request(
        Method::POST,
        &format!("{path}/{}/replay", seen[0].as_str().unwrap()),
    ))
    .await;
    assert_eq!((waits.status, &waits.body["code"]), (409, &json!("already")));
}

/// Messages that were not sent: with the link in one for those alone who may send it, and with a line in the log for
/// who reads it; without it for everybody else.
#[tokio::test(flavor = "multi_thread")]
async fn the_outbox() {
    let server = start().await;
    let services = &server.state.services;
    let alice = users::find_by_email(&services.database, EMAIL)
        .await
        .unwrap()
        .expect("alice");
    for purpose in [LinkPurpose::VerifyEmail, LinkPurpose::ResetPassword] {
        services
            .send_link(Recipient::user(&alice, "en"), purpose)
            .await
            .expect("written");
    }
    outbox::keep_all(&services.database).await.expect("kept");
    let admin = Admin::with(&server, "admin:outbox").await;
    let reader = Admin::with(&server, "admin:outbox:read").await;
    let auditor = Admin::user(&server, &[Role::Auditor], "admin").await;
    let list = admin.get("/outbox?state=kept").await.ok();
    let items = list.body["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert!(!list.body.to_string().contains("token="), "a list shows no link");
    assert_eq!(
        admin.get("/outbox?state=sent").await.ok().body["items"],
        json!([])
    );
    assert_eq!(admin.get("/outbox?state=nothing").await.status, 400);
    let part = admin.get("/outbox?limit=1").await.ok();
    let next = part.body["next"].as_str().expect("there is more");
    let rest = admin.get(&format!("/outbox?limit=1&after={next}")).await.ok();
    assert_ne!(rest.body["items"][0]["id"], part.body["items"][0]["id"]);
    assert_eq!(rest.body["next"], json!(null));

    let link_sent = items
        .iter()
        .find(|one| one["kind"] == "reset_password")
        .expect("it");
    assert_eq!(
        (&link_sent["recipient"], &link_sent["state"]),
        (&json!(EMAIL), &json!("kept"))
    );
    let path = format!("/outbox/{}", link_sent["id"].as_str().unwrap());
    for reader in [&reader, &auditor] {
        let shown = reader.get(&path).await.ok();
        assert_eq!(shown.body["text"], json!(null));
        assert!(shown.body["link_until"].is_i64() && !shown.body.to_string().contains("token="));
    }
    let reads = async || {
        let lines = server.audit("admin_command").await.into_iter();
        lines
            .filter(|line| line.detail.contains("link read"))
            .collect::<Vec<_>>()
    };
    assert!(reads().await.is_empty());
    let shown = admin.get(&path).await.ok();
    assert!(shown.get("text").contains("/reset-password?token="));
    let lines = reads().await;
    assert_eq!(lines.len(), 1, "H6");
    assert!(
        lines[0].client_id.is_some() && lines[0].address.is_some(),
        "H6: {lines:?}"
    );

    let send = format!("{path}/send");
    assert_eq!(act(&reader, &send).await, 403);
    assert_eq!(act(&admin, &send).await, 204);
    let state = admin.get(&path).await.ok().get("state").to_owned();
    assert!(["waiting", "kept"].contains(&state.as_str()), "{state}");
    let id = link_sent["id"].as_str().unwrap().parse().unwrap();
    // Without a mail server it is kept again at once, and only what waits can have been sent.
    let now = services.clock.now();
    while admin.get(&path).await.ok().get("state") != "sent" {
        outbox::resend(&services.database, id, now)
            .await
            .expect("the outbox");
        let settled = outbox::settle(&services.database, id, MailState::Sent, 0, None).await;
        settled.expect("the outbox");
    }
    let again = read(admin.request(Method::POST, &send)).await;
    assert_eq!(
        (again.status, &again.body["code"]),
        (409, &json!("not_to_be_sent"))
    );
    assert!(
        server
            .audit("admin_command")
            .await
            .iter()
            .any(|line| line.detail.contains("sent again"))
    );
    assert_eq!(
        admin.get(&path).await.ok().body["text"],
        json!(null),
        "a link that was sent is not kept"
    );
}

/// Somebody who lost every factor gets in with the password again, and the sessions there were are over.
#[tokio::test(flavor = "multi_thread")]
async fn lost_second_factors() {
    let server = start().await;
    server.give_app(EMAIL).await;
    let services = &server.state.services;
    let alice = server.user(EMAIL).await;
    let admin = Admin::with(&server, "admin:users").await;
    let path = format!("/users/{}/second-factors", alice.id);
    let reader = Admin::with(&server, "admin:users:read").await;
    assert_eq!(reader.delete(&path).await, 403);
    assert!(services.second_factors(alice.id).await.unwrap().totp.is_some());
    assert_eq!(admin.delete(&path).await, 204);
    assert!(services.second_factors(alice.id).await.unwrap().totp.is_none());
    let lines = server.audit("second_factor_changed").await;
    assert!(
        lines.iter().any(|line| line.detail.contains("removed: 1")),
        "H6: {lines:?}"
    );
}

/// Every event reads all receivers, so there are at most a hundred.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_receivers_are_enough() {
    let server = start().await;
    let admin = Admin::with(&server, "admin:webhooks").await;
    let services = &server.state.services;
    let stored = webhooks::StoredSecret {
        secret: String::new(),
        secret_encrypted: false,
    };
    for _ in 0..100 {
        let endpoint = Endpoint {
            id: services.clock.new_id(),
            url: "http://127.0.0.1:9/".to_owned(),
            events: Vec::new(),
            disabled: true,
            failing_since: None,
            created_at: 0,
            version: 0,
        };
        let added = webhooks::insert_endpoint(&services.database, &endpoint, &stored).await;
        added.expect("added");
    }
    let body = json!({"url": "http://127.0.0.1:9/", "events": ["key.rotated"]});
    let refused = admin.post("/webhooks", &body).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (409, &json!("too_many_webhooks"))
    );
}
