//! `/openapi.json`: what it describes is there, and what is there for programs is described.

use std::collections::BTreeSet;

use auth_server::paths;
use reqwest::Method;
use serde_json::Value;

use crate::harness::{Server, client};

/// Paths for people in a browser, and SCIM's catch-alls; those of the console are known by their beginning.
const UNDESCRIBED: [&str; 19] = [
    paths::HOME,
    paths::LOGIN,
    paths::LOGIN_PASSKEY,
    paths::SECOND_FACTOR,
    paths::SECOND_FACTOR_SET_UP,
    paths::LOGOUT,
    paths::CONSENT,
    paths::LANGUAGE,
    paths::ASSET,
    paths::FORGOT_PASSWORD,
    paths::RESET_PASSWORD,
    paths::VERIFY_EMAIL,
    paths::LOGO,
    paths::STYLE,
    paths::SCIM,
    paths::SCIM_ROOT,
    paths::SCIM_REST,
    paths::SCIM_ME,
    paths::SCIM_BULK,
];

/// Whether a path is one of the console's, which are for people; the admin API has a document of its own.
fn is_of_the_console(path: &str) -> bool {
    [paths::ACCOUNT, paths::DEVELOPER, paths::ADMIN]
        .into_iter()
        .any(|area| path == area || path.starts_with(&format!("{area}/")))
}

async fn document(server: &Server) -> Value {
    let answer = client()
        .get(server.at(paths::OPENAPI))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.headers()["content-type"], "application/json");
    answer.json().await.expect("JSON")
}

/// Every constant of `paths.rs`.
fn all_paths() -> BTreeSet<&'static str> {
    include_str!("../../src/paths.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.split('"').nth(1))
        .filter(|path| !is_of_the_console(path))
        .collect()
}

/// Every path is described or is for people, and every described path exists.
#[tokio::test]
async fn every_path_is_described() {
    let server = Server::start().await;
    let document = document(&server).await;
    let described: BTreeSet<&str> = document["paths"]
        .as_object()
        .expect("paths")
        .keys()
        .map(String::as_str)
        .collect();
    let mut expected = all_paths();
    for path in UNDESCRIBED.into_iter().chain([paths::SCIM_SEARCH]) {
        assert!(expected.remove(path), "{path} is no path of the server");
    }
    assert_eq!(described, expected);
}

/// Each described method is answered by a handler of its own; the methods that are not described are not there.
#[tokio::test]
async fn every_method_is_described() {
    let server = Server::start().await;
    let document = document(&server).await;
    for (path, item) in document["paths"].as_object().expect("paths") {
        if path == paths::REVOCATIONS {
            continue;
        }
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let described = item.get(method.to_lowercase()).is_some();
            let url = server.at(&path.replace("{id}", "00000000-0000-0000-0000-000000000000"));
            let method: Method = method.parse().expect("a method");
            let answer = client()
                .request(method.clone(), url)
                .send()
                .await
                .expect("an answer");
            assert_eq!(
                answer.status() != 405,
                described,
                "{method} {path}: {}",
                answer.status()
            );
        }
    }
}

/// The document is about this installation, and names every permission.
#[tokio::test]
async fn the_document_is_this_servers() {
    let server = Server::start().await;
    let document = document(&server).await;
    assert_eq!(document["servers"][0]["url"], server.url);
    let flow = &document["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"];
    assert_eq!(flow["tokenUrl"], server.at("/oauth2/token"));
    for scope in ["rooms:list", "conferences.invitations", "scim:read"] {
        assert!(flow["scopes"][scope].is_string(), "{scope}");
    }
}
