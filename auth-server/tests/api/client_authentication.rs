//! How applications and resource servers prove who they are, and what becomes of replaced secrets.

use std::time::Duration;

use auth_server::domain::application::{AuthMethod, ReviewStatus};
use auth_server::domain::policy::Profile;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderMap};

use crate::harness::{Application, EMAIL, NewApplication, PASSWORD, Server, Tokens};
use crate::harness::{client, read, within_a_second};
use crate::on_every_storage;

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// Asks for a token with an Authorization header as it is, if any, and a form.
async fn ask(server: &Server, header: Option<&str>, fields: &[(&str, &str)]) -> Tokens {
    let request = client().post(server.at("/oauth2/token")).form(fields);
    read(match header {
        Some(header) => request.header(AUTHORIZATION, header),
        None => request,
    })
    .await
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// An answer without what differs each time.
fn comparable(answer: &Tokens) -> (u16, HeaderMap, String) {
    let mut headers = answer.headers.clone();
    headers.remove("x-error-id");
    headers.remove("date");
    (answer.status, headers, answer.body.to_string())
}

/// C7: a wrong secret, an unknown id, a blocked and a waiting application look the same; 401 with a challenge.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_apart() {
    let server = Server::start().await;
    let standard = || server.application(NewApplication::of(Profile::Standard));
    let (good, blocked, waiting) = (standard().await, standard().await, standard().await);
    server.set_application_disabled(&blocked, true).await;
    server.review(&waiting, ReviewStatus::Pending).await;
    let secret = |application: &Application| application.secret.clone().expect("a secret");
    let mut answers = Vec::new();
    for (id, secret) in [
        (good.client_id.as_str(), "cs-wrong".to_owned()),
        ("unknown", secret(&good)),
        (&blocked.client_id, secret(&blocked)),
        (&blocked.client_id, "cs-wrong".to_owned()),
        (&waiting.client_id, secret(&waiting)),
        (&server.resource.client_id, server.resource_secret.clone()),
    ] {
        let by_header = ask(&server, Some(&basic(id, &secret)), &[GRANT]).await;
        let fields = [GRANT, ("client_id", id), ("client_secret", &secret)];
        let by_body = ask(&server, None, &fields).await;
        for answer in [by_header, by_body] {
            assert_eq!((answer.status, answer.error()), (401, "invalid_client"), "{id}");
            let challenge = answer.headers["www-authenticate"].to_str().expect("ASCII");
            assert!(challenge.starts_with("Basic realm="));
            answers.push(comparable(&answer));
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

/// C8, defect 4: ids and secrets are form-encoded inside Basic (RFC 6749 2.3.1), whatever characters they have.
#[tokio::test(flavor = "multi_thread")]
async fn special_characters() {
    const ID: &str = "app:one%41+two é&=";
    const SECRET: &str = "s:e%63r+e t é&=/?#";
    let server = Server::start().await;
    let new = NewApplication::of(Profile::Standard).credentials(ID, SECRET);
    server.application(new).await;
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let header = basic(&encode(ID), &encode(SECRET));
    ask(&server, Some(&header), &[GRANT]).await.ok();
    let percent = header.replace("Basic ", "");
    let decoded = String::from_utf8(STANDARD.decode(percent).expect("base64")).expect("ASCII");
    let spaced = decoded.replace('+', "%20");
    let header = format!("Basic {}", STANDARD.encode(spaced));
    ask(&server, Some(&header), &[GRANT]).await.ok();
    let fields = [GRANT, ("client_id", ID), ("client_secret", SECRET)];
    ask(&server, None, &fields).await.ok();
    let unencoded = ask(&server, Some(&basic(ID, SECRET)), &[GRANT]).await;
    assert_eq!((unencoded.status, unencoded.error()), (401, "invalid_client"));
}

/// Defect 4 (RFC 7235 2.1): the scheme's case does not matter.
#[tokio::test(flavor = "multi_thread")]
async fn scheme_in_any_case() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let header = basic(
        &application.client_id,
        application.secret.as_ref().expect("a secret"),
    );
    for scheme in ["Basic", "basic", "BASIC", "bAsIc"] {
        let header = header.replacen("Basic", scheme, 1);
        ask(&server, Some(&header), &[GRANT]).await.ok();
    }
}

/// C9, defect 4: two ways at once are refused; the same id repeated in the body is no second way, another id is an
/// error.
#[tokio::test(flavor = "multi_thread")]
async fn two_ways_at_once() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let (id, secret) = (
        application.client_id.as_str(),
        application.secret.as_deref().expect("a secret"),
    );
    let header = basic(id, secret);
    let repeated = [GRANT, ("client_id", id)];
    ask(&server, Some(&header), &repeated).await.ok();
    for more in [
        ("client_secret", secret),
        ("client_secret", "x"),
        ("client_id", "x"),
    ] {
        let answer = ask(&server, Some(&header), &[GRANT, more]).await;
        assert_eq!(
            (answer.status, answer.error()),
            (400, "invalid_request"),
            "{more:?}"
        );
    }
    let two_headers = client()
        .post(server.at("/oauth2/token"))
        .header(AUTHORIZATION, &header)
        .header(AUTHORIZATION, &header)
        .form(&[GRANT]);
    let answer = read(two_headers).await;
    assert_eq!((answer.status, answer.error()), (400, "invalid_request"));
}

/// C10, C11: an application authenticates by a method it is registered for, and by no other.
#[tokio::test(flavor = "multi_thread")]
async fn registered_methods() {
    use AuthMethod::{ClientSecretBasic, ClientSecretPost, None};
    let server = Server::start().await;
    let of = |methods| NewApplication::of(Profile::Standard).auth_methods(methods);
    for (new, [by_header, by_body, by_id]) in [
        (of(&[ClientSecretBasic]), [200, 401, 401]),
        (of(&[ClientSecretPost]), [401, 200, 401]),
        (of(&[ClientSecretBasic, ClientSecretPost]), [200, 200, 401]),
        // Refused for the grant, not for the method.
        (of(&[None]), [401, 401, 400]),
    ] {
        let application = server.application(new).await;
        let (id, secret) = (
            application.client_id.as_str(),
            application.secret.as_deref().expect("a secret"),
        );
        let header = ask(&server, Some(&basic(id, secret)), &[GRANT]).await;
        let fields = [GRANT, ("client_id", id), ("client_secret", secret)];
        let body = ask(&server, Option::None, &fields).await;
        let bare = ask(&server, Option::None, &fields[..2]).await;
        let empty = ask(&server, Some(&basic(id, "")), &[GRANT]).await;
        assert_eq!(
            [header.status, body.status, bare.status],
            [by_header, by_body, by_id]
        );
        assert_eq!((empty.status, empty.error()), (401, "invalid_client"));
        if by_id == 400 {
            assert_eq!(bare.error(), "unauthorized_client");
        }
    }
}

/// C11, S3.19: each of the four grants needs id and secret, however good the rest of the request is.
#[tokio::test(flavor = "multi_thread")]
async fn every_grant_needs_the_secret() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Trueconf)).await;
    let tokens = application.tokens(&server, &[]).await;
    let (code, verifier) = application.code(&server, &[]).await;
    let bare = Application {
        secret: None,
        ..application.clone()
    };
    let wrong = Application {
        secret: Some("cs-wrong".to_owned()),
        ..application.clone()
    };
    let requests: [&[(&str, &str)]; 4] = [
        &[GRANT],
        &[
            ("grant_type", "password"),
            ("username", EMAIL),
            ("password", PASSWORD),
        ],
        &[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &application.redirect_uri),
            ("code_verifier", &verifier),
        ],
        &[
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens.refresh()),
        ],
    ];
    for fields in requests {
        for nobody in [&bare, &wrong] {
            let answer = nobody.token(fields).await;
            assert_eq!(
                (answer.status, answer.error()),
                (401, "invalid_client"),
                "{fields:?}"
            );
        }
        let anonymous = ask(&server, None, fields).await;
        assert_eq!((anonymous.status, anonymous.error()), (401, "invalid_client"));
    }
    // None of it used anything up.
    for fields in requests {
        application.token(fields).await.ok();
    }
}

