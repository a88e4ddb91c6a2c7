//! Requests to addresses that other people chose: none of them reaches this machine or a private network
//! (server-side request forgery).

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_server::outbound::{Body, Lookup, Outbound, OutboundError, Refused, Rules, Schemes, system_lookup};
use axum::http::HeaderMap;
use axum::http::header::{LOCATION, SET_COOKIE};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::harness::{Authority, Neighbour, names};

const ALL: Body = Body::AtMost(1024);

fn client(allowed: &[&str], lookup: &Lookup) -> Outbound {
    token_format::provider::install();
    let allowed = allowed
        .iter()
        .map(|text| text.parse().expect("a network"))
        .collect();
    Outbound::new(Rules::new(allowed), lookup).expect("a client")
}

fn strict() -> Outbound {
    client(
        &[],
        &names(&[("inside.example", "127.0.0.1"), ("private.example", "10.0.0.7")]),
    )
}

/// A client that may call 127.0.0.1 alone, where the tests' servers are.
fn near(known: &'static [(&'static str, &'static str)]) -> Outbound {
    client(&["127.0.0.1/32"], &names(known))
}

/// Whatever way a URL takes to this machine or into a private network, it is refused, and nothing is sent.
#[tokio::test]
async fn private_targets_are_refused() {
    let neighbour = Neighbour::start().await;
    let port = neighbour.address.port();
    for url in [
        "http://127.0.0.1/".to_owned(),
        "http://localhost/".to_owned(),
        "http://127.1/".to_owned(),
        "http://2130706433/".to_owned(),
        "http://0x7f000001/".to_owned(),
        "http://0177.0.0.1/".to_owned(),
        "http://[::1]/".to_owned(),
        "http://[::ffff:127.0.0.1]/".to_owned(),
        "http://[::ffff:7f00:1]/".to_owned(),
        "http://[64:ff9b::7f00:1]/".to_owned(),
        "http://[2002:7f00:1::]/".to_owned(),
        "http://0.0.0.0/".to_owned(),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://10.0.0.1/".to_owned(),
        "http://[fd00::1]/".to_owned(),
        "http://93.184.216.34/".to_owned(),
        "http://inside.example/".to_owned(),
        "http://private.example/".to_owned(),
        format!("http://127.0.0.1:{port}/"),
        format!("http://inside.example:{port}/"),
        format!("http://user:pass@inside.example:{port}/"),
        "https://inside.example:8443/".to_owned(),
        "ftp://inside.example/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "gopher://inside.example/".to_owned(),
    ] {
        let lookup = if url.contains("localhost") {
            system_lookup()
        } else {
            names(&[("inside.example", "127.0.0.1"), ("private.example", "10.0.0.7")])
        };
        let outcome = client(&[], &lookup).get(&url, Schemes::HttpToo, ALL).await;
        assert!(
            matches!(outcome, Err(OutboundError::Refused(_) | OutboundError::Url(_))),
            "{url}: {outcome:?}"
        );
    }
    assert!(neighbour.received().is_empty());
}

/// One private address among those of a name spoils them all.
#[tokio::test]
async fn mixed_answers_are_refused() {
    let outbound = client(
        &[],
        &names(&[("both.example", "93.184.216.34"), ("both.example", "192.168.1.1")]),
    );
    let outcome = outbound.get("https://both.example/", Schemes::Https, ALL).await;
    assert_eq!(outcome.err(), Some(OutboundError::Refused(Refused::Private)));
}

/// A name that leads elsewhere the second time it is asked for (DNS rebinding) gains nothing: it is asked for once,
/// and the connection goes to the address that was checked.
#[tokio::test]
async fn rebinding_gains_nothing() {
    let neighbour = Neighbour::start().await;
    neighbour.on("/", |_| "secret");
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let lookup: Lookup = Arc::new(move |_| {
        let first = counter.fetch_add(1, Ordering::SeqCst) == 0;
        // First an address where nobody listens, then the one that is worth stealing.
        let address: IpAddr = if first { "127.0.0.2" } else { "127.0.0.1" }
            .parse()
            .expect("an address");
        Box::pin(async move { Ok(vec![address]) })
    });
    let outbound = client(&["127.0.0.2/32"], &lookup);
    let outcome = outbound
        .get(&neighbour.named("rebind.example", "/"), Schemes::HttpToo, ALL)
        .await;
    assert!(
        matches!(outcome, Err(OutboundError::Unreachable(_))),
        "{outcome:?}"
    );
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let again = outbound
        .get(&neighbour.named("rebind.example", "/"), Schemes::HttpToo, ALL)
        .await;
    assert_eq!(again.err(), Some(OutboundError::Refused(Refused::Loopback)));
    assert!(neighbour.received().is_empty());
}

/// G6: every redirect is checked as if it were the first request.
#[tokio::test]
async fn redirects_are_checked() {
    let neighbour = Neighbour::start().await;
    let port = neighbour.address.port();
    let outbound = near(&[
        ("near.example", "127.0.0.1"),
        ("inside.example", "127.0.0.9"),
        ("metadata.example", "169.254.169.254"),
    ]);
    for target in [
        format!("http://inside.example:{port}/private"),
        "http://metadata.example/latest".to_owned(),
        format!("http://127.0.0.9:{port}/private"),
        format!("http://[::1]:{port}/private"),
        "file:///etc/passwd".to_owned(),
        "http://localhost.localdomain:1/".to_owned(),
    ] {
        let location = target.clone();
        neighbour.on("/start", move |_| {
            (axum::http::StatusCode::FOUND, [(LOCATION, location.clone())])
        });
        let outcome = outbound
            .get(&neighbour.named("near.example", "/start"), Schemes::HttpToo, ALL)
            .await;
        assert!(
            matches!(
                outcome,
                Err(OutboundError::Refused(_) | OutboundError::Url(_) | OutboundError::Unresolved)
            ),
            "{target}: {outcome:?}"
        );
    }
    assert!(
        neighbour
            .received()
            .iter()
            .all(|received| received.path == "/start")
    );
}

