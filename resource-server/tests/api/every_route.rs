//! Every operation of both documents, driven with tokens of all kinds.

use reqwest::Method;
use resource_server::domain::room::AccessLevel;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::conferences::make;
use crate::harness::{App, Engine, Person, Reply};
use crate::sessions::{id_of, join, set_level};

/// One operation behind a bearer token alone.
struct Operation {
    method: Method,
    template: String,
    scopes: Vec<String>,
    described: Value,
}

impl Operation {
    fn scope(&self) -> String {
        self.scopes.join(" ")
    }

    /// Whether its path names something of the owner's that is nobody else's business.
    fn is_private(&self) -> bool {
        let of = |folder: &str| self.template.contains(&format!("/{folder}/{{id}}"));
        ["conferences", "meetings", "rooms", "calls"].into_iter().any(of)
            && !self.template.contains("/templates/")
    }

    /// The path, with these ids in it; what else it names is not there.
    fn path(&self, room: Uuid, call: Uuid, user: Uuid) -> String {
        let id = if self.template.contains("/calls/{id}") {
            call
        } else if self.template.contains("/users/{id}") {
            user
        } else if self.is_private() {
            room
        } else {
            Uuid::new_v4()
        };
        let mut path = self
            .template
            .replace("{id}", &id.to_string())
            .replace("{user_id}", &user.to_string());
        while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
            path.replace_range(start..=end, &Uuid::new_v4().to_string());
        }
        path
    }
}

/// All of them; `base` is what the document's paths begin after.
async fn operations(app: &App, address: &str, base: &str) -> Vec<Operation> {
    let document = Reply::of(app.request(Method::GET, address)).await.body;
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            // Both credentials at once are tested with the doors that want them.
            let security = described["security"][0].as_object();
            let Some(schemes) = security.filter(|schemes| !schemes.contains_key("api_key")) else {
                continue;
            };
            let scopes = schemes.values().flat_map(|scopes| scopes.as_array().unwrap());
            let method: Method = method.to_uppercase().parse().unwrap();
            operations.push(Operation {
                template: format!("{base}{path}"),
                scopes: scopes.map(|scope| scope.as_str().unwrap().to_owned()).collect(),
                described: described.clone(),
                method,
            });
        }
    }
    operations
}

/// No token, tokens that are over or for somebody else, and tokens that lack one permission.
async fn refuses_what_is_not_enough(app: &App, operation: &Operation, path: &str) {
    let (method, name) = (
        &operation.method,
        format!("{} {}", operation.method, operation.template),
    );
    let scope = operation.scope();
    assert!(!scope.is_empty(), "{name} wants a token and no permission");
    let reply = Reply::of(app.request(method.clone(), path)).await;
    assert_eq!(reply.status, 401, "{name} without a token");
    let now = app.now_millis() / 1000;
    let spoilt: [(&str, Value); 3] = [
        ("exp", json!(now - 600)),
        ("aud", json!("https://elsewhere.example.org")),
        ("iss", json!("https://other.example")),
    ];
    for (claim, value) in spoilt {
        let person = Person::with(app, |claims| {
            claims["scope"] = scope.as_str().into();
            claims[claim] = value;
        });
        let reply = app.call(method.clone(), path, &person, None).await;
        assert_eq!(reply.status, 401, "{name} with another {claim}");
    }
    for missing in &operation.scopes {
        let others: Vec<_> = operation
            .scopes
            .iter()
            .filter(|scope| *scope != missing)
            .map(String::as_str)
            .collect();
        for person in [
            Person::scoped(app, &others.join(" ")),
            Person::server_wide(app, &others.join(" ")),
        ] {
            let reply = app.call(method.clone(), path, &person, None).await;
            let detail = reply.body["detail"].as_str().unwrap_or_default();
            assert!(
                reply.status == 403 && detail.contains(&format!("'{missing}'")),
                "{name} without {missing}: {reply:?}"
            );
        }
    }
}

/// S3.8, S3.10, S3.11, S3.12, S3.48: no route without its guard, and none that shows one user what is another's.
#[tokio::test]
async fn every_route_keeps_to_its_guard_and_its_owner() {
    let app = App::start(Engine::Sqlite).await;
    let mut all = operations(&app, "/openapi.json", "").await;
    let meet = operations(&app, "/external-api/v1.0/openapi.json", "/external-api/v1.0").await;
    assert!(
        all.len() >= 60 && meet.len() == 6,
        "only {} and {} were found",
        all.len(),
        meet.len()
    );
    all.extend(meet);

    let ann = Person::scoped(
        &app,
        "conferences conferences.participants conferences.sessions:read",
    );
    let conference = make(&app, &ann, json!({ "name": "Nobody else's business" })).await;
    set_level(&app, &ann, &conference, AccessLevel::Restricted).await;
    assert_eq!(join(&app, &ann, &conference).await.status, 201);
    let session = app.get(&format!("{conference}/session"), &ann).await.body;
    let (room, call) = (
        id_of(&conference),
        session["id"].as_str().unwrap().parse().unwrap(),
    );
    let marks = [
        room.to_string(),
        ann.id.to_string(),
        "Nobody else's business".to_owned(),
    ];

    // What the owner may do comes last, and reading before writing.
    for operation in &all {
        let name = format!("{} {}", operation.method, operation.template);
        let path = operation.path(room, call, ann.id);
        refuses_what_is_not_enough(&app, operation, &path).await;

        let eve = Person::scoped(&app, &operation.scope());
        let reply = app.call(operation.method.clone(), &path, &eve, None).await;
        if operation.is_private() {
            assert!(
                [403, 404].contains(&reply.status.as_u16()),
                "{name} of another: {reply:?}"
            );
        }
        let told = reply.body["results"].to_string() + &reply.body["name"].to_string();
        assert!(
            !marks.iter().any(|mark| told.contains(mark)),
            "{name} tells another: {reply:?}"
        );

        let server = Person::server_wide(&app, &operation.scope());
        let nowhere = operation.path(Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
        let reply = app.call(operation.method.clone(), &nowhere, &server, None).await;
        if operation.template.starts_with("/api/v3/") {
            assert!(
                ![401, 403].contains(&reply.status.as_u16()),
                "{name} server-wide: {reply:?}"
            );
        } else {
            assert_eq!(reply.status, 403, "{name} server-wide");
        }
    }
    all.sort_by_key(|operation| operation.method != Method::GET);
    for operation in &all {
        let name = format!("{} {}", operation.method, operation.template);
        let owner = ann.again(&app, |claims| claims["scope"] = operation.scope().into());
        let path = operation.path(room, call, ann.id);
        let reply = app.call(operation.method.clone(), &path, &owner, None).await;
        let status = reply.status.as_str();
        assert!(
            reply.status != 401 && operation.described["responses"].get(status).is_some(),
            "{name}: {reply:?}"
        );
        // The one thing that its path names is there.
        if operation.method == Method::GET
            && operation.is_private()
            && operation.template.matches('{').count() == 1
        {
            assert_eq!(reply.status, 200, "{name}");
        }
    }
}
