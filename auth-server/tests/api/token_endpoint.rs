//! `/oauth2/token` as an endpoint: methods, media types, parameters, errors, hostile input, CORS, resources.

use auth_server::domain::policy::Profile;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};

use crate::harness::{Application, NewApplication, Options, Server, Tokens, claims, client, read};

const FORM: &str = "application/x-www-form-urlencoded";
const GRANT: &str = "grant_type=client_credentials";

async fn standard(server: &Server) -> Application {
    server.application(NewApplication::of(Profile::Standard)).await
}

/// A request to the token endpoint, authenticated, with a body as it is.
fn raw(application: &Application, media_type: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
    client()
        .post(format!("{}/oauth2/token", application.url))
        .basic_auth(&application.client_id, application.secret.as_ref())
        .header(CONTENT_TYPE, media_type)
        .body(body)
}

/// C3, C4: what every refusal must look like; returns the error id.
fn assert_refusal(answer: &Tokens, status: u16, code: &str) -> String {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.error(), code, "{}", answer.body);
    let header = |name: &str| {
        answer
            .headers
            .get(name)
            .map(|value| value.to_str().expect("ASCII"))
            .unwrap_or_default()
    };
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("pragma"), "no-cache");
    let names: Vec<&str> = answer
        .body
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        names,
        ["error", "error_description"],
        "defect 1: the names are RFC 6749's"
    );
    let allowed = |c: char| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~');
    assert!(
        answer.get("error_description").chars().all(allowed),
        "{}",
        answer.body
    );
    header("x-error-id").to_owned()
}

/// C1: another method than POST is 405 with Allow, and gives no token.
#[tokio::test(flavor = "multi_thread")]
async fn other_methods() {
    let server = Server::start().await;
    let application = standard(&server).await;
    for path in ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"] {
        for method in [
            Method::GET,
            Method::HEAD,
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
        ] {
            let address = format!("{}?{GRANT}", server.at(path));
            let response = client()
                .request(method.clone(), address)
                .basic_auth(&application.client_id, application.secret.as_ref())
                .send()
                .await
                .expect("an answer");
            assert_eq!(response.status(), 405, "{method} {path}");
            assert_eq!(response.headers()["allow"], "POST", "{method} {path}");
            assert!(response.headers().contains_key("x-error-id"), "{method} {path}");
            let body = response.text().await.expect("a body");
            assert!(!body.contains("access_token"), "{method} {path}");
        }
    }
}

