//! `/api/v3/users/{id}/avatar`

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{App, Engine, Person, Reply, on_each_database};

const SCOPE: &str = "users.avatar";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\x00\xff picture";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0 picture";
const WEBP: &[u8] = b"RIFF\x10\x00\x00\x00WEBPVP8 ";

fn path(user: Uuid) -> String {
    format!("/api/v3/users/{user}/avatar")
}

async fn put(app: &App, person: &Person, user: Uuid, media_type: &str, picture: &[u8]) -> Reply {
    let request = app
        .request(Method::PUT, &path(user))
        .bearer_auth(&person.token)
        .header("content-type", media_type);
    Reply::of(request.body(picture.to_vec())).await
}

on_each_database! {
    /// S3.41, S3.42
    async fn a_picture_is_set_read_replaced_and_deleted(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, SCOPE);
        let image = format!("{}/image", path(ann.id));
        for path in [&path(ann.id), &image] {
            assert_eq!(app.get(path, &ann).await.status, 404);
        }
        let mut tags = Vec::new();
        for (picture, media_type) in [(PNG, "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp")] {
            // What the sender calls it does not count.
            let set = put(&app, &ann, ann.id, "text/plain", picture).await;
            assert_eq!(set.status, 200, "{set:?}");
            assert_eq!(set.body["media_type"], media_type);
            assert_eq!(set.body["size_bytes"], picture.len());
            assert_eq!(set.body["url"], format!("https://rooms.example.org{image}"));
            assert!(set.body["updated_at"].as_str().unwrap().ends_with('Z'), "{set:?}");
            assert_eq!(app.get(&path(ann.id), &ann).await.body, set.body);
            let reply = app.request(Method::GET, &image).bearer_auth(&ann.token).send().await.unwrap();
            let header = |name: &str| reply.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(reply.status(), 200);
            assert_eq!(header("content-type"), media_type);
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("cache-control"), "private, no-cache");
            assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
            let tag = header("etag");
            assert_eq!(tag, format!("\"{}\"", set.body["sha256"].as_str().unwrap()));
            assert_eq!(reply.bytes().await.unwrap(), picture);
            tags.push(tag);
        }
        // Who has the picture is not sent it again; who has an older one is.
        for (tag, status) in [(&tags[2], 304), (&format!("\"x\", W/{}", tags[2]), 304), (&tags[0], 200)] {
            let request = app.request(Method::GET, &image).bearer_auth(&ann.token).header("if-none-match", tag);
            let reply = request.send().await.unwrap();
            assert_eq!(reply.status(), status, "{tag}");
            assert_eq!(reply.headers()["etag"], tags[2].as_str());
            assert_eq!(reply.headers()["cache-control"], "private, no-cache");
            assert_eq!(reply.bytes().await.unwrap(), if status == 200 { WEBP } else { b"" });
        }
        for status in [204, 404] {
            assert_eq!(app.call(Method::DELETE, &path(ann.id), &ann, None).await.status, status);
        }
        let request = app.request(Method::GET, &image).bearer_auth(&ann.token).header("if-none-match", &tags[2]);
        assert_eq!(Reply::of(request).await.status, 404);
        assert_eq!(app.get(&path(ann.id), &ann).await.status, 404);
    }

    /// S3.10 to S3.12, S3.41, S3.42: users have their own picture, applications everybody's.
    async fn who_reads_and_writes_which_picture(engine) {
        let app = App::start(engine).await;
        let (ann, bob) = (Person::scoped(&app, SCOPE), Person::scoped(&app, SCOPE));
        let server = Person::server_wide(&app, SCOPE);
        app.issuer.scim.has_user(bob.id, "bob@example.org", "Bob");
        assert_eq!(put(&app, &server, bob.id, "image/png", PNG).await.status, 200);
        for (person, user, status) in
            [(&server, bob.id, 200), (&bob, bob.id, 200), (&ann, bob.id, 404), (&server, Uuid::new_v4(), 404)]
        {
            assert_eq!(app.get(&path(user), person).await.status, status);
            let image = format!("{}/image", path(user));
            let reply = app.request(Method::GET, &image).bearer_auth(&person.token).send().await.unwrap();
            assert_eq!(reply.status(), status);
            assert_eq!(put(&app, person, user, "image/png", PNG).await.status, status);
            if status == 404 {
                assert_eq!(app.call(Method::DELETE, &path(user), person, None).await.status, 404);
            }
        }
        assert_eq!(app.call(Method::DELETE, &path(bob.id), &server, None).await.status, 204);
    }

    async fn the_largest_picture_fits_and_one_byte_more_does_not(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, SCOPE);
        let mut picture = PNG.to_vec();
        picture.resize(256 * 1024, 7);
        assert_eq!(put(&app, &ann, ann.id, "image/png", &picture).await.status, 200);
        let image = format!("{}/image", path(ann.id));
        let reply = app.request(Method::GET, &image).bearer_auth(&ann.token).send().await.unwrap();
        assert_eq!(reply.bytes().await.unwrap(), picture);
        picture.push(7);
        let refused = put(&app, &ann, ann.id, "image/png", &picture).await;
        assert_eq!((refused.status.as_u16(), refused.body["detail"].is_string()), (413, true));
        // Without a length said in advance, too.
        let parts = futures_util::stream::iter(picture.chunks(1000).map(|part| Ok::<_, std::io::Error>(part.to_vec())).collect::<Vec<_>>());
        let request = app.request(Method::PUT, &path(ann.id)).bearer_auth(&ann.token);
        assert_eq!(Reply::of(request.body(reqwest::Body::wrap_stream(parts))).await.status, 413);
        assert_eq!(app.get(&path(ann.id), &ann).await.body["size_bytes"], 256 * 1024);
    }
}

