//! People with tokens.

use serde_json::{Value, json};
use token_format::sign::ACCESS_TOKEN_TYPE;
use uuid::Uuid;

use super::app::{App, RESOURCE};

/// Every scope of the Meet API, as a user's token has them.
pub const ALL: &str = "lasuite_visio lasuite_visio:rooms:list lasuite_visio:rooms:retrieve lasuite_visio:rooms:create \
     lasuite_visio:rooms:update lasuite_visio:rooms:delete";

/// Somebody, with a token of some application.
#[derive(Clone)]
pub struct Person {
    pub id: Uuid,
    pub client_id: String,
    pub jti: Uuid,
    pub claims: Value,
    pub token: String,
}

impl Person {
    /// A new user with every scope.
    pub fn new(app: &App) -> Self {
        Self::with(app, |_| {})
    }

    /// A new user whose token has these scopes.
    pub fn scoped(app: &App, scope: &str) -> Self {
        Self::with(app, |claims| claims["scope"] = scope.into())
    }

    /// A new user whose token differs from the usual one.
    pub fn with(app: &App, change: impl FnOnce(&mut Value)) -> Self {
        let id = Uuid::new_v4();
        let client_id = Uuid::new_v4().to_string();
        let jti = jti(app.now_millis());
        let now = app.now_millis() / 1000;
        let mut claims = json!({
            "iss": app.issuer.url, "aud": RESOURCE, "sub": id, "user_id": id, "client_id": client_id,
            "exp": now + 3600, "iat": now, "jti": jti, "scope": ALL, "email": format!("{id}@Example.org"),
        });
        change(&mut claims);
        let token = app.issuer.key.sign(ACCESS_TOKEN_TYPE, &claims).unwrap();
        Self {
            id,
            client_id: claims["client_id"].as_str().unwrap_or_default().to_owned(),
            jti,
            claims,
            token,
        }
    }

    /// An application that acts for itself, with these scopes.
    pub fn server_wide(app: &App, scope: &str) -> Self {
        Self::with(app, |claims| {
            let members = claims.as_object_mut().unwrap();
            members.remove("user_id");
            members.remove("email");
            members["sub"] = members["client_id"].clone();
            members["scope"] = scope.into();
        })
    }

    /// The same user with a token that differs.
    pub fn again(&self, app: &App, change: impl FnOnce(&mut Value)) -> Self {
        let mut person = self.clone();
        person.jti = jti(app.now_millis());
        person.claims["jti"] = json!(person.jti);
        change(&mut person.claims);
        person.client_id = person.claims["client_id"].as_str().unwrap_or_default().to_owned();
        person.token = app.issuer.key.sign(ACCESS_TOKEN_TYPE, &person.claims).unwrap();
        person
    }

    /// As it is written in the token, in mixed case.
    pub fn email(&self) -> String {
        self.claims["email"].as_str().unwrap().to_owned()
    }

    /// The same claims as an answer of introspection.
    pub fn introspected(&self) -> Value {
        let mut answer = self.claims.clone();
        answer["active"] = true.into();
        answer["token_type"] = "Bearer".into();
        answer
    }
}

fn jti(millis: i64) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(millis).unwrap(), &rand::random()).into_uuid()
}
