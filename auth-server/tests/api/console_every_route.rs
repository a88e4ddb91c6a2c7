//! Every page and form of the console, asked by everybody. The routes come from the sources themselves, since axum does
//! not list them: one that is added is tested here, or the test fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use auth_server::domain::role::Role;
use auth_server::paths;
use reqwest::Method;
use uuid::Uuid;

use crate::harness::{Browser, Page, Server};

/// A route of the console.
#[derive(Clone, Debug)]
struct Route {
    path: String,
    gets: bool,
    posts: bool,
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// What stands between this opening bracket's end and its closing one.
fn bracketed(text: &str) -> &str {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    panic!("a bracket without end: {text}");
}

/// The constants of `paths.rs`.
fn constants() -> BTreeMap<&'static str, &'static str> {
    let lines = include_str!("../../src/paths.rs").split(';');
    let constant = lines.filter_map(|line| line.split_once("pub const ")?.1.split_once(": &str ="));
    constant
        .map(|(name, value)| (name, value.trim().trim_matches('"')))
        .collect()
}

/// Every route of the server that is registered by hand: its path, and the text of its handlers.
fn registered() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let known = constants();
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        for (at, opening) in text.match_indices(".route(") {
            let inside = bracketed(&text[at + opening.len()..]);
            let (path, handlers) = inside.split_once(',').expect("a path and handlers");
            let name = path.trim().strip_prefix("paths::");
            let name = name.unwrap_or_else(|| panic!("{}: {path} is not of paths.rs", file.display()));
            found.push((known[name].to_owned(), handlers.to_owned()));
        }
    }
    found
}

fn is_of_the_console(path: &str) -> bool {
    let below = |root: &str| path == root || path.starts_with(&format!("{root}/"));
    [paths::ACCOUNT, paths::DEVELOPER, paths::ADMIN]
        .into_iter()
        .any(below)
        && !is_of_the_api(path)
}

fn is_of_the_api(path: &str) -> bool {
    path.starts_with(paths::ADMIN_API)
}

/// The console's routes, with ids of nothing in their paths.
fn routes() -> Vec<Route> {
    let mut found = Vec::new();
    for (path, handlers) in registered() {
        if !is_of_the_console(&path) {
            continue;
        }
        let known = ["get(", "post("].map(|method| handlers.contains(method));
        let other = ["any(", "put(", "patch(", "delete("].map(|method| handlers.contains(method));
        assert_eq!(other, [false; 4], "{path}: {handlers}");
        let path = path
            .replace("{client_id}", &Uuid::new_v4().to_string())
            .replace("{id}", &Uuid::new_v4().to_string());
        assert!(!path.contains('{'), "{path}");
        found.push(Route {
            path,
            // A link to a form's address leads back to its page, and that is all.
            gets: known[0] && !handlers.contains("::back)"),
            posts: known[1],
        });
    }
    found
}

/// Who opens a page of the console (`posting`: whose form acts), by the contract: everybody their account, developers
/// their applications, reviewers the review, auditors what administrators see, administrators all of it.
fn admitted(path: &str, posting: bool) -> Option<&'static [Role]> {
    let below = |root: &str| path == root || path.starts_with(&format!("{root}/"));
    if below(paths::ACCOUNT) {
        return None;
    }
    Some(if below(paths::DEVELOPER) {
        &[Role::Developer]
    } else if below(paths::ADMIN_REVIEW) {
        &[Role::Admin, Role::Reviewer]
    } else if path == paths::ADMIN {
        // Reviewers are led on to their queue.
        &[Role::Admin, Role::Reviewer, Role::Auditor]
    } else if posting || path.ends_with("/new") {
        &[Role::Admin]
    } else {
        &[Role::Admin, Role::Auditor]
    })
}

/// The token of a form as the server writes it for this browser. The forms about factors share one.
fn token(server: &Server, browser: &Browser, action: &str) -> String {
    let cookie = browser.cookie("anteroom_session").expect("a session");
    let purpose = if action.starts_with(paths::ACCOUNT_SECURITY) {
        paths::ACCOUNT_SECURITY
    } else {
        action
    };
    auth_server::http::csrf::token(&server.state.services.mac, &cookie, purpose, "")
}

async fn post(browser: &Browser, path: &str, csrf: &str, header: (&str, &str)) -> Page {
    let request = browser.request(Method::POST, path).header(header.0, header.1);
    browser.send(request.form(&[("csrf", csrf)])).await
}

const HARMLESS: (&str, &str) = ("accept", "text/html");

