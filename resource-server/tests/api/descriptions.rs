//! What the server says about itself: OpenAPI, RFC 9728, probes, metrics.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::app::{RESOURCE, ROOMS};
use crate::harness::{App, Engine, Person, Reply};

async fn get(app: &App, path: &str) -> Reply {
    let reply = Reply::of(app.request(Method::GET, path)).await;
    assert_eq!(reply.status, 200, "{path}");
    reply
}

/// S0.2, S0.3, S0.4, S0.14, S0.19, S0.27, S0.38, S0.42 to S0.46, S0.61, S1.1
#[tokio::test]
async fn the_openapi_document_says_what_the_documents_say() {
    let app = App::start_with(Engine::Sqlite, |config| {
        config.contact.email = "help@example.org".into();
        config.scope_prefix = "acme".into();
    })
    .await;
    let document = get(&app, "/external-api/v1.0/openapi.json").await.body;
    assert_eq!(document["openapi"], "3.0.3");
    assert_eq!(document["info"]["title"], "Meet External API");
    assert_eq!(document["info"]["version"], "1.0.0");
    assert_eq!(document["info"]["contact"]["email"], "help@example.org");
    assert_eq!(
        document["servers"][0]["url"],
        format!("{RESOURCE}/external-api/v1.0")
    );
    let description = document["info"]["description"].as_str().unwrap();
    assert!(
        description.contains("`acme:rooms:update`") && !description.contains("{prefix}"),
        "{description}"
    );

    let mut paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    paths.sort();
    assert_eq!(paths, ["/rooms", "/rooms/{id}"]);
    for (path, method, id, scope) in [
        ("/rooms", "get", "listRooms", "rooms:list"),
        ("/rooms", "post", "createRoom", "rooms:create"),
        ("/rooms/{id}", "get", "retrieveRoom", "rooms:retrieve"),
        ("/rooms/{id}", "put", "updateRoom", "rooms:update"),
        ("/rooms/{id}", "patch", "partialUpdateRoom", "rooms:update"),
        ("/rooms/{id}", "delete", "deleteRoom", "rooms:delete"),
    ] {
        let operation = &document["paths"][path][method];
        assert_eq!(operation["operationId"], id);
        assert_eq!(operation["security"], json!([{ "BearerAuth": [scope] }]));
        assert!(operation["responses"]["401"].is_object() && operation["responses"]["403"].is_object());
    }
    assert_eq!(
        document["paths"]["/rooms"]["post"]["requestBody"]["required"],
        false
    );
    let [page, size] =
        [0, 1].map(|at| document["paths"]["/rooms"]["get"]["parameters"][at]["schema"].clone());
    assert_eq!(page, json!({ "type": "integer", "minimum": 1, "default": 1 }));
    assert_eq!(
        size,
        json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 })
    );
    let components = &document["components"];
    assert_eq!(components["securitySchemes"]["BearerAuth"]["bearerFormat"], "JWT");
    let request = &components["schemas"]["TokenRequest"];
    assert_eq!(
        request["required"],
        json!(["client_id", "client_secret", "grant_type", "scope"])
    );
    assert_eq!(request["properties"]["client_secret"]["writeOnly"], true);
    assert_eq!(
        request["properties"]["grant_type"]["enum"],
        json!(["client_credentials"])
    );
    assert_eq!(request["properties"]["scope"]["format"], "email");
}

/// S0.54, S0.55, S0.56, S1.29: the shapes of errors.
#[tokio::test]
async fn the_openapi_document_has_the_error_shapes() {
    let app = App::start(Engine::Sqlite).await;
    let document = get(&app, "/external-api/v1.0/openapi.json").await.body;
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["OAuthError"]["properties"]["error"]["type"], "string");
    assert_eq!(schemas["Error"]["properties"]["detail"]["type"], "string");
    let field = &schemas["ValidationError"]["additionalProperties"];
    assert_eq!(field["items"]["type"], "string");
    assert_eq!(field["example"], json!(["This field is required."]));
}

/// S0.1, S0.11, S0.12, S0.13: the guide for developers names every route and scope of the API, and every text
/// that an error may have.
#[tokio::test]
async fn the_guide_for_developers_is_complete() {
    let guide = include_str!("../../../docs/integrate.md");
    let app = App::start(Engine::Sqlite).await;
    let document = get(&app, "/external-api/v1.0/openapi.json").await.body;
    for (path, operations) in document["paths"].as_object().unwrap() {
        assert!(guide.contains(&format!("/external-api/v1.0{path}")), "{path}");
        for operation in operations.as_object().unwrap().values() {
            if let Some(scope) = operation["security"][0]["BearerAuth"][0].as_str() {
                assert!(guide.contains(&format!("`{scope}`")), "{scope}");
            }
        }
    }
    for text in [
        "Token expired.",
        "Invalid token.",
        "Insufficient permissions. Required scope: 'rooms:list'",
        "Not found.",
    ] {
        assert!(guide.contains(text), "{text}");
    }
}