on_every_storage!(
    /// S3.55 to S3.57, H3, section 4: a new secret takes the old one's place within a second at every instance;
    /// tokens live on, and a refresh with the new secret succeeds.
    secret_replaced,
    |server| async move {
        let old = server.application(NewApplication::of(Profile::Trueconf)).await;
        let (_, second) = server.another_instance().await;
        let tokens = old.tokens(&server, &[]).await;
        old.via(&second).token(&[GRANT]).await.ok();
        let new = server.rotate_secret(&old, 0).await;
        for url in [&server.url, &second] {
            let (old, new) = (old.via(url), new.via(url));
            within_a_second("replaced", async || new.token(&[GRANT]).await.status == 200).await;
            let refused = old.token(&[GRANT]).await;
            assert_eq!((refused.status, refused.error()), (401, "invalid_client"));
            assert_eq!(old.refresh(tokens.refresh()).await.error(), "invalid_client");
        }
        assert!(server.is_active(tokens.access()).await);
        let refreshed = new.refresh(tokens.refresh()).await.ok();
        assert!(server.is_active(refreshed.access()).await);
    }
);

on_every_storage!(
    /// S3.55, H3: with an overlap both secrets work until it ends, then the new one alone; a further rotation without
    /// overlap ends all that were before.
    secret_replaced_with_overlap,
    |server| async move {
        let old = server.application(NewApplication::of(Profile::Standard)).await;
        old.token(&[GRANT]).await.ok();
        let new = server.rotate_secret(&old, 60).await;
        within_a_second("known", async || new.token(&[GRANT]).await.status == 200).await;
        server.advance(Duration::from_secs(59));
        for application in [&old, &new] {
            application.token(&[GRANT]).await.ok();
        }
        server.advance(Duration::from_secs(1));
        assert_eq!(old.token(&[GRANT]).await.error(), "invalid_client");
        new.token(&[GRANT]).await.ok();
        let overlapping = server.rotate_secret(&new, 600).await;
        let last = server.rotate_secret(&new, 0).await;
        within_a_second("known", async || last.token(&[GRANT]).await.status == 200).await;
        for application in [&old, &new, &overlapping] {
            assert_eq!(application.token(&[GRANT]).await.error(), "invalid_client");
        }
    },
    manual_clock
);

