//! Applications, their secrets and their reviews through the API.

use auth_server::domain::policy::Profile;
use auth_server::store::sql::applications as records;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Admin, fields};
use crate::harness::{Application, NewApplication, Server, read, within_a_second};
use crate::on_every_storage;

/// S3.20, S3.51, S3.52, H3: registered with what the form has; the secret is in this answer and in no other.
#[tokio::test(flavor = "multi_thread")]
async fn registered() {
    let server = Server::start().await;
    let admin = Admin::with(&server, "admin:applications").await;
    let made = admin
        .post(
            "/applications",
            &json!({
                "name": "Conferences", "profile": "trueconf", "redirect_uris": ["https://localhost/"],
                "scope": "users conferences:read", "policy": {"access_seconds": 600},
            }),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.get("client_id").to_owned();
    let secret = made.get("client_secret").to_owned();
    assert_eq!(
        made.headers["location"].to_str().unwrap(),
        format!("/admin/api/v1/applications/{id}")
    );
    assert_eq!(made.headers["cache-control"], "no-store");
    assert_eq!(made.body["policy"]["access_seconds"], 600);
    assert_eq!(made.body["review"], "approved");
    let application = Application {
        url: server.url.clone(),
        client_id: id.clone(),
        secret: Some(secret.clone()),
        redirect_uri: String::new(),
    };
    let tokens = application
        .token(&[("grant_type", "client_credentials")])
        .await
        .ok();
    assert_eq!(tokens.body["expires_in"], 600);
    for path in [
        format!("/applications/{id}"),
        format!("/applications/{id}/secrets"),
        format!("/applications/{id}/timeline"),
        "/applications".to_owned(),
    ] {
        let answer = admin.get(&path).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.body.to_string().contains(&secret), "{path}");
    }
}

/// A field that is wrong is named, and so is every other.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_fields() {
    let server = Server::start().await;
    let admin = Admin::with(&server, "admin:applications").await;
    let answer = admin
        .post(
            "/applications",
            &json!({
                "name": " ", "redirect_uris": ["https://a.example/", "https://a.example/*", "https://a.example/"],
                "domains": ["a b"], "policy_url": "javascript:alert(1)", "policy": {"access_seconds": 0},
                "owner_id": uuid::Uuid::new_v4(),
            }),
        )
        .await;
    let mut named = fields(&answer);
    named.sort();
    assert_eq!(
        named,
        [
            "domains domain",
            "name name",
            "owner_id unknown_user",
            "policy.access_seconds range",
            "policy_url web_address",
            "redirect_uris repeated",
            "redirect_uris url_wildcard",
        ]
    );
    let repeated = &answer.body["fields"][2];
    assert_eq!(
        (&repeated["code"], &repeated["index"]),
        (&json!("repeated"), &json!(2))
    );
    let mut bounds = answer.body["fields"].as_array().unwrap().iter();
    let range = bounds.find(|field| field["code"] == "range").unwrap();
    assert_eq!(range["params"], json!({"least": "1", "most": "604800"}));
    for (id, status) in [
        ("calendar", 201),
        ("b5f5e0c2-6a0c-4a1e-9d5e-0d7b1b1f3c11", 201),
        ("Calendar", 422),
        ("0199a5f0-7c3e-7d5a-8f5b-0123456789ab", 422),
    ] {
        let put = admin
            .put(&format!("/applications/{id}"), &json!({"name": "x"}))
            .await;
        assert_eq!(put.status, status, "{id}: {}", put.body);
    }
    for hidden in ["\u{202e}radnelaC", "Cal\u{200b}endar", "\u{2066}Calendar"] {
        let named = json!({"name": hidden});
        assert_eq!(
            fields(&admin.post("/applications", &named).await),
            ["name name"],
            "{hidden:?}"
        );
        assert_eq!(
            fields(&admin.post("/api-keys", &named).await),
            ["name name"],
            "{hidden:?}"
        );
    }
    for (use_case, code) in [
        ("x".repeat(101), "too_long"),
        ("\u{1b}".to_owned(), "control_characters"),
    ] {
        let answer = admin
            .post("/applications", &json!({"name": "x", "use_case": use_case}))
            .await;
        assert_eq!(fields(&answer), [format!("use_case {code}")]);
    }
    let resource = &server.resource.client_id;
    let put = admin
        .put(&format!("/applications/{resource}"), &json!({"name": "x"}))
        .await;
    assert_eq!(fields(&put), ["client_id taken"]);
}

