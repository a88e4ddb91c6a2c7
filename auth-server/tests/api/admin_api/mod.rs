//! `/admin/api/v1`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod applications;
mod others;
mod sending;
mod users;

use auth_server::domain::policy::Profile;
use auth_server::domain::role::Role;
use reqwest::Method;
use serde_json::Value;

use crate::harness::{Application, NewApplication, PASSWORD, Server, Tokens, client, read};

const BASE: &str = "/admin/api/v1";

/// A program with a token.
pub struct Admin {
    url: String,
    token: String,
}

impl Admin {
    /// With a server-wide token of an application that was given these permissions.
    async fn with(server: &Server, scope: &str) -> Self {
        let application = trusted(server, scope).await;
        let fields = [
            ("grant_type", "client_credentials"),
            ("resource", server.url.as_str()),
        ];
        Self::of(server, &application.token(&fields).await.ok())
    }

    /// With a token of a user who has these roles.
    async fn user(server: &Server, roles: &[Role], scope: &str) -> Self {
        let email = format!("{}@example.com", uuid::Uuid::new_v4());
        let user = server.add_user(&email, PASSWORD).await;
        server.give_roles(user.id, roles).await;
        let application = trusted(server, scope).await;
        let fields = [
            ("grant_type", "password"),
            ("username", email.as_str()),
            ("password", PASSWORD),
            ("resource", server.url.as_str()),
        ];
        Self::of(server, &application.token(&fields).await.ok())
    }

    fn of(server: &Server, tokens: &Tokens) -> Self {
        Self {
            url: server.url.clone(),
            token: tokens.access().to_owned(),
        }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        client()
            .request(method, format!("{}{BASE}{path}", self.url))
            .bearer_auth(&self.token)
    }

    async fn get(&self, path: &str) -> Tokens {
        read(self.request(Method::GET, path)).await
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Tokens {
        read(self.request(method, path).json(body)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Tokens {
        self.send(Method::POST, path, body).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Tokens {
        self.send(Method::PATCH, path, body).await
    }

    async fn put(&self, path: &str, body: &Value) -> Tokens {
        self.send(Method::PUT, path, body).await
    }

    async fn delete(&self, path: &str) -> u16 {
        read(self.request(Method::DELETE, path)).await.status
    }
}

/// An application that an operator gave permissions of the server itself.
async fn trusted(server: &Server, scope: &str) -> Application {
    server
        .application(NewApplication::of(Profile::Trueconf).scope(scope))
        .await
}

/// The codes of the fields that a refusal names.
fn fields(answer: &Tokens) -> Vec<String> {
    assert_eq!(answer.status, 422, "{}", answer.body);
    let named = answer.body["fields"].as_array().expect("fields");
    named
        .iter()
        .map(|field| {
            format!(
                "{} {}",
                field["field"].as_str().unwrap(),
                field["code"].as_str().unwrap()
            )
        })
        .collect()
}
