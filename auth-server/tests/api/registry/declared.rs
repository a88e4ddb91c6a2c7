//! What a file declares.

use std::future::poll_fn;
use std::task::Poll;

use auth_server::domain::policy::Profile;
use auth_server::domain::token::TokenFilter;
use auth_server::flows::registry::{
    Actor, DeclaredApplication, DeclaredResource, DeclaredUser, NewApplication, Outcome,
};
use auth_server::store::sql::people::{self, Update};
use auth_server::store::sql::{applications, applied, resources, users};

use crate::harness::{Application, EMAIL, Server};

/// Goes on with `work` until it has been asked `most` times, and leaves it there, as somebody does who stops the
/// command. True when it came to its end.
async fn cut_off(work: impl Future, most: usize) -> bool {
    let mut work = Box::pin(work);
    let mut asked = 0;
    poll_fn(|context| {
        asked += 1;
        if asked > most {
            return Poll::Ready(false);
        }
        work.as_mut().poll(context).map(|_| true)
    })
    .await
}

/// Wherever `apply` is cut off: what it made, it knows by its id, so that --prune can take it away.
#[tokio::test(flavor = "multi_thread")]
async fn what_apply_made_is_known_wherever_it_was_cut_off() {
    let server = Server::start().await;
    let services = &server.state.services;
    let registry = services.registry(Actor::command_line());
    let marks = async |kind: &str| applied::all(&services.database, kind).await.expect("the marks");
    for most in 0.. {
        let email = format!("declared{most}@example.com");
        let declared = DeclaredUser {
            email: email.clone(),
            name: None,
            roles: None,
            language: None,
            password_hash: None,
            disabled: false,
        };
        let done = cut_off(registry.declare_user(&declared, false), most).await;
        let made = users::find_by_email(&services.database, &email).await;
        if let Some(user) = made.expect("the database") {
            let mark = (email, user.id.to_string());
            assert!(marks("user").await.contains(&mark), "cut off after {most}");
        }
        if done {
            break;
        }
    }
    for most in 0.. {
        let url = format!("https://api{most}.example");
        let declared = DeclaredResource {
            name: "API".to_owned(),
            url: url.clone(),
            scope_prefix: None,
            first_party: false,
            requires_signed_introspection: false,
            encryption_key: None,
            secret: None,
            disabled: false,
        };
        let done = cut_off(registry.declare_resource(&declared, false), most).await;
        let known = resources::all(&services.database).await.expect("the database");
        if let Some(made) = known.into_iter().find(|resource| resource.url == url) {
            let mark = (url, made.client_id);
            assert!(
                marks("resource_server").await.contains(&mark),
                "cut off after {most}"
            );
        }
        if done {
            break;
        }
    }
}

/// S3.5, S3.6: a block that is declared ends what an earlier one, cut off in between, left alive.
#[tokio::test(flavor = "multi_thread")]
async fn blocked_again() {
    let server = Server::start().await;
    let services = &server.state.services;
    let registry = services.registry(Actor::command_line());
    let mut declared = DeclaredApplication {
        application: NewApplication {
            client_id: Some("calendar".to_owned()),
            ..NewApplication::of(Profile::Standard, "Calendar")
        },
        disabled: false,
        secrets: None,
    };
    let made = registry.declare_application(&declared, false).await;
    let secret = made.expect("made").secret.expect("a secret");
    let calendar = Application {
        url: server.url.clone(),
        client_id: "calendar".to_owned(),
        secret: Some(secret.reveal().to_owned()),
        redirect_uri: String::new(),
    };
    calendar.token(&[("grant_type", "client_credentials")]).await.ok();
    let left = async |filter: TokenFilter| {
        let left = registry.live_tokens(&filter, None, 10).await;
        left.expect("the tokens").items.len()
    };
    let of_calendar = || TokenFilter::Client("calendar".to_owned());
    assert!(
        applications::set_disabled(&services.database, "calendar", true)
            .await
            .expect("SQL")
    );
    declared.disabled = true;
    let dry = registry.declare_application(&declared, true).await;
    assert_eq!(dry.expect("considered").outcome, Outcome::Same);
    assert_eq!(left(of_calendar()).await, 1);
    let done = registry.declare_application(&declared, false).await;
    assert_eq!(done.expect("declared").outcome, Outcome::Same);
    assert_eq!(left(of_calendar()).await, 0);

    let application = server
        .application(crate::harness::NewApplication::of(Profile::Standard))
        .await;
    application.tokens(&server, &[]).await;
    let user = users::find_by_email(&services.database, EMAIL).await;
    let user = user.expect("SQL").expect("a user");
    let blocked = Update {
        disabled: Some(true),
        ..Update::default()
    };
    people::update(&services.database, user.id, &blocked, services.clock.now())
        .await
        .expect("SQL");
    assert_eq!(left(TokenFilter::User(user.id)).await, 1);
    let declared = DeclaredUser {
        email: EMAIL.to_owned(),
        name: None,
        roles: None,
        language: None,
        password_hash: None,
        disabled: true,
    };
    let done = registry.declare_user(&declared, false).await;
    assert_eq!(done.expect("declared").outcome, Outcome::Same);
    assert_eq!(left(TokenFilter::User(user.id)).await, 0);
    assert!(server.sessions(EMAIL).await.is_empty());
}