/// PUT makes it, and again changes nothing; with a version only that one is changed; what the body leaves out is as in
/// a new one.
#[tokio::test(flavor = "multi_thread")]
async fn set_up() {
    let server = Server::start().await;
    let admin = Admin::with(&server, "admin:applications").await;
    let wanted =
        json!({"name": "Calendar", "redirect_uris": ["https://app.example/cb"], "scope": "rooms:list"});
    let made = admin.put("/applications/calendar", &wanted).await;
    assert_eq!(
        (made.status, made.headers["etag"].to_str().unwrap()),
        (201, "\"1\"")
    );
    let again = admin.put("/applications/calendar", &wanted).await;
    assert_eq!(
        (again.status, again.headers["etag"].to_str().unwrap()),
        (200, "\"1\"")
    );
    assert!(again.body.get("client_secret").is_none());
    let lines = server.audit("admin_command").await.len();
    admin.put("/applications/calendar", &wanted).await;
    assert_eq!(
        server.audit("admin_command").await.len(),
        lines,
        "nothing changed, nothing to write down"
    );

    let with = |tag: &str, header: &str, body: &Value| {
        read(
            admin
                .request(Method::PUT, "/applications/calendar")
                .header(header.to_owned(), tag)
                .json(body),
        )
    };
    let other = json!({"name": "Calendar 2"});
    let there = with("*", "if-none-match", &other).await;
    assert_eq!((there.status, &there.body["code"]), (412, &json!("exists")));
    assert_eq!(with("\"7\"", "if-match", &other).await.status, 412);
    let changed = with("\"1\"", "if-match", &other).await;
    assert_eq!(
        (changed.status, changed.headers["etag"].to_str().unwrap()),
        (200, "\"2\"")
    );
    assert_eq!(
        (&changed.body["scope"], &changed.body["redirect_uris"]),
        (&json!(""), &json!([]))
    );
    assert_eq!(with("\"1\"", "if-match", &wanted).await.status, 412);
    let kind = admin
        .put("/applications/calendar", &json!({"name": "x", "kind": "public"}))
        .await;
    assert_eq!(fields(&kind), ["kind kind"]);
    let blocked = admin
        .put("/applications/calendar", &json!({"name": "x", "disabled": true}))
        .await;
    assert_eq!((blocked.status, &blocked.body["disabled"]), (200, &json!(true)));
}

/// What is absent stays, null takes away; a policy is changed value by value.
#[tokio::test(flavor = "multi_thread")]
async fn changed() {
    let server = Server::start().await;
    let admin = Admin::with(&server, "admin:applications").await;
    let full = json!({
        "name": "Calendar", "homepage_url": "https://app.example/", "policy_url": "https://app.example/policy",
        "policy": {"access_seconds": 600}
    });
    admin.put("/applications/calendar", &full).await;
    let change = json!({"homepage_url": null, "policy": {"code_seconds": 30}, "description": "For teams"});
    let changed = admin.patch("/applications/calendar", &change).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let body = &changed.body;
    assert_eq!(body["homepage_url"], json!(null));
    assert_eq!(body["policy_url"], "https://app.example/policy");
    assert_eq!(body["description"], "For teams");
    assert_eq!(body["policy"]["access_seconds"], 600);
    assert_eq!(body["policy"]["code_seconds"], 30);
    let line = &server.audit("admin_command").await[0].detail;
    assert!(
        line.contains("changed: policy, homepage_url, description") && line.starts_with("application "),
        "H6: {line}"
    );
}