/// S3.42: pictures hold pixels; what can hold a program is refused, whatever it is called.
#[tokio::test]
async fn what_is_no_picture_is_refused() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::scoped(&app, SCOPE);
    for body in [
        &b""[..],
        b"{}",
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
        b"<?xml version=\"1.0\"?><svg/>",
        b"<html>",
        b"GIF89a",
        b"RIFF\x10\x00\x00\x00WAVE",
        b"\x89PNG\r\n",
        b" \x89PNG\r\n\x1a\n",
        b"%PDF-1.7",
    ] {
        for media_type in ["image/png", "image/svg+xml", "application/json"] {
            let reply = put(&app, &ann, ann.id, media_type, body).await;
            assert_eq!(reply.status, 415, "{body:?}");
            assert!(reply.body["detail"].is_string(), "{reply:?}");
        }
    }
    assert_eq!(app.get(&path(ann.id), &ann).await.status, 404);
}

/// S3.41, S3.42, S3.50: permissions on users say nothing about pictures.
#[tokio::test]
async fn users_permissions_are_not_enough() {
    let app = App::start(Engine::Sqlite).await;
    for (scope, get, set) in [
        ("users", 403, 403),
        ("users:read users:write", 403, 403),
        ("users.avatar:read", 404, 403),
        ("users.avatar:write", 403, 200),
        ("users.avatar", 200, 200),
    ] {
        let ann = Person::scoped(&app, scope);
        assert_eq!(
            put(&app, &ann, ann.id, "image/png", PNG).await.status,
            set,
            "{scope}"
        );
        for path in [path(ann.id), format!("{}/image", path(ann.id))] {
            let request = app.request(Method::GET, &path).bearer_auth(&ann.token);
            assert_eq!(request.send().await.unwrap().status(), get, "{scope}");
        }
    }
    // The document says the same of the picture itself.
    let document = Reply::of(app.request(Method::GET, "/openapi.json")).await.body;
    let security: &Value = &document["paths"]["/api/v3/users/{id}/avatar/image"]["get"]["security"];
    assert_eq!(security, &json!([{ "bearer": ["users.avatar:read"] }]));
}
