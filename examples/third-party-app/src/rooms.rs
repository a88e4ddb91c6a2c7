//! The user's rooms, from the API that the user's permission is for.

use axum::http::StatusCode;
use reqwest::{RequestBuilder, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::App;
use crate::oauth::{Connection, OAuthError};

const ROOMS: &str = "/external-api/v1.0/rooms";

/// A room, as far as this app shows it.
#[derive(Deserialize)]
pub struct Room {
    /// Rooms need not have a name.
    pub name: Option<String>,
    /// The short name in its address.
    pub slug: String,
    /// Where people meet.
    pub url: String,
}

/// A page of rooms.
#[derive(Deserialize)]
pub struct Rooms {
    /// How many there are.
    pub count: u64,
    /// The newest of them.
    pub results: Vec<Room>,
}

/// Why a call did not work.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The token could not be replaced.
    #[error(transparent)]
    OAuth(#[from] OAuthError),
    /// The API said no.
    #[error("{status}: {detail}")]
    Refused {
        /// Such as 403.
        status: StatusCode,
        /// Its words.
        detail: String,
    },
    /// No usable answer.
    #[error("the rooms service does not answer: {0}")]
    Unreachable(String),
}

impl App {
    /// The newest rooms of the user.
    pub async fn list_rooms(&self, connection: &mut Connection) -> Result<Rooms, ApiError> {
        let url = format!("{}{ROOMS}?page_size=100", self.resource_url);
        let answer = self.call(connection, || self.http.get(&url)).await?;
        answer.json().await.map_err(unreachable)
    }

    /// A new room.
    pub async fn create_room(&self, connection: &mut Connection, name: &str) -> Result<Room, ApiError> {
        let url = format!("{}{ROOMS}", self.resource_url);
        let body = json!({ "name": name });
        let answer = self.call(connection, || self.http.post(&url).json(&body)).await?;
        answer.json().await.map_err(unreachable)
    }

    /// Sends a request with the user's token. A token that is over is replaced first; one that is refused is
    /// replaced and the request sent once more, which is safe: what was answered with 401 was not done.
    async fn call(
        &self,
        connection: &mut Connection,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Response, ApiError> {
        let mut fresh = false;
        if connection.is_over() {
            *connection = self.oauth.refresh(connection).await?;
            fresh = true;
        }
        loop {
            let request = request().bearer_auth(connection.access_token());
            let answer = request.send().await.map_err(unreachable)?;
            let status = answer.status();
            if status.is_success() {
                return Ok(answer);
            }
            if status != StatusCode::UNAUTHORIZED || fresh {
                return Err(refused(status, answer).await);
            }
            *connection = self.oauth.refresh(connection).await?;
            fresh = true;
        }
    }
}

/// Errors are `{"detail": "..."}`, or `{"<field>": ["..."]}` for what was typed.
async fn refused(status: StatusCode, answer: Response) -> ApiError {
    let body: Value = answer.json().await.unwrap_or_default();
    let words = match &body {
        Value::Object(fields) => fields.get("detail").or_else(|| fields.values().next()),
        _ => None,
    };
    let words = match words {
        Some(Value::Array(list)) => list.first(),
        other => other,
    };
    ApiError::Refused {
        status,
        detail: words
            .and_then(Value::as_str)
            .unwrap_or("no reason given")
            .to_owned(),
    }
}

fn unreachable(error: reqwest::Error) -> ApiError {
    ApiError::Unreachable(error.without_url().to_string())
}
