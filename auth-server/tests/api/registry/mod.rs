//! The operations behind console, admin API and command line, called as a page calls them.

mod declared;
mod developers;
mod reviewers;
mod untold;

use std::sync::Arc;

use auth_server::domain::user::User;
use auth_server::flows::registry::{Actor, Draft, Problem, Registry, RegistryError};

use crate::harness::{PASSWORD, Server};

/// A user with an operation to do.
struct Person {
    server: Arc<Server>,
    user: User,
}

impl Person {
    async fn new(server: &Arc<Server>, email: &str) -> Self {
        Self {
            user: server.add_user(email, PASSWORD).await,
            server: Arc::clone(server),
        }
    }

    fn registry(&self) -> Registry<'_> {
        let actor = Actor::user(&self.user, Some("192.0.2.1"));
        self.server.state.services.registry(actor)
    }
}

/// A draft in which everything is filled in.
fn draft(name: &str) -> Draft {
    Draft {
        name: name.to_owned(),
        homepage_url: Some("https://app.example/".to_owned()),
        policy_url: Some("https://app.example/policy".to_owned()),
        logo_url: Some("https://app.example/logo.png".to_owned()),
        use_case: Some("calendar".to_owned()),
        description: None,
        redirect_uris: vec!["https://app.example/callback".to_owned()],
        scope: "user:read meeting:read".parse().expect("a scope"),
        public: false,
    }
}

/// The fields that an operation names, with what is wrong.
fn named<T: std::fmt::Debug>(outcome: Result<T, RegistryError>) -> Vec<(&'static str, &'static str)> {
    match outcome {
        Err(RegistryError::Invalid(problems)) => problems
            .iter()
            .map(|problem| (problem.field, Problem::code(&problem.problem)))
            .collect(),
        other => panic!("{other:?}"),
    }
}
