//! The error page: what happened, whose fault it is, what to do.

use askama::Template;
use axum::http::StatusCode;

use super::PageContext;
use super::texts::{Problem, Text};

/// Tells a person why there is nothing else to show.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// What every page needs.
    pub page: PageContext,
    /// What went wrong.
    pub reason: ErrorReason,
    /// Under which the exact cause can be looked up; the same as in the `X-Error-Id` header.
    pub error_id: String,
    /// A hint for the application's developer that gives nothing away, such as which parameter was
    /// missing. Not translated.
    pub detail: Option<String>,
    /// Where to go instead; the front page if nothing better is known.
    pub back: Option<PageLink>,
}

/// A link with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageLink {
    /// A local path, or a URL that was validated.
    pub href: String,
    /// What it says, in the page's language.
    pub label: String,
}

/// Everything an error page can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorReason {
    /// No such client.
    UnknownClient,
    /// The redirect URI is missing or not one of the client's.
    RedirectUri,
    /// The authorization request cannot be understood, and must not be redirected.
    InvalidRequest,
    /// The client has been switched off.
    ClientDisabled,
    /// The client's review has not ended yet, or not well.
    ClientNotApproved,
    /// The CSRF token is missing, old or another session's.
    FormExpired,
    /// Signed in, but not as somebody who may see this.
    Forbidden,
    /// No such page.
    NotFound,
    /// The page exists, but not for this method.
    MethodNotAllowed,
    /// A form or an address that makes no sense here.
    BadInput,
    /// More than a form can hold.
    TooLarge,
    /// A body of another kind than a form.
    UnsupportedMediaType,
    /// Slow down.
    TooManyRequests {
        /// The `Retry-After` header.
        retry_after_seconds: u64,
    },
    /// A part of the service is down.
    Unavailable,
    /// Our own mistake.
    Internal,
}

/// Who can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The application that sent the user here.
    Application,
    /// Those who decide which applications may be used.
    Administrators,
    /// The person before the screen.
    User,
    /// This server.
    Server,
}

impl ErrorReason {
    /// The status the page is sent with.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::UnknownClient | Self::RedirectUri | Self::InvalidRequest | Self::BadInput => {
                StatusCode::BAD_REQUEST
            }
            Self::ClientDisabled | Self::ClientNotApproved | Self::FormExpired | Self::Forbidden => {
                StatusCode::FORBIDDEN
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Who can mend it.
    pub const fn fault(self) -> Fault {
        match self {
            Self::UnknownClient | Self::RedirectUri | Self::InvalidRequest => Fault::Application,
            Self::ClientDisabled | Self::ClientNotApproved => Fault::Administrators,
            Self::FormExpired
            | Self::Forbidden
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::BadInput
            | Self::TooLarge
            | Self::UnsupportedMediaType
            | Self::TooManyRequests { .. } => Fault::User,
            Self::Unavailable | Self::Internal => Fault::Server,
        }
    }
}

impl ErrorPage {
    fn problem(&self) -> &'static Problem {
        let problems = &self.page.t.problem;
        match self.reason {
            ErrorReason::UnknownClient => &problems.unknown_client,
            ErrorReason::RedirectUri => &problems.redirect_uri,
            ErrorReason::InvalidRequest => &problems.invalid_request,
            ErrorReason::ClientDisabled => &problems.client_disabled,
            ErrorReason::ClientNotApproved => &problems.client_not_approved,
            ErrorReason::FormExpired => &problems.form_expired,
            ErrorReason::Forbidden => &problems.forbidden,
            ErrorReason::NotFound => &problems.not_found,
            ErrorReason::MethodNotAllowed => &problems.method_not_allowed,
            ErrorReason::BadInput => &problems.bad_input,
            ErrorReason::TooLarge => &problems.too_large,
            ErrorReason::UnsupportedMediaType => &problems.unsupported_media_type,
            ErrorReason::TooManyRequests { .. } => &problems.too_many_requests,
            ErrorReason::Unavailable => &problems.unavailable,
            ErrorReason::Internal => &problems.internal,
        }
    }

    fn advice(&self) -> String {
        match self.reason {
            ErrorReason::TooManyRequests { retry_after_seconds } => self
                .problem()
                .advice
                .with("wait", self.page.t.duration(retry_after_seconds)),
            _ => self.problem().advice.to_string(),
        }
    }

    fn fault_text(&self) -> &'static Text {
        let texts = &self.page.t.error;
        match self.reason.fault() {
            Fault::Application => &texts.fault_application,
            Fault::Administrators => &texts.fault_administrators,
            Fault::User => &texts.fault_user,
            Fault::Server => &texts.fault_server,
        }
    }

    fn fault_class(&self) -> &'static str {
        match self.reason.fault() {
            Fault::Application => "badge-bad",
            Fault::User => "badge-info",
            Fault::Administrators | Fault::Server => "badge-warn",
        }
    }
}
