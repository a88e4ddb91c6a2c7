//! What is stored gives no credential away.

use auth_server::domain::policy::Profile;
use auth_server::store::database::Database;
use auth_server::store::sql::{applications, resources};
use sqlx::{Executor, Row};

use crate::harness::{EMAIL, NewApplication, PASSWORD, Server};
use crate::on_every_storage;

/// Everything that is stored, as bytes.
async fn stored(server: &Server) -> Vec<u8> {
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(server.folder()).expect("a folder") {
        bytes.extend(std::fs::read(file.expect("an entry").path()).expect("a file"));
    }
    if let Database::Postgres(pool) = &server.state.services.database {
        let sql = "SELECT query_to_xml('SELECT * FROM ' || quote_ident(tablename), true, true, '')::text \
                   FROM pg_tables WHERE schemaname = 'public'";
        for row in pool.fetch_all(sql).await.expect("SQL") {
            bytes.extend(row.get::<String, _>(0).into_bytes());
        }
    }
    if !server.config.redis_url.is_empty() {
        bytes.extend(redis_dump(&server.config.redis_url, &server.config.redis_prefix).await);
    }
    bytes
}

/// The keys of one installation with their values, as text and as the disk has them.
async fn redis_dump(url: &str, prefix: &str) -> Vec<u8> {
    let client = redis::Client::open(url).expect("a URL");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis");
    let (mut bytes, mut cursor) = (Vec::new(), 0_u64);
    loop {
        let (next, keys): (u64, Vec<String>) = redis::cmd("SCAN")
            .arg(cursor)
            .arg("MATCH")
            .arg(format!("*{prefix}*"))
            .arg("COUNT")
            .arg(1000)
            .query_async(&mut connection)
            .await
            .expect("SCAN");
        for key in keys {
            let kind: String = redis::cmd("TYPE")
                .arg(&key)
                .query_async(&mut connection)
                .await
                .expect("TYPE");
            let read = match kind.as_str() {
                "string" => redis::cmd("GET").arg(&key).to_owned(),
                "hash" => redis::cmd("HGETALL").arg(&key).to_owned(),
                "set" => redis::cmd("SMEMBERS").arg(&key).to_owned(),
                "zset" => redis::cmd("ZRANGE").arg(&key).arg(0).arg(-1).to_owned(),
                "stream" => redis::cmd("XRANGE").arg(&key).arg("-").arg("+").to_owned(),
                other => panic!("{key} is a {other}"),
            };
            // DUMP packs values, so the plain ones are looked at, too.
            let value: redis::Value = read.query_async(&mut connection).await.expect("a value");
            bytes.extend(format!("{key} {value:?}").into_bytes());
            let dump: Vec<u8> = redis::cmd("DUMP")
                .arg(&key)
                .query_async(&mut connection)
                .await
                .expect("DUMP");
            bytes.extend(dump);
        }
        cursor = next;
        if cursor == 0 {
            return bytes;
        }
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

on_every_storage!(
    /// H4: after every flow, nothing that a client or a browser was given is found in the database, its
    /// journal or Redis.
    nothing_issued_is_found_again,
    |server| async move {
        let server = &server;
        let mut secrets: Vec<(&str, String)> = vec![("password", PASSWORD.to_owned())];
        for profile in [Profile::Standard, Profile::Trueconf, Profile::Keyed] {
            let new = NewApplication::of(profile).scope("rooms:list user");
            let application = server.application(new).await;
            secrets.push(("client secret", application.secret.clone().expect("a secret")));
            let first = if profile == Profile::Keyed {
                let fields = [("grant_type", "password"), ("username", EMAIL), ("password", PASSWORD)];
                application.token(&fields).await.ok()
            } else {
                let (code, verifier) = application.code(server, &[]).await;
                let (unused, _) = application.code(server, &[]).await;
                let tokens = application.exchange(&code, &verifier).await.ok();
                secrets.extend([("code", code), ("unused code", unused), ("verifier", verifier)]);
                let lone = application.token(&[("grant_type", "client_credentials")]).await.ok();
                secrets.push(("server-wide token", lone.access().to_owned()));
                tokens
            };
            let second = application.refresh(first.refresh()).await.ok();
            for tokens in [&first, &second] {
                secrets.push(("access token", tokens.access().to_owned()));
                if let Some(refresh) = tokens.body["refresh_token"].as_str() {
                    secrets.push(("refresh token", refresh.to_owned()));
                }
            }
            application.post("/oauth2/revoke", &[("token", second.access())]).await;
            server.introspect(first.access()).await;
        }
        let key = server.api_key(None).await;
        let asked = crate::harness::client()
            .post(server.at("/public/token"))
            .header("X-API-KEY", &key.key)
            .form(&[("grant_type", "password"), ("username", EMAIL), ("password", PASSWORD)]);
        crate::harness::read(asked).await.ok();
        server.set_api_key_disabled(&key, true).await;
        secrets.push(("API key", key.key));
        secrets.push(("introspection secret", server.resource_secret.clone()));
        let browser = server.browser();
        let page = browser.get("/login").await;
        let form = page.sign_in_form(EMAIL, PASSWORD);
        secrets.push(("csrf", form.value("csrf").expect("csrf").to_owned()));
        let cookies = [page, browser.submit_once(&form).await];
        for cookie in cookies.iter().flat_map(|page| page.headers.get_all("set-cookie")) {
            let cookie = cookie.to_str().expect("text");
            let value = cookie.split(['=', ';']).nth(1).expect("a value");
            if !value.is_empty() {
                secrets.push(("cookie", value.to_owned()));
            }
        }
        let bytes = stored(server).await;
        assert!(holds(&bytes, EMAIL), "the search finds what is there");
        for (what, secret) in secrets {
            assert!(secret.len() >= 16, "{what} is too short to be looked for");
            assert!(!holds(&bytes, &secret), "{what} is stored");
            // JWTs: not by their signature alone, either.
            if let Some(signature) = secret.rsplit('.').next().filter(|part| part.len() >= 43) {
                assert!(!holds(&bytes, signature), "the signature of the {what} is stored");
            }
        }
    }
);

/// H3: records hold hashes of secrets; what prints a record prints no secret.
#[tokio::test(flavor = "multi_thread")]
async fn records_do_not_print_secrets() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let database = &server.state.services.database;
    let record = applications::find(database, &application.client_id)
        .await
        .expect("SQL")
        .expect("a record");
    let resources = resources::all(database).await.expect("SQL");
    let printed = format!("{record:?} {resources:?} {:?} {:?}", server.config, server.state);
    for secret in [
        application.secret.as_deref().expect("a secret"),
        &server.resource_secret,
    ] {
        assert!(!printed.contains(secret));
    }
}