/// C2, defect 17: the body must be a form; JSON and other bodies are refused, whatever they hold.
#[tokio::test(flavor = "multi_thread")]
async fn other_media_types() {
    let server = Server::start().await;
    let application = standard(&server).await;
    let multipart =
        "--x\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nclient_credentials\r\n--x--\r\n";
    for (media_type, body) in [
        ("application/json", r#"{"grant_type":"client_credentials"}"#),
        ("application/json", GRANT),
        ("text/plain", GRANT),
        ("multipart/form-data; boundary=x", multipart),
        ("application/x-www-form-urlencodedx", GRANT),
        ("", GRANT),
    ] {
        let answer = read(raw(&application, media_type, body)).await;
        assert_refusal(&answer, 400, "invalid_request");
    }
    for media_type in [FORM, "Application/X-WWW-Form-Urlencoded;charset=UTF-8"] {
        read(raw(&application, media_type, GRANT)).await.ok();
    }
}

/// C2, defect 17, B11: neither parameters nor secrets are taken from the query, nor is one tolerated there.
#[tokio::test(flavor = "multi_thread")]
async fn query() {
    let server = Server::start().await;
    let application = standard(&server).await;
    let secret = application.secret.clone().expect("a secret");
    let in_query = format!("client_id={}&client_secret={secret}", application.client_id);
    for (query, body, authenticated) in [
        (GRANT, "", true),
        ("scope=rooms%3Alist", GRANT, true),
        (in_query.as_str(), GRANT, false),
        (format!("{in_query}&{GRANT}").as_str(), "", false),
    ] {
        let request = client()
            .post(format!("{}?{query}", server.at("/oauth2/token")))
            .header(CONTENT_TYPE, FORM)
            .body(body.to_owned());
        let request = if authenticated {
            request.basic_auth(&application.client_id, Some(&secret))
        } else {
            request
        };
        assert_refusal(&read(request).await, 400, "invalid_request");
    }
}

/// C3, defect 10: the success response, its headers, and its members: all at the top level, and ours alone.
#[tokio::test(flavor = "multi_thread")]
async fn success() {
    let server = Server::start().await;
    let application = standard(&server).await;
    let tokens = application.tokens(&server, &[]).await;
    assert_eq!(tokens.headers["content-type"], "application/json");
    assert_eq!(tokens.headers["cache-control"], "no-store");
    assert_eq!(tokens.headers["pragma"], "no-cache");
    assert!(!tokens.headers.contains_key("x-error-id"));
    let mut names: Vec<&String> = tokens.body.as_object().expect("an object").keys().collect();
    names.sort();
    assert_eq!(
        names,
        [
            "access_token",
            "expires_in",
            "refresh_token",
            "scope",
            "token_type"
        ]
    );
    assert_eq!(tokens.body["expires_in"], 3600);
}

/// C4, C5, C7, C22: each refusal has its status, its registered code and the names of RFC 6749 5.2, and an error id
/// under which an administrator finds the reason.
#[tokio::test(flavor = "multi_thread")]
async fn refusals() {
    let server = Server::start().await;
    let application = standard(&server).await;
    for (body, code) in [
        ("", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("grant_type=Client_Credentials", "unsupported_grant_type"),
        ("grant_type=client_credentials%20", "unsupported_grant_type"),
        ("grant_type=implicit", "unsupported_grant_type"),
        ("grant_type=delegation", "unsupported_grant_type"),
        ("grant_type=%22%5C%C3%A9%0A", "unsupported_grant_type"),
        ("grant_type=password&username=a&password=b", "unauthorized_client"),
        ("grant_type=authorization_code", "invalid_request"),
        ("grant_type=authorization_code&code=x", "invalid_grant"),
        ("grant_type=refresh_token", "invalid_request"),
        ("grant_type=refresh_token&refresh_token=x", "invalid_grant"),
        (
            "grant_type=client_credentials&scope=rooms:delete",
            "invalid_scope",
        ),
        (
            "grant_type=client_credentials&scope=%22%C3%A9%5C",
            "invalid_scope",
        ),
        (
            "grant_type=client_credentials&resource=https://x.example",
            "invalid_target",
        ),
    ] {
        let answer = read(raw(&application, FORM, body)).await;
        let id = assert_refusal(&answer, 400, code);
        let reason = server.reason(&id).await;
        assert!(!reason.is_empty(), "{body}");
        assert!(!reason.contains(['\n', '\r']), "{body}: {reason}");
    }
}

/// H5, section 11: the reason behind an error id says exactly what differed, and holds neither code nor secret.
#[tokio::test(flavor = "multi_thread")]
async fn reason_of_a_refusal() {
    let server = Server::start().await;
    let application = standard(&server).await;
    let (code, verifier) = application.code(&server, &[]).await;
    let answer = application
        .token(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", "https://app.example/elsewhere"),
            ("code_verifier", &verifier),
        ])
        .await;
    let id = assert_refusal(&answer, 400, "invalid_grant");
    assert!(!answer.body.to_string().contains("elsewhere"));
    let reason = server.reason(&id).await;
    assert!(reason.contains("https://app.example/elsewhere"), "{reason}");
    assert!(reason.contains("https://app.example/callback"), "{reason}");
    for secret in [&code, &verifier, application.secret.as_ref().expect("a secret")] {
        assert!(!reason.contains(secret.as_str()), "{reason}");
    }
}

/// C21, defect 6: a parameter that comes twice is refused, equal or not, known or not.
#[tokio::test(flavor = "multi_thread")]
async fn repeated_parameters() {
    let server = Server::start().await;
    let application = standard(&server).await;
    for body in [
        "grant_type=client_credentials&grant_type=client_credentials",
        "grant_type=client_credentials&scope=rooms:list&scope=rooms:create",
        "grant_type=client_credentials&scope=rooms:list&%73cope=rooms:list",
        "grant_type=authorization_code&code=a&code=b",
        "grant_type=refresh_token&refresh_token=a&refresh_token=a",
        "grant_type=client_credentials&client_secret=a&client_secret=b",
        "grant_type=client_credentials&unknown=1&unknown=2",
    ] {
        let answer = read(raw(&application, FORM, body)).await;
        assert_refusal(&answer, 400, "invalid_request");
    }
}

/// A12, defect 6: an empty parameter counts as absent, an unknown one is ignored.
#[tokio::test(flavor = "multi_thread")]
async fn empty_and_unknown_parameters() {
    let server = Server::start().await;
    let application = standard(&server).await;
    for more in [
        "&scope=",
        "&scope",
        "&scope=&scope=",
        "&client_secret=",
        "&colour=blue",
        "&&",
    ] {
        let answer = read(raw(&application, FORM, format!("{GRANT}{more}"))).await.ok();
        assert_eq!(answer.get("scope"), "rooms:create rooms:list", "{more}");
    }
}

/// C25: hostile bodies and headers are 4xx in the endpoint's own manner, at once.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_input() {
    let server = Server::start().await;
    let application = standard(&server).await;
    let numbered: Vec<String> = (0..20_000).map(|number| format!("p{number}=1")).collect();
    let bodies: [(&str, Vec<u8>, u16); 8] = [
        ("NUL", b"grant_type=client_credentials%00".to_vec(), 400),
        ("raw NUL", b"grant_type=client_credentials\0&a=b".to_vec(), 400),
        ("bad UTF-8", b"grant_type=\xff\xfe".to_vec(), 400),
        ("bad encoded UTF-8", b"grant_type=%ff%fe".to_vec(), 400),
        ("half a percent", b"grant_type=%".to_vec(), 400),
        (
            "1 MB",
            [GRANT.as_bytes(), b"&a=", &vec![b'a'; 1 << 20]].concat(),
            413,
        ),
        (
            "20 000 parameters",
            ["&a".repeat(20_000).as_bytes(), GRANT.as_bytes()].concat(),
            400,
        ),
        ("20 000 long parameters", numbered.join("&").into_bytes(), 413),
    ];
    for path in ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"] {
        for (what, body, status) in &bodies {
            let request = client()
                .post(server.at(path))
                .basic_auth(&application.client_id, application.secret.as_ref())
                .header(CONTENT_TYPE, FORM)
                .body(body.clone());
            let answer = read(request).await;
            assert_eq!(answer.status, *status, "{what} at {path}: {}", answer.body);
            let code = if *what == "half a percent" && path == "/oauth2/token" {
                "unsupported_grant_type"
            } else {
                "invalid_request"
            };
            let id = assert_refusal(&answer, *status, code);
            assert!(!id.is_empty(), "{what} at {path}");
        }
    }
}