/// The list is the whole of `paths.rs`, and what the admin API has beside its document is no operation.
#[test]
fn no_route_is_forgotten() {
    let by_hand: BTreeSet<String> = registered().into_iter().map(|(path, _)| path).collect();
    for (name, path) in constants() {
        if is_of_the_console(path) {
            assert!(by_hand.contains(path), "{name} is no route");
        }
    }
    let of_the_api: Vec<&String> = by_hand.iter().filter(|path| is_of_the_api(path)).collect();
    assert_eq!(
        of_the_api,
        [paths::ADMIN_API, paths::ADMIN_API_OPENAPI, paths::ADMIN_API_REST]
    );
    assert!(routes().len() >= 40, "{}", routes().len());
    assert!(routes().iter().filter(|route| route.posts).count() >= 25);
}

/// H1: who is not signed in is sent to the sign-in, who has not the role is refused, and an id that nobody has is not
/// found.
#[tokio::test(flavor = "multi_thread")]
async fn every_route_by_role() {
    let server = Server::start().await;
    let anonymous = server.browser();
    let mut people = vec![(None, server.person("plain@example.com", &[]).await.1)];
    for role in Role::ALL {
        people.push((
            Some(role),
            server
                .person(&format!("{}@example.com", role.as_str()), &[role])
                .await
                .1,
        ));
    }
    for route in routes() {
        let path = &route.path;
        let methods = [(Method::GET, route.gets), (Method::POST, route.posts)];
        for (method, _) in methods.into_iter().filter(|(_, has)| *has) {
            let request = |browser: &Browser| browser.request(method.clone(), path);
            let form = |browser: &Browser| {
                let csrf = token(&server, browser, path);
                let request = request(browser);
                if method == Method::POST {
                    request.form(&[("csrf", csrf)])
                } else {
                    request
                }
            };
            let stranger = request(&anonymous);
            let stranger = if method == Method::POST {
                stranger.form(&[("csrf", "x")])
            } else {
                stranger
            };
            let sent = anonymous.send(stranger).await;
            assert_eq!(sent.status, 303, "{method} {path}");
            let to = sent.location().expect("a place");
            assert!(to.starts_with("/login?return_to="), "{method} {path}: {to}");
            for (role, browser) in &people {
                let admitted = admitted(path, method == Method::POST);
                let may = admitted.is_none_or(|roles| role.is_some_and(|role| roles.contains(&role)));
                // The forms of the account act for everybody: what they do is tested elsewhere.
                if may && path.starts_with(paths::ACCOUNT) && method == Method::POST {
                    continue;
                }
                let status = browser.send(form(browser)).await.status;
                assert_eq!(status != 403, may, "{method} {path} {role:?}: {status}");
                if may && path.chars().any(|c| c.is_ascii_digit()) {
                    assert_eq!(status, 404, "{method} {path} {role:?}");
                }
            }
        }
    }
}

/// H2: no form acts without its token, with another form's or another session's, from another site, or as plain text;
/// with its own it does.
#[tokio::test(flavor = "multi_thread")]
async fn every_form_by_token() {
    let server = Server::start().await;
    let (_, browser) = server.person("all@example.com", &Role::ALL).await;
    let other = server.signed_in_as("all@example.com").await;
    let forms = || routes().into_iter().filter(|route| route.posts);
    for Route { path, .. } in forms() {
        let fits = token(&server, &browser, &path);
        let elsewhere = token(&server, &browser, "/logout");
        let foreign = token(&server, &other, &path);
        for csrf in ["", "x", &elsewhere, &foreign] {
            let status = post(&browser, &path, csrf, HARMLESS).await.status;
            assert_eq!(status, 403, "{path} {csrf:?}");
        }
        let none = browser.request(Method::POST, &path).form(&[("action", "x")]);
        assert_eq!(browser.send(none).await.status, 403, "{path}: none");
        for header in [
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let status = post(&browser, &path, &fits, header).await.status;
            assert_eq!(status, 403, "{path} {header:?}");
        }
        for media_type in ["text/plain", "application/json"] {
            let body = browser
                .request(Method::POST, &path)
                .header("content-type", media_type)
                .body(format!("csrf={fits}"));
            assert_eq!(browser.send(body).await.status, 415, "{path} {media_type}");
        }
        let in_the_address = format!("{path}?csrf={fits}");
        let status = post(&browser, &in_the_address, "", HARMLESS).await.status;
        assert_eq!(status, 403, "{path}: a token in the address");
    }
    for Route { path, .. } in forms() {
        let fits = token(&server, &browser, &path);
        let status = post(&browser, &path, &fits, HARMLESS).await.status;
        assert!(status != 403 && status.as_u16() < 500, "{path}: {status}");
    }
}
