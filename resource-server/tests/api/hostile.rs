//! No input causes a 5xx, a panic or a hang (C25, H5, H9).

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::app::ROOMS;
use crate::harness::{App, Person, Reply, on_each_database};

const TEXTS: [&str; 22] = [
    "",
    " ",
    "\0",
    "%00",
    "%",
    "%zz",
    "%ff",
    "%F0%28%8C%28",
    "..",
    "../../etc/passwd",
    "%2e%2e%2f",
    "'",
    "\"",
    "' OR 1=1 --",
    "$1",
    "\u{202e}",
    "😀",
    "<script>",
    "null",
    "-1",
    "1e999",
    "{}",
];

on_each_database! {
    async fn texts_in_every_place_are_answered_without_a_5xx(engine) {
        let app = App::start(engine).await;
        let ann = Person::new(&app);
        let own = format!("{ROOMS}/{}", app.make_room(&ann).await["id"].as_str().unwrap());
        let long = "x".repeat(5000);
        for text in TEXTS.into_iter().chain([long.as_str()]) {
            let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
            for path in [
                format!("{ROOMS}/{encoded}"),
                format!("{ROOMS}/{encoded}/"),
                format!("{ROOMS}?page={encoded}"),
                format!("{ROOMS}?page_size={encoded}&{encoded}={encoded}"),
                format!("{ROOMS}?{encoded}"),
            ] {
                for method in [Method::GET, Method::POST, Method::PATCH, Method::DELETE] {
                    let reply = app.call(method.clone(), &path, &ann, None).await;
                    assert!(reply.status.as_u16() < 500, "{method} {path} {reply:?}");
                }
            }
            for value in [json!(text), json!([text]), json!({ text: text }), json!({ "email": text }), json!([{ "email": text }])] {
                for field in ["name", "access_level", "attendees", "slug", text] {
                    let body = json!({ field: value });
                    for (method, path) in [(Method::POST, ROOMS), (Method::PATCH, own.as_str())] {
                        let reply = app.call(method, path, &ann, Some(body.clone())).await;
                        assert!(reply.status.as_u16() < 500, "{body} {reply:?}");
                    }
                }
            }
            let claims = ["sub", "client_id", "email", "scope", "jti", "sid"];
            for claim in claims {
                let person = ann.again(&app, |claims| claims[claim] = json!(text));
                for (method, path) in [(Method::GET, ROOMS), (Method::POST, ROOMS), (Method::GET, own.as_str())] {
                    let reply = app.call(method, path, &person, None).await;
                    assert!(reply.status.as_u16() < 500, "{claim}={text:?} {reply:?}");
                }
            }
        }
    }
}

async fn raw(app: &App, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(app.url.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A reset is an answer, too.
    let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer))
        .await
        .expect("an end");
    String::from_utf8_lossy(&answer)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn broken_http_is_answered_or_cut_off() {
    let app = App::start_with(crate::harness::Engine::Sqlite, |config| {
        config.server.header_timeout = Duration::from_millis(300);
        config.server.body_timeout = Duration::from_millis(300);
    })
    .await;
    let ann = Person::new(&app);
    let huge = format!(
        "GET {ROOMS} HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
        "x".repeat(1_000_000)
    );
    let many = format!(
        "GET {ROOMS} HTTP/1.1\r\nHost: x\r\n{}\r\n",
        "X: y\r\n".repeat(20_000)
    );
    let post = format!(
        "POST {ROOMS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nConnection: close\r\n",
        ann.token
    );
    for (bytes, expected) in [
        ("", ""),
        ("GET", ""),
        ("\0\0\0\0", "400"),
        ("GET / HTTP/9.9\r\n\r\n", ""),
        (&*huge, "431"),
        (&*many, "431"),
        (&*format!("{post}Content-Length: 10\r\n\r\n{{"), "408"),
        (
            &*format!("{post}Content-Length: 99999999999999999999\r\n\r\n"),
            "400",
        ),
        (&*format!("{post}Content-Length: 1000000\r\n\r\n{{"), "413"),
        (
            &*format!("{post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{{}}"),
            "",
        ),
        (&*format!("{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n"), "400"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ""),
    ] {
        let answer = raw(&app, bytes.as_bytes()).await;
        let start: String = bytes.chars().take(60).collect();
        assert!(
            answer.contains(expected) && !answer.contains(" 5"),
            "{start:?}: {answer:?}"
        );
        assert!(!answer.contains(" 2"), "{start:?}: {answer:?}");
    }
}

/// H9: clients that send their request head slowly, or never, do not stop others.
#[tokio::test]
async fn slow_clients_do_not_stop_others() {
    let app = App::start(crate::harness::Engine::Sqlite).await;
    let ann = Person::new(&app);
    let address = app.url.strip_prefix("http://").unwrap();
    let mut idle = Vec::new();
    for at in 0..200 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if at % 2 == 0 {
            stream
                .write_all(b"GET /external-api/v1.0/rooms HTTP/1.1\r\nHost: x\r\nX-Slow")
                .await
                .unwrap();
        }
        idle.push(stream);
    }
    assert_eq!(app.get(ROOMS, &ann).await.status, 200);
    drop(idle);
}

/// More connections than allowed wait their turn instead of being refused.
#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let app = App::start_with(crate::harness::Engine::Sqlite, |config| {
        config.server.max_connections = 2;
        config.server.header_timeout = Duration::from_millis(300);
    })
    .await;
    let address = app.url.strip_prefix("http://").unwrap();
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let reply = Reply::of(app.request(Method::GET, "/health/live")).await;
    assert_eq!(reply.status, 200);
}
