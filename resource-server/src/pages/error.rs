//! The error page: what happened, whose fault it is, what to do.

use askama::Template;
use axum::http::StatusCode;

use super::PageContext;
use super::texts::ProblemText;

/// Tells a person why there is nothing else to show.
#[derive(Debug, Template)]
#[template(path = "rooms/error.html")]
pub struct ErrorPage {
    /// What every page needs.
    pub page: PageContext,
    /// What went wrong.
    pub problem: Problem,
    /// The status the page is sent with.
    pub status: StatusCode,
    /// Under which the exact cause is in the log; the same as in the `X-Error-Id` header.
    pub error_id: String,
    /// The path of the room that it was about.
    pub room: Option<String>,
}

/// Everything an error page can be about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Problem {
    /// No room has this address.
    NoRoom,
    /// Nobody is signed in any more, or the form is another session's.
    FormExpired,
    /// Signed in, but not as somebody who may do this.
    Forbidden,
    /// A form or an address that makes no sense here.
    BadInput,
    /// The authorization server's answer is not for this browser, or came too late.
    SignInFailed,
    /// A part of the service is down.
    Unavailable,
    /// Our own mistake.
    Internal,
}

impl Problem {
    /// The status that usually goes with it.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::NoRoom => StatusCode::NOT_FOUND,
            Self::FormExpired | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::BadInput | Self::SignInFailed => StatusCode::BAD_REQUEST,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn is_ours(self) -> bool {
        matches!(self, Self::Unavailable | Self::Internal)
    }
}

impl ErrorPage {
    fn text(&self) -> &'static ProblemText {
        let problems = &self.page.t.problem;
        match self.problem {
            Problem::NoRoom => &problems.no_room,
            Problem::FormExpired => &problems.form_expired,
            Problem::Forbidden => &problems.forbidden,
            Problem::BadInput => &problems.bad_input,
            Problem::SignInFailed => &problems.sign_in_failed,
            Problem::Unavailable => &problems.unavailable,
            Problem::Internal => &problems.internal,
        }
    }
}
