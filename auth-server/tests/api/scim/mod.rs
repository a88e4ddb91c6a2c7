//! `/scim/v2` (RFC 7643, RFC 7644).

mod access;
mod filters;
mod groups;
mod protocol;
mod target;
mod user_changes;
mod user_lives;
mod users;

use auth_server::domain::policy::Profile;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::harness::{NewApplication, Server, Tokens, client, read};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// What a SCIM client presents.
#[derive(Clone, Debug)]
enum Presents {
    Nothing,
    Basic(String, String),
    Bearer(String),
}

/// A SCIM client of one server.
#[derive(Clone, Debug)]
struct Scim {
    url: String,
    presents: Presents,
}

impl Scim {
    /// The server's own resource server.
    fn of(server: &Server) -> Self {
        let (id, secret) = (&server.resource.client_id, &server.resource_secret);
        Self::with(server, Presents::Basic(id.clone(), secret.clone()))
    }

    fn with(server: &Server, presents: Presents) -> Self {
        Self {
            url: server.at("/scim/v2"),
            presents,
        }
    }

    /// A provisioning system with a token of `scope`.
    async fn bearer(server: &Server, scope: &str) -> Self {
        let new = NewApplication::of(Profile::Standard).scope(scope);
        let application = server.application(new).await;
        let issuer = &server.config.issuer_url;
        let tokens = application
            .token(&[("grant_type", "client_credentials"), ("resource", issuer)])
            .await
            .ok();
        Self::with(server, Presents::Bearer(tokens.access().to_owned()))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = client().request(method, format!("{}{path}", self.url));
        match &self.presents {
            Presents::Nothing => request,
            Presents::Basic(id, secret) => request.basic_auth(id, Some(secret)),
            Presents::Bearer(token) => request.bearer_auth(token),
        }
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Tokens {
        let request = self
            .request(method, path)
            .header("content-type", "application/scim+json");
        read(request.body(body.to_string())).await
    }

    async fn get(&self, path: &str) -> Tokens {
        read(self.request(Method::GET, path)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Tokens {
        self.send(Method::POST, path, body).await
    }

    async fn put(&self, path: &str, body: &Value) -> Tokens {
        self.send(Method::PUT, path, body).await
    }

    async fn delete(&self, path: &str) -> Tokens {
        read(self.request(Method::DELETE, path)).await
    }

    /// PATCH with these operations.
    async fn patch(&self, path: &str, operations: Value) -> Tokens {
        let body = json!({"schemas": [PATCH], "Operations": operations});
        self.send(Method::PATCH, path, &body).await
    }

    /// Makes a user and returns the id.
    async fn user(&self, email: &str) -> String {
        let made = self
            .post("/Users", &json!({"schemas": [USER], "userName": email}))
            .await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.get("id").to_owned()
    }

    /// Makes a group and returns the id.
    async fn group(&self, name: &str, members: &[&String]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let body = json!({"schemas": [GROUP], "displayName": name, "members": members});
        let made = self.post("/Groups", &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.get("id").to_owned()
    }

    /// The ids that a list has.
    async fn ids(&self, path: &str, filter: &str) -> Vec<String> {
        let answer = read(self.request(Method::GET, path).query(&[("filter", filter)])).await;
        assert_eq!(answer.status, 200, "{filter}: {}", answer.body);
        let resources = answer.body["Resources"].as_array().expect("a list").clone();
        assert_eq!(answer.body["totalResults"], resources.len(), "{filter}");
        let ids = resources
            .iter()
            .map(|one| one["id"].as_str().expect("an id").to_owned());
        ids.collect()
    }
}

/// An error: status and `scimType`, in the shape that SCIM wants, with an error id.
#[track_caller]
fn refused(answer: &Tokens, status: u16, scim_type: Option<&str>) {
    let what = format!("{} {}", answer.status, answer.body);
    assert_eq!(answer.status, status, "{what}");
    assert_eq!(answer.body["scimType"].as_str(), scim_type, "{what}");
    assert_eq!(answer.body["status"], status.to_string(), "{what}");
    assert_eq!(
        answer.body["schemas"],
        json!(["urn:ietf:params:scim:api:messages:2.0:Error"]),
        "{what}"
    );
    assert!(answer.body["detail"].is_string(), "{what}");
    assert_eq!(answer.headers["content-type"], "application/scim+json", "{what}");
    assert!(answer.headers.contains_key("x-error-id"), "{what}");
}

/// The id of a user that the harness made.
async fn id_of(scim: &Scim, email: &str) -> String {
    scim.ids("/Users", &format!("userName eq \"{email}\""))
        .await
        .remove(0)
}

/// Whether somebody can sign in with a password.
async fn signs_in(server: &Server, email: &str, password: &str) -> bool {
    let new = NewApplication::of(Profile::Trueconf);
    let application = server.application(new).await;
    let answer = application
        .token(&[
            ("grant_type", "password"),
            ("username", email),
            ("password", password),
        ])
        .await;
    assert!(answer.status == 200 || answer.error() == "invalid_grant");
    answer.status == 200
}