/// C25: an Authorization header that is no Basic credentials is 401, at every endpoint of applications.
#[tokio::test(flavor = "multi_thread")]
async fn broken_authorization_header() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let server = Server::start().await;
    let encoded = |bytes: &[u8]| format!("Basic {}", STANDARD.encode(bytes));
    let long = encoded(&[b'a'; 6_000]);
    for path in ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"] {
        for header in [
            "Basic",
            "Basic ",
            "Basic !!!",
            "Basic YTpi YTpi",
            "Bearer abc",
            "Digest username=\"a\"",
            "",
            encoded(b"no-colon").as_str(),
            encoded(b"\xff\xfe:x").as_str(),
            encoded(b"%ff:%fe").as_str(),
            encoded(b"a%00:b").as_str(),
            encoded(b":").as_str(),
            encoded(b"' OR 1=1 --:x").as_str(),
            long.as_str(),
        ] {
            let request = client()
                .post(server.at(path))
                .header(AUTHORIZATION, header)
                .header(CONTENT_TYPE, FORM)
                .body(format!("{GRANT}&token=x"));
            let answer = read(request).await;
            let id = assert_refusal(&answer, 401, "invalid_client");
            assert!(!id.is_empty());
            let challenge = answer.headers["www-authenticate"].to_str().expect("ASCII");
            assert!(challenge.starts_with("Basic realm="), "{header} at {path}");
        }
    }
}

