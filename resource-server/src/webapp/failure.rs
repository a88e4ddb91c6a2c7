//! Why a page is not shown. `frame.rs` makes the error page, as it knows the reader's language.

use axum::response::{IntoResponse, Response};

use crate::http::error::ApiError;
use crate::pages::Problem;
use crate::sign_in::SignInError;
use crate::store::StoreError;
use crate::verification::Refusal;
use axum::http::StatusCode;

/// A refusal on its way to its page.
#[derive(Clone, Debug)]
pub struct Failure {
    pub(super) problem: Problem,
    pub(super) status: StatusCode,
    /// For the log.
    pub(super) reason: String,
    /// The slug of the room that the reader may go to.
    pub(super) room: Option<String>,
}

impl Failure {
    pub(super) fn new(problem: Problem, reason: impl Into<String>) -> Self {
        Self {
            problem,
            status: problem.status(),
            reason: reason.into(),
            room: None,
        }
    }

    /// The page leads to this room.
    #[must_use]
    pub(super) fn at(mut self, slug: &str) -> Self {
        self.room = Some(slug.to_owned());
        self
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let problem = if error.is_unavailable() {
            Problem::Unavailable
        } else {
            Problem::Internal
        };
        Self::new(problem, error.to_string())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let problem = match refusal {
            Refusal::Unavailable { .. } => Problem::Unavailable,
            Refusal::Expired | Refusal::Invalid(_) => Problem::SignInFailed,
        };
        Self::new(problem, refusal.to_string())
    }
}

impl From<SignInError> for Failure {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Unavailable(_) => Self::new(
                Problem::Unavailable,
                format!("{error}; `resource-server doctor` tries the sign-in"),
            ),
            SignInError::Denied | SignInError::Distrusted(_) => {
                Self::new(Problem::SignInFailed, error.to_string())
            }
        }
    }
}

/// A body or query that cannot be read keeps its status.
impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self {
            status: error.status(),
            ..Self::new(Problem::BadInput, error.reason())
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
