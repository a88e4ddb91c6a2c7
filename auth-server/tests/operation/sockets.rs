//! H9: what strangers do with sockets does not stop others.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::harness::{Storage, client};
use crate::installation::{Installation, Instance};

const HEADER_TIMEOUT: Duration = Duration::from_secs(2);

async fn server() -> (Installation, Instance) {
    let mut at = Installation::on(Storage::SqliteEmbedded).await;
    at.set("ANTEROOM_HTTP__HEADER_TIMEOUT_SECONDS", "2");
    at.set("ANTEROOM_HTTP__REQUEST_TIMEOUT_SECONDS", "2");
    let server = at.serve().await;
    (at, server)
}

async fn connect(server: &Instance) -> TcpStream {
    let address = server.url.trim_start_matches("http://");
    TcpStream::connect(address).await.expect("connects")
}

async fn others_are_served(server: &Instance) {
    let begun = Instant::now();
    for path in ["/health/live", "/oauth2/jwks", "/login"] {
        let answer = client().get(format!("{}{path}", server.url)).send().await;
        assert_eq!(answer.expect("an answer").status(), 200);
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

/// How long until the server hangs up on a client that sends `start` and then a byte each half second.
async fn hangs_up_after(server: &Instance, start: &[u8], drip: bool) -> Duration {
    let mut socket = connect(server).await;
    let begun = Instant::now();
    socket.write_all(start).await.expect("written");
    let mut answer = [0; 1024];
    loop {
        match timeout(Duration::from_millis(500), socket.read(&mut answer)).await {
            Ok(Ok(0) | Err(_)) => return begun.elapsed(),
            Ok(Ok(_)) => {}
            Err(_) => {
                assert!(begun.elapsed() < HEADER_TIMEOUT * 5, "nobody hangs up");
                if drip && socket.write_all(b"x").await.is_err() {
                    return begun.elapsed();
                }
            }
        }
    }
}

/// A client that sends its request's head slowly, or begins and stops, or never begins, is cut off.
#[tokio::test(flavor = "multi_thread")]
async fn slow_heads_are_cut_off() {
    let (_at, server) = server().await;
    for (start, drip) in [
        (&b"GET /login HTTP/1.1\r\nhost: x\r\nx: "[..], true),
        (b"GET /login HTTP/1.1\r\n", false),
        (b"G", false),
        (b"", false),
    ] {
        let took = hangs_up_after(&server, start, drip).await;
        assert!(
            took > HEADER_TIMEOUT / 2,
            "{start:?}: an honest client has time: {took:?}"
        );
        assert!(took < HEADER_TIMEOUT * 3, "{start:?}: {took:?}");
    }
    others_are_served(&server).await;
}

/// A client that sends its request's body slowly is answered when the time is over.
#[tokio::test(flavor = "multi_thread")]
async fn slow_bodies_are_cut_off() {
    let (_at, server) = server().await;
    let mut socket = connect(&server).await;
    let head = "POST /oauth2/token HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\
                content-type: application/x-www-form-urlencoded\r\n\r\ngrant_type=";
    socket.write_all(head.as_bytes()).await.expect("written");
    let begun = Instant::now();
    let mut answer = vec![0; 1024];
    let read = timeout(Duration::from_secs(10), socket.read(&mut answer)).await;
    let length = read.expect("answered in time").expect("an answer");
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    let answer = String::from_utf8_lossy(&answer[..length]).to_lowercase();
    assert!(answer.starts_with("http/1.1 503"), "{answer}");
    assert!(answer.contains("x-error-id: "), "{answer}");
    others_are_served(&server).await;
}

/// A head of a megabyte is refused without reading it all.
#[tokio::test(flavor = "multi_thread")]
async fn huge_heads_are_refused() {
    let (_at, server) = server().await;
    let mut socket = connect(&server).await;
    let mut request = b"GET /login HTTP/1.1\r\nhost: x\r\nx: ".to_vec();
    request.extend(vec![b'x'; 1024 * 1024]);
    // The server may hang up before everything is written.
    let written = socket.write_all(&request).await;
    let mut answer = Vec::new();
    let read = timeout(Duration::from_secs(10), socket.read_to_end(&mut answer)).await;
    let text = String::from_utf8_lossy(&answer);
    let refused = text.starts_with("HTTP/1.1 431") || written.is_err();
    assert!(refused || read.is_ok_and(|read| read.is_err()), "{text}");
    let many: String = (0..2000).fold(String::new(), |all, number| all + &format!("x-{number}: x\r\n"));
    let mut socket = connect(&server).await;
    let request = format!("GET /login HTTP/1.1\r\nhost: x\r\n{many}\r\n");
    let _ = socket.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(10), socket.read_to_end(&mut answer)).await;
    assert!(!answer.starts_with(b"HTTP/1.1 2"), "2,000 headers");
    others_are_served(&server).await;
}

/// 2,000 sockets that do nothing.
#[tokio::test(flavor = "multi_thread")]
async fn idle_sockets_do_not_stop_others() {
    let mut at = Installation::on(Storage::SqliteEmbedded).await;
    // So that they are all open at the same time.
    at.set("ANTEROOM_HTTP__HEADER_TIMEOUT_SECONDS", "60");
    let registered = at.register().await;
    let server = at.serve().await;
    let mut sockets = Vec::new();
    for number in 0..2_000 {
        let mut socket = connect(&server).await;
        if number % 2 == 0 {
            socket
                .write_all(b"GET /login HTTP/1.1\r\nhost:")
                .await
                .expect("written");
        }
        sockets.push(socket);
    }
    others_are_served(&server).await;
    let begun = Instant::now();
    for _ in 0..20 {
        registered
            .application
            .token(&[("grant_type", "client_credentials")])
            .await
            .ok();
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(sockets.len(), 2_000);
}