on_every_storage!(
    /// S3.5, C7: a review that is taken back reaches a cached application within a second, and so does an approval.
    review_taken_back,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Jiomeet)).await;
        let status = async || application.refresh("rt-unknown").await.status;
        assert_eq!(status().await, 400);
        for (review, expected) in [
            (ReviewStatus::OnHold, 401),
            (ReviewStatus::Approved, 400),
            (ReviewStatus::Rejected, 401),
        ] {
            server.review(&application, review).await;
            within_a_second("in force", async || status().await == expected).await;
        }
    }
);

/// S1.22, H3: no answer ever holds the secret, nor does any log line of the audit.
#[tokio::test(flavor = "multi_thread")]
async fn secret_is_never_told() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let secret = application.secret.clone().expect("a secret");
    let good = application.token(&[GRANT]).await.ok();
    let bad = application.token(&[GRANT, ("scope", &secret)]).await;
    let seen = server.introspect(good.access()).await;
    let metadata = client().get(server.at("/.well-known/oauth-authorization-server"));
    let metadata = read(metadata).await;
    for body in [&good.body, &seen, &metadata.body] {
        assert!(!body.to_string().contains(&secret));
    }
    // A scope is not a secret, so the description may repeat it; what proves the client is not looked at.
    assert_eq!(bad.error(), "invalid_scope");
}