fn keys(value: &Value) -> Vec<&String> {
    let mut keys: Vec<_> = value.as_object().unwrap().keys().collect();
    keys.sort();
    keys
}

/// Every field that the server sends is described, and every described answer is possible.
#[tokio::test]
async fn rooms_have_the_described_fields() {
    let app = App::start_with(Engine::Sqlite, |config| config.telephony.enabled = true).await;
    let ann = Person::new(&app);
    let document = get(&app, "/external-api/v1.0/openapi.json").await.body;
    let room = app
        .call(Method::POST, ROOMS, &ann, Some(json!({ "name": "x" })))
        .await
        .body;
    let path = format!("{ROOMS}/{}", room["id"].as_str().unwrap());
    let room = app.get(&path, &ann).await.body;
    let schema = &document["components"]["schemas"]["Room"]["properties"];
    assert_eq!(keys(&room), keys(schema));
    assert_eq!(keys(&room["telephony"]), keys(&schema["telephony"]["properties"]));
    let page = app.get(ROOMS, &ann).await.body;
    assert_eq!(
        keys(&page),
        keys(&document["components"]["schemas"]["RoomPage"]["properties"])
    );
}

/// F12
#[tokio::test]
async fn protected_resource_metadata() {
    let app = App::start(Engine::Sqlite).await;
    let reply = get(&app, "/.well-known/oauth-protected-resource").await;
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.body["resource"], RESOURCE);
    assert_eq!(reply.body["authorization_servers"], json!([app.issuer.url]));
    assert_eq!(reply.body["bearer_methods_supported"], json!(["header"]));
    let scopes: Vec<_> = reply.body["scopes_supported"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s.as_str().unwrap())
        .collect();
    assert_eq!(scopes[0], "lasuite_visio");
    for scope in [
        "lasuite_visio:rooms:delete",
        "rooms:delete",
        "users.avatar:write",
        "meeting:join",
    ] {
        assert!(scopes.contains(&scope), "{scope} is not in {scopes:?}");
    }
    assert!(!scopes.contains(&"admin"), "the authorization server's own");
}

/// F12: below a path, at the place that RFC 9728 section 3.1 gives it.
#[tokio::test]
async fn protected_resource_metadata_of_a_resource_with_a_path() {
    let app = App::start_with(Engine::Sqlite, |config| {
        config.server.resource_url = "https://example.org/meet".into();
    })
    .await;
    let reply = get(&app, "/.well-known/oauth-protected-resource/meet").await;
    assert_eq!(reply.body["resource"], "https://example.org/meet");
    let challenge = Reply::of(app.request(Method::GET, ROOMS)).await;
    let expected = "resource_metadata=\"https://example.org/.well-known/oauth-protected-resource/meet\"";
    assert!(
        challenge.header("www-authenticate").contains(expected),
        "{challenge:?}"
    );
}

#[tokio::test]
async fn probes_and_metrics() {
    let app = App::start(Engine::Sqlite).await;
    let ready = get(&app, "/health/ready").await.body;
    assert_eq!(
        ready,
        json!({ "status": "ready", "database": true, "keys": true, "revocation_feed": "live" })
    );
    assert_eq!(get(&app, "/health/live").await.body, json!({ "status": "live" }));
    let ann = Person::new(&app);
    app.get(ROOMS, &ann).await;
    app.get(ROOMS, &ann).await;
    app.get("/nowhere/at/all", &ann).await;
    for (line, value) in [
        (
            "http_requests_total{method=\"GET\",route=\"/external-api/v1.0/rooms\",status=\"200\"}",
            2.0,
        ),
        (
            "http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"}",
            1.0,
        ),
        (
            "http_request_seconds_count{route=\"/external-api/v1.0/rooms\"}",
            2.0,
        ),
        ("token_cache_hits_total", 1.0),
        ("token_cache_misses_total", 1.0),
        ("revocation_feed_live", 1.0),
        ("database_seconds_count{query=\"rooms.list\"}", 2.0),
    ] {
        assert!(
            (app.metric(line).await - value).abs() < 0.1,
            "{line} {}",
            app.metric(line).await
        );
    }
    assert!(app.metric("jwks_fetches_total{outcome=\"ok\"}").await >= 1.0);
}
