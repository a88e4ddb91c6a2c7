//! What a file declares.

use std::future::poll_fn;
use std::task::Poll;

use auth_server::flows::registry::{Actor, DeclaredResource, DeclaredUser};
use auth_server::store::sql::{applied, resources, users};

use crate::harness::Server;

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