/// Lists come in parts, the newest first; a search finds the whole id and the beginning of the name.
#[tokio::test(flavor = "multi_thread")]
async fn listed() {
    let server = Server::start().await;
    let admin = Admin::with(&server, "admin:applications").await;
    for number in 0..5 {
        let body = json!({"name": format!("Number {number}"), "disabled": number == 3});
        admin.put(&format!("/applications/app-{number}"), &body).await;
    }
    let mut seen = Vec::new();
    let mut path = "/applications?limit=2".to_owned();
    loop {
        let part = admin.get(&path).await.ok();
        for item in part.body["items"].as_array().unwrap() {
            seen.push(item["client_id"].as_str().unwrap().to_owned());
        }
        match part.body["next"].as_str() {
            Some(next) => path = format!("/applications?limit=2&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 6, "five and the caller: {seen:?}");
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), 6);
    for (query, expected) in [
        ("search=number", 5),
        ("search=NUMBER%202", 1),
        ("search=umber", 0),
        ("search=app-4", 1),
        ("search=app-", 0),
        ("search=%25", 0),
        ("disabled=true", 1),
        ("disabled=false", 5),
        ("review=pending", 0),
        ("review=approved&search=number", 5),
    ] {
        let found = admin.get(&format!("/applications?{query}")).await.ok();
        assert_eq!(found.body["items"].as_array().unwrap().len(), expected, "{query}");
    }
}

on_every_storage!(
    /// S3.22, S3.55 to S3.57, H3: several secrets live beside each other; one is taken away; a rotation ends the others
    /// after its overlap; tokens that were issued live on. When one was used last is written down.
    secrets,
    |server| async move {
        let admin = Admin::with(&server, "admin:applications").await;
        let application = server.application(NewApplication::of(Profile::Trueconf)).await;
        let path = format!("/applications/{}/secrets", application.client_id);
        let works = async |secret: &str| {
            let fields = [("grant_type", "client_credentials")];
            let with = Application { secret: Some(secret.to_owned()), ..application.clone() };
            with.token(&fields).await.status == 200
        };
        let first = application.secret.clone().unwrap();
        let old = application.token(&[("grant_type", "client_credentials")]).await.ok();
        let made = admin.post(&path, &json!({"label": "Blue"})).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let second = made.get("client_secret").to_owned();
        within_a_second("both work", async || works(&second).await).await;
        assert!(works(&first).await);
        let listed = admin.get(&path).await.ok();
        let labelled = |listed: &Value| {
            let items = listed["items"].as_array().unwrap();
            items.iter().find(|secret| secret["label"] == "Blue").cloned().expect("the second")
        };
        assert_eq!(labelled(&listed.body)["last_used_at"], json!(null), "not yet written");
        assert_eq!(listed.body["items"].as_array().unwrap().len(), 2);

        let services = &server.state.services;
        services.secret_uses.write(&services.database).await.expect("written");
        let listed = admin.get(&path).await.ok();
        assert!(labelled(&listed.body)["last_used_at"].is_i64(), "{}", listed.body);

        let one = format!("{path}/{}", made.get("id"));
        assert_eq!(admin.delete(&one).await, 204);
        assert_eq!(admin.delete(&one).await, 404);
        within_a_second("gone", async || !works(&second).await).await;
        let rotate = format!("/applications/{}/rotate-secret", application.client_id);
        let kept = admin.post(&rotate, &json!({"overlap_seconds": 60})).await;
        within_a_second("new", async || works(kept.get("client_secret")).await).await;
        assert!(works(&first).await, "in the overlap");
        let alone = admin.post(&rotate, &json!({})).await;
        within_a_second("old ones end", async || !works(&first).await).await;
        assert!(works(alone.get("client_secret")).await);
        assert!(!works(kept.get("client_secret")).await);
        assert!(server.is_active(old.access()).await, "S3.56");
        for body in [json!({"overlap_seconds": -1}), json!({"overlap_seconds": 2_592_001})] {
            assert_eq!(fields(&admin.post(&rotate, &body).await), ["overlap_seconds range"]);
        }
        assert_eq!(fields(&admin.post(&path, &json!({"expires_at": 5})).await), ["expires_at past"]);
        for _ in 0..9 {
            assert_eq!(admin.post(&path, &json!({})).await.status, 201);
        }
        let most = admin.post(&path, &json!({})).await;
        assert_eq!((most.status, &most.body["code"]), (409, &json!("too_many_secrets")));
        let lines = server.audit("secret_changed").await;
        assert!(lines.iter().all(|line| !line.detail.contains(&second)), "H6");
    }
);

/// S3.5, S3.53, S3.54, S3.9: an application's tokens are listed and removed, one and all; blocking ends them.
#[tokio::test(flavor = "multi_thread")]
async fn tokens() {
    let server = Server::start().await;
    let admin = Admin::with(&server, "admin").await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let path = format!("/applications/{}", application.client_id);
    let first = application.tokens(&server, &[]).await;
    let second = application
        .token(&[("grant_type", "client_credentials")])
        .await
        .ok();
    let listed = admin.get(&format!("{path}/tokens?limit=1")).await.ok();
    assert_eq!(listed.body["items"].as_array().unwrap().len(), 1);
    let next = listed.body["next"].as_str().expect("there is more");
    let more = admin.get(&format!("{path}/tokens?after={next}")).await.ok();
    let all = [&listed.body["items"][0], &more.body["items"][0]];
    assert_eq!(more.body["next"], json!(null));
    let of_user = all
        .iter()
        .find(|token| !token["user_id"].is_null())
        .expect("one of a user");
    let user = of_user["user_id"].as_str().unwrap();
    assert_eq!(
        admin.get(&format!("/users/{user}/tokens")).await.ok().body["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let one = format!("/tokens/{}", of_user["id"].as_str().unwrap());
    assert_eq!(admin.delete(&one).await, 204);
    assert!(!server.is_active(first.access()).await);
    assert!(server.is_active(second.access()).await);
    assert_eq!(admin.delete(&one).await, 204, "again changes nothing");
    let lines = server.audit("revocation").await;
    assert_eq!(lines.len(), 1, "H6");
    assert_eq!(lines[0].user_id.as_deref(), Some(user));
    assert_eq!(
        lines[0].client_id.as_deref(),
        Some(application.client_id.as_str())
    );
    assert_eq!(admin.delete("/tokens/nonsense").await, 404);
    assert_eq!(admin.delete(&format!("{path}/tokens")).await, 204);
    assert!(!server.is_active(second.access()).await);
    let third = application
        .token(&[("grant_type", "client_credentials")])
        .await
        .ok();
    assert_eq!(admin.patch(&path, &json!({"disabled": true})).await.status, 200);
    assert!(!server.is_active(third.access()).await);
    within_a_second("blocked", async || {
        application
            .token(&[("grant_type", "client_credentials")])
            .await
            .status
            == 401
    })
    .await;
    assert_eq!(admin.patch(&path, &json!({"disabled": false})).await.status, 200);
    within_a_second("works again", async || {
        application
            .token(&[("grant_type", "client_credentials")])
            .await
            .status
            == 200
    })
    .await;
}

on_every_storage!(
    /// S3.5: a block that is asked for again ends what the first one, cut off in between, left alive; it is no second
    /// change, and so no line of the log.
    blocked_again,
    |server| async move {
        let admin = Admin::with(&server, "admin").await;
        let services = &server.state.services;
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let (id, fields) = (&application.client_id, [("grant_type", "client_credentials")]);
        let path = format!("/applications/{id}");
        let whole = json!({"name": "Blocked", "disabled": true});
        for (method, body) in [(Method::PATCH, json!({"disabled": true})), (Method::PUT, whole)] {
            application.token(&fields).await.ok();
            if method == Method::PUT {
                // So that nothing but the block differs from what is there.
                let open = json!({"name": "Blocked"});
                assert_eq!(admin.put(&path, &open).await.status, 200);
            }
            assert!(records::set_disabled(&services.database, id, true).await.expect("SQL"));
            let lines = server.audit("admin_command").await.len();
            let answer = admin.send(method.clone(), &path, &body).await;
            assert_eq!((answer.status, &answer.body["disabled"]), (200, &json!(true)), "{}", answer.body);
            let left = admin.get(&format!("{path}/tokens")).await.ok();
            assert_eq!(left.body["items"], json!([]), "{method}");
            assert_eq!(server.audit("admin_command").await.len(), lines, "{method}");
            assert!(records::set_disabled(&services.database, id, false).await.expect("SQL"));
            services.clients.forget_application(id).await;
        }
    }
);

/// S4.15, S4.18: what waits is listed oldest first; a decision needs the version that was looked at, and a reason where
/// it is not an approval; none gives a secret.
#[tokio::test(flavor = "multi_thread")]
async fn reviewed() {
    let server = Server::start().await;
    let admin = Admin::with(&server, "admin:review admin:applications").await;
    for id in ["first", "second"] {
        let body = json!({"name": id, "profile": "jiomeet", "review": "pending"});
        let made = admin.put(&format!("/applications/{id}"), &body).await;
        assert_eq!(made.status, 201);
        assert!(made.body.get("client_secret").is_none());
    }
    let queue = admin.get("/reviews?limit=1").await.ok();
    assert_eq!(queue.body["total"], 2);
    assert_eq!(queue.body["items"][0]["application"]["client_id"], "first");
    let next = queue.body["next"].as_str().expect("there is more");
    let rest = admin.get(&format!("/reviews?after={next}")).await.ok();
    assert_eq!(rest.body["items"][0]["application"]["client_id"], "second");
    let hold = json!({"status": "on_hold", "version": 1});
    assert_eq!(
        fields(&admin.post("/reviews/first", &hold).await),
        ["reason required"]
    );
    let hold = json!({"status": "on_hold", "version": 1, "reason": "Which calendar?"});
    let waits = admin.post("/reviews/first", &hold).await.ok();
    assert_eq!(
        (waits.get("review"), waits.get("review_reason")),
        ("on_hold", "Which calendar?")
    );
    let stale = admin
        .post("/reviews/first", &json!({"status": "approved", "version": 1}))
        .await;
    assert_eq!((stale.status, &stale.body["code"]), (409, &json!("changed")));
    let approved = admin
        .post("/reviews/first", &json!({"status": "approved", "version": 2}))
        .await
        .ok();
    assert_eq!(approved.get("review"), "approved");
    assert!(approved.body.get("client_secret").is_none());
    let back = json!({"status": "rejected", "version": 3, "reason": "On second thoughts."});
    let refused = admin.post("/reviews/first", &back).await;
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("in_use")));
    assert_eq!(admin.get("/reviews").await.ok().body["total"], 1);
    let steps = admin.get("/applications/first/timeline").await.ok();
    let what: Vec<_> = steps.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["what"])
        .collect();
    assert_eq!(what, ["created", "on_hold", "approved"]);
    assert_eq!(server.audit("review").await.len(), 2, "H6");
    let made = admin.post("/applications/first/secrets", &json!({})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let early = admin.post("/applications/second/secrets", &json!({})).await;
    assert_eq!(
        (early.status, &early.body["code"]),
        (409, &json!("not_approved")),
        "S4.27"
    );
}