fn preflight(server: &Server, path: &str, origin: &str) -> RequestBuilder {
    client()
        .request(Method::OPTIONS, server.at(path))
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
}

/// C26: scripts of configured origins may call token and revocation endpoints, never with cookies; scripts of
/// others, and of anyone at the introspection endpoint, may not.
#[tokio::test(flavor = "multi_thread")]
async fn cors() {
    const APP: &str = "https://app.example";
    let server = Server::start_with(Options::configured(|config| {
        config.cors_origins = vec![APP.to_owned()];
    }))
    .await;
    let application = standard(&server).await;
    let allowed = |answer: &Tokens| answer.headers.get("access-control-allow-origin").cloned();
    let others = [
        "https://app.example.evil.example",
        "http://app.example",
        "https://APP.example",
        "null",
    ];
    for path in ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"] {
        let open = path != "/oauth2/introspect";
        for origin in others.iter().copied().chain([APP]) {
            let fields = [("grant_type", "client_credentials"), ("token", "x")];
            let request = client()
                .post(server.at(path))
                .basic_auth(&application.client_id, application.secret.as_ref())
                .form(&fields)
                .header("origin", origin);
            for answer in [read(request).await, read(preflight(&server, path, origin)).await] {
                let expected = (open && origin == APP).then_some(APP);
                let found = allowed(&answer);
                assert_eq!(
                    found.as_ref().map(|value| value.to_str().expect("ASCII")),
                    expected,
                    "{origin} at {path}"
                );
                assert!(!answer.headers.contains_key("access-control-allow-credentials"));
            }
        }
    }
    let plain = Server::start().await;
    for origin in others.iter().copied().chain([APP]) {
        let answer = read(preflight(&plain, "/oauth2/token", origin)).await;
        assert_eq!(allowed(&answer), None, "nothing is configured, {origin}");
    }
}

/// C27, F5 (RFC 8707): a token is for the one resource asked for, else for the one registered first; an unknown,
/// a second or a malformed one is invalid_target.
#[tokio::test(flavor = "multi_thread")]
async fn resources() {
    let server = Server::start().await;
    let other = server.add_resource("https://other.example/api", false).await;
    let application = standard(&server).await;
    let ask = |query: &'static str| {
        let application = application.clone();
        async move { read(raw(&application, FORM, format!("{GRANT}{query}"))).await }
    };
    for (query, audience) in [
        ("", "http://localhost:8081"),
        ("&resource=http://localhost:8081", "http://localhost:8081"),
        ("&resource=http://localhost:8081/", "http://localhost:8081"),
        ("&resource=https://other.example/api", "https://other.example/api"),
    ] {
        let tokens = ask(query).await.ok();
        assert_eq!(claims(tokens.access())["aud"], audience, "{query}");
        let seen = server.is_active(tokens.access()).await;
        assert_eq!(seen, audience == server.resource.url, "E3: {query}");
    }
    for query in [
        "&resource=https://unknown.example",
        "&resource=https://other.example",
        "&resource=https://other.example/api/x",
        "&resource=https://OTHER.example/api",
        "&resource=http://localhost:8081&resource=https://other.example/api",
        "&resource=nonsense",
        "&resource=https://other.example/api%23fragment",
    ] {
        assert_refusal(&ask(query).await, 400, "invalid_target");
    }
    assert!(!other.secret.is_empty());
}