/// Three redirects are followed, a fourth is not; neither cookies nor where the request came from go along.
#[tokio::test]
async fn redirects_are_bounded() {
    let neighbour = Neighbour::start().await;
    for step in 0..5 {
        neighbour.on(&format!("/{step}"), move |_| {
            (
                axum::http::StatusCode::FOUND,
                [
                    (LOCATION, format!("/{}", step + 1)),
                    (SET_COOKIE, "a=b".to_owned()),
                ],
            )
        });
    }
    neighbour.on("/5", |_| "there");
    let outbound = near(&[]);
    let four = outbound.get(&neighbour.at("/1"), Schemes::HttpToo, ALL).await;
    assert_eq!(four.err(), Some(OutboundError::Redirects));
    let three = outbound
        .get(&neighbour.at("/2"), Schemes::HttpToo, ALL)
        .await
        .expect("an answer");
    assert_eq!((three.status, three.body.as_slice()), (200, &b"there"[..]));
    for received in neighbour.received() {
        for header in ["cookie", "referer", "authorization"] {
            assert!(!received.headers.contains_key(header), "{header}");
        }
    }
}

/// A redirect of a posted message is not followed.
#[tokio::test]
async fn a_message_is_not_redirected() {
    let neighbour = Neighbour::start().await;
    neighbour.on("/hook", |_| {
        (axum::http::StatusCode::TEMPORARY_REDIRECT, [(LOCATION, "/other")])
    });
    let outbound = near(&[]);
    let url = neighbour.at("/hook");
    let answer = outbound
        .post(
            &url,
            Schemes::Https,
            HeaderMap::new(),
            "{}".to_owned(),
            Body::Beginning(10),
        )
        .await;
    assert_eq!(answer.expect("an answer").status, 307);
    assert_eq!(neighbour.received().len(), 1);
}

/// A page that is too large, or never ends, is given up at the limit; the beginning of one can be had.
#[tokio::test]
async fn answers_are_bounded() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
            });
        }
    });
    let outbound = near(&[]);
    let refused = outbound.get(&url, Schemes::HttpToo, Body::AtMost(100_000)).await;
    assert_eq!(refused.err(), Some(OutboundError::TooLarge(100_000)));
    let beginning = outbound.get(&url, Schemes::HttpToo, Body::Beginning(10)).await;
    assert_eq!(beginning.expect("an answer").body, b"xxxxxxxxxx");
}

/// A server that never ends its answer is given up.
#[tokio::test]
async fn time_is_bounded() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx")
                .await;
            open.push(stream);
        }
    });
    let outbound = near(&[]);
    let fetching = outbound.get(&url, Schemes::HttpToo, ALL);
    let outcome = tokio::time::timeout(Duration::from_secs(20), fetching)
        .await
        .expect("it gives up");
    assert_eq!(outcome.err(), Some(OutboundError::TimedOut));
}

/// A name that hangs in the DNS is given up like a server that does.
#[tokio::test]
async fn a_lookup_that_hangs_is_given_up() {
    let lookup: Lookup = Arc::new(|_| Box::pin(std::future::pending()));
    let outbound = client(&[], &lookup);
    let url = url::Url::parse("https://hangs.example/").expect("a URL");
    let outcome = tokio::time::timeout(Duration::from_secs(20), outbound.resolve(&url))
        .await
        .expect("it gives up");
    assert_eq!(outcome.err(), Some(OutboundError::TimedOut));
}

/// http is for callers who say so; the ports are 80 and 443.
#[tokio::test]
async fn schemes_and_ports() {
    let outbound = strict();
    for (url, schemes) in [
        ("http://site.example/", Schemes::Https),
        ("https://site.example:8443/", Schemes::HttpToo),
        ("http://site.example:22/", Schemes::HttpToo),
        ("https://site.example:80/", Schemes::Https),
    ] {
        assert!(outbound.check_url(url, schemes).is_err(), "{url}");
    }
    for (url, schemes) in [
        ("https://site.example/", Schemes::Https),
        ("https://site.example:443/", Schemes::Https),
        ("http://site.example/", Schemes::HttpToo),
    ] {
        assert_eq!(outbound.check_url(url, schemes), Ok(()), "{url}");
    }
}

/// A server whose certificate nobody vouches for gets no request.
#[tokio::test]
async fn certificates_are_checked() {
    let authority = Authority::new();
    let acceptor = authority.acceptor();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!(
        "https://localhost:{}/",
        listener.local_addr().expect("an address").port()
    );
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let mut request = [0; 1024];
                if stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                    counter.fetch_add(1, Ordering::SeqCst);
                    let _ = stream
                        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                        .await;
                    let _ = stream.shutdown().await;
                }
            }
        }
    });
    let outcome = near(&[("localhost", "127.0.0.1")])
        .get(&url, Schemes::Https, ALL)
        .await;
    let Err(OutboundError::Unreachable(why)) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(why.to_lowercase().contains("certificate"), "{why}");
    assert_eq!(requests.load(Ordering::SeqCst), 0);
    // It is the certificate: whoever trusts the authority gets an answer.
    let trusted = reqwest::Certificate::from_pem(authority.pem().as_bytes()).expect("a certificate");
    let trusting = reqwest::Client::builder()
        .tls_certs_only([trusted])
        .build()
        .expect("a client");
    assert_eq!(trusting.get(&url).send().await.expect("an answer").status(), 200);
    assert_eq!(requests.load(Ordering::SeqCst), 1);
}
