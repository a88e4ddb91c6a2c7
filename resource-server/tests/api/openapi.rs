//! `/openapi.json`: the document is made of the routes, and says what they demand.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use crate::harness::{App, Engine, Person, Reply};

/// One operation of the document.
struct Operation {
    method: Method,
    path: String,
    /// What it demands of a token, if it wants one.
    scopes: Option<Vec<String>>,
    described: Value,
}

async fn document(app: &App) -> Value {
    let reply = Reply::of(app.request(Method::GET, "/openapi.json")).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("content-type")),
        (200, "application/json")
    );
    reply.body
}

/// Every operation; ids in paths are of things that are not there.
fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (template, methods) in document["paths"].as_object().unwrap() {
        let mut path = template.clone();
        while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
            path.replace_range(start..=end, &Uuid::new_v4().to_string());
        }
        for (method, described) in methods.as_object().unwrap() {
            let scopes = described["security"][0]["bearer"].as_array().map(|scopes| {
                scopes
                    .iter()
                    .map(|scope| scope.as_str().unwrap().to_owned())
                    .collect()
            });
            operations.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                scopes,
                described: described.clone(),
            });
        }
    }
    operations
}

/// S3.48: each operation demands exactly the set that the document names for it, every one of it.
#[tokio::test]
async fn each_operation_demands_the_permissions_that_the_document_names() {
    let app = App::start(Engine::Sqlite).await;
    let mut checked = 0;
    for operation in operations(&document(&app).await) {
        let Operation { method, path, .. } = &operation;
        // Both credentials at once are tested with the doors that want them.
        if operation.described["security"][0]["api_key"].is_array() {
            continue;
        }
        let Some(scopes) = &operation.scopes else {
            continue;
        };
        assert!(
            !scopes.is_empty(),
            "{method} {path} wants a token and no permission"
        );
        let reply = Reply::of(app.request(method.clone(), path)).await;
        assert_eq!(reply.status, 401, "{method} {path}");
        for missing in scopes {
            let others: Vec<_> = scopes
                .iter()
                .filter(|scope| *scope != missing)
                .map(String::as_str)
                .collect();
            for person in [
                Person::scoped(&app, &others.join(" ")),
                Person::server_wide(&app, &others.join(" ")),
            ] {
                let reply = app.call(method.clone(), path, &person, None).await;
                let detail = format!("Insufficient permissions. Required scope: '{missing}'");
                assert_eq!(
                    (reply.status.as_u16(), &reply.body["detail"]),
                    (403, &detail.into()),
                    "{method} {path}"
                );
                let whole = format!("scope=\"{}\"", scopes.join(" "));
                assert!(reply.header("www-authenticate").contains(&whole), "{reply:?}");
            }
        }
        let reply = app
            .call(
                method.clone(),
                path,
                &Person::scoped(&app, &scopes.join(" ")),
                None,
            )
            .await;
        let detail = reply.body["detail"].as_str().unwrap_or_default();
        assert!(
            reply.status != 401 && !detail.starts_with("Insufficient"),
            "{method} {path} {reply:?}"
        );
        let status = reply.status.as_str();
        assert!(
            operation.described["responses"].get(status).is_some(),
            "{method} {path} does not name {status}"
        );
        checked += 1;
    }
    assert!(checked >= 20, "only {checked} operations were found");
}

#[tokio::test]
async fn the_document_is_complete() {
    let app = App::start(Engine::Sqlite).await;
    let document = document(&app).await;
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], "https://rooms.example.org");
    let bearer = document["components"]["securitySchemes"]["bearer"]["description"]
        .as_str()
        .unwrap();
    assert!(
        bearer.contains("* `conferences.participants:write` - "),
        "{bearer}"
    );
    let mut ids = HashSet::new();
    for operation in operations(&document) {
        let Operation {
            method,
            path,
            described,
            ..
        } = &operation;
        let id = described["operationId"].as_str().unwrap();
        assert!(ids.insert(id.to_owned()), "{id} is there twice");
        assert!(
            described["summary"].is_string() && described["tags"][0].is_string(),
            "{method} {path}"
        );
        if operation.scopes.is_some() {
            for status in ["401", "403", "503"] {
                assert!(
                    described["responses"][status].is_object(),
                    "{method} {path} {status}"
                );
            }
        }
    }
    // What is referred to is there.
    for reference in references(&document) {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match value {
                Value::String(reference) if name == "$ref" => vec![reference.as_str()],
                other => references(other),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
