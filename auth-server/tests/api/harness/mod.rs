//! Typed actors for tests: a server of one's own on a free port, browsers, applications, resource servers.

mod api_key;
mod application;
mod authenticator;
mod browser;
mod feed;
mod ldap;
mod neighbour;
mod operator;
pub mod ports;
mod server;
mod smtp;
mod storage;
mod tls;

pub use api_key::NewApiKey;
pub use application::{Application, NewApplication, Tokens, read};
pub use authenticator::{App, Authenticator};
pub use browser::{Browser, Callback, Form, Page};
pub use feed::{Feed, FeedEvent};
pub use ldap::Ldap;
pub use neighbour::{Neighbour, Received, names};
pub use operator::{ResourceCredentials, within_a_second};
pub use server::{EMAIL, Options, PASSWORD, Server, client};
pub use smtp::{Smtp, SmtpTls};
pub use storage::{Storage, postgres};
pub use tls::Authority;

/// Reads one parameter of a URL's query.
pub fn query(url: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(url).expect("an absolute URL");
    url.query_pairs()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

/// A PKCE pair (RFC 7636): verifier and S256 challenge.
pub fn pkce() -> (String, String) {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let random: [u8; 32] = rand::random();
    let verifier = URL_SAFE_NO_PAD.encode(random);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    (verifier, URL_SAFE_NO_PAD.encode(digest.as_ref()))
}

/// The claims of a JWT, unverified.
pub fn claims(token: &str) -> serde_json::Value {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let payload = token.split('.').nth(1).expect("a JWT has three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON claims")
}

/// Sends requests at the same moment, each from a task of its own, and collects the answers.
pub async fn at_once<F>(requests: impl IntoIterator<Item = F>) -> Vec<Tokens>
where
    F: Future<Output = Tokens> + Send + 'static,
{
    let tasks: Vec<_> = requests.into_iter().map(tokio::spawn).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("a request that ends"));
    }
    answers
}

/// Runs a test body on all four combinations of storage: `on_every_storage!(name, |server| async move { ... });`
/// A third argument `manual_clock` lets the test move the time.
#[macro_export]
macro_rules! on_every_storage {
    ($(#[$meta:meta])* $name:ident, |$server:ident| $body:expr) => {
        $crate::on_every_storage!(@options $(#[$meta])* $name, |$server| $body, Options::default());
    };
    ($(#[$meta:meta])* $name:ident, |$server:ident| $body:expr, manual_clock) => {
        $crate::on_every_storage!(@options $(#[$meta])* $name, |$server| $body, Options::manual_clock());
    };
    ($(#[$meta:meta])* $name:ident, |$server:ident| $body:expr, $options:expr) => {
        $crate::on_every_storage!(@options $(#[$meta])* $name, |$server| $body, $options);
    };
    (@options $(#[$meta:meta])* $name:ident, |$server:ident| $body:expr, $options:expr) => {
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "bodies differ in what they use")]
            use super::*;
            use $crate::harness::{Options, Server, Storage};

            async fn body($server: Server) {
                $body.await;
            }

            async fn start(storage: Storage) -> Server {
                Server::start_with(Options { storage, ..$options }).await
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite_embedded() {
                body(start(Storage::SqliteEmbedded).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite_redis() {
                body(start(Storage::SqliteRedis).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres_embedded() {
                body(start(Storage::PostgresEmbedded).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres_redis() {
                body(start(Storage::PostgresRedis).await).await;
            }
        }
    };
}
