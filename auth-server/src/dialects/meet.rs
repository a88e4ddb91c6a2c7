//! La Suite Meet, application-delegated variant: `POST /external-api/v1.0/application/token`, as a form or as JSON.
//! Its errors are texts for people, under `error` and `detail` alike; what is wrong with a field stands under the
//! field's name.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::domain::application::AuthMethod;
use crate::domain::secret::PlainToken;
use crate::flows::authenticate::Credentials;
use crate::flows::delegation::DelegationError;
use crate::flows::{FlowError, Issued};
use crate::http::body::{self, BodyError};
use crate::http::failure::{self, Reason};
use crate::http::visitor::ClientAddress;
use crate::http::{client_auth, rate_limit, token};
use crate::protocol::request::Params;
use crate::state::AppState;

/// Every field is required.
const FIELDS: [&str; 4] = ["client_id", "client_secret", "grant_type", "scope"];

/// Why no token is issued.
enum Refusal {
    /// The body cannot be read.
    Body(BodyError),
    /// What is wrong, by field.
    Fields(Map<String, Value>),
    /// What the flow says.
    Delegation(DelegationError),
}

impl<E: Into<DelegationError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Delegation(error.into())
    }
}

/// Issues a token for the user whose e-mail address is the `scope`.
pub async fn post(State(state): State<AppState>, address: ClientAddress, request: Request) -> Response {
    match issue(&state, address, request).await {
        Ok(issued) => token::respond(&issued),
        Err(refusal) => {
            let guess = matches!(
                refusal,
                Refusal::Delegation(DelegationError::Credentials(_) | DelegationError::UnknownUser(_))
            );
            if guess {
                rate_limit::count_failure(&state, address);
            }
            refuse(&refusal)
        }
    }
}

async fn issue(state: &AppState, address: ClientAddress, request: Request) -> Result<Issued, Refusal> {
    rate_limit::check_address(state, address)?;
    let (parts, body) = request.into_parts();
    let params = body::read(&parts.headers, body).await.map_err(Refusal::Body)?;
    client_auth::check_query(&parts).map_err(FlowError::from)?;
    let [client_id, secret, email] = read_fields(&params)?;
    let credentials = Credentials {
        client_id: client_id.to_owned(),
        secret: Some(PlainToken::presented(secret)),
        method: AuthMethod::ClientSecretPost,
    };
    let application = state.services.delegating_application(&credentials).await?;
    token::count(state, &application)?;
    Ok(state.services.delegate(&application, email, &params).await?)
}

/// Id, secret and address; the grant type can only be one.
fn read_fields(params: &Params) -> Result<[&str; 3], Refusal> {
    let mut problems = Map::new();
    let mut report = |name: &str, problem: String| problems.insert(name.to_owned(), json!([problem]));
    let values = FIELDS.map(|name| match params.get(name) {
        Some(value) if name == "grant_type" && value != "client_credentials" => {
            report(
                name,
                format!("\"{}\" is not a valid choice.", body::echoed(value)),
            );
            ""
        }
        Some(value) => value,
        None => {
            report(name, "This field is required.".to_owned());
            ""
        }
    });
    if let Some(name) = params.duplicate() {
        report(&body::echoed(name), "This field is repeated.".to_owned());
    }
    if problems.is_empty() {
        let [client_id, secret, _, email] = values;
        Ok([client_id, secret, email])
    } else {
        Err(Refusal::Fields(problems))
    }
}

fn refuse(refusal: &Refusal) -> Response {
    match refusal {
        Refusal::Body(error) => refuse_body(error),
        Refusal::Fields(problems) => {
            let names: Vec<_> = problems.keys().map(String::as_str).collect();
            let reason = format!("fields: {}", names.join(", "));
            answer(StatusCode::BAD_REQUEST, &problems, reason)
        }
        Refusal::Delegation(error) => refuse_delegation(error),
    }
}

fn refuse_body(error: &BodyError) -> Response {
    let body = match error {
        BodyError::MediaType { sent } => {
            json!({"detail": format!("Unsupported media type \"{sent}\" in request.")})
        }
        BodyError::Member { name, problem } => json!({name: [format!("This field {problem}.")]}),
        BodyError::Form(_) | BodyError::Json { .. } => texts(&error.to_string()),
    };
    answer(failure::body_status(error), &body, error.to_string())
}

fn refuse_delegation(error: &DelegationError) -> Response {
    let (status, body) = match error {
        DelegationError::Credentials(_) => (StatusCode::UNAUTHORIZED, texts("Invalid credentials")),
        DelegationError::Inactive(_) => (StatusCode::UNAUTHORIZED, texts("Application is inactive")),
        DelegationError::Address(_) => (
            StatusCode::BAD_REQUEST,
            json!({"scope": ["Invalid email address."]}),
        ),
        DelegationError::Domain { .. } => (
            StatusCode::FORBIDDEN,
            texts("This application is not authorized for this email domain."),
        ),
        DelegationError::UnknownUser(_) => (StatusCode::BAD_REQUEST, texts("User not found.")),
        DelegationError::Flow(FlowError::Protocol(error)) => (
            StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::BAD_REQUEST),
            texts(&error.description),
        ),
        DelegationError::Flow(error) => {
            let (status, retry_after, text) = failure::outage(error);
            let mut response = answer(status, &texts(text), error.to_string());
            response.headers_mut().insert(RETRY_AFTER, retry_after.into());
            return response;
        }
    };
    answer(status, &body, error.to_string())
}

/// One text under both names that the documents use.
fn texts(text: &str) -> Value {
    json!({"error": text, "detail": text})
}

fn answer(status: StatusCode, body: &impl serde::Serialize, reason: String) -> Response {
    let mut response = failure::no_store((status, Json(body)).into_response());
    if status == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(WWW_AUTHENTICATE, failure::client_challenge());
    }
    response.extensions_mut().insert(Reason(reason));
    response
}
