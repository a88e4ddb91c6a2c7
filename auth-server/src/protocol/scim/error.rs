//! Errors of SCIM (RFC 7644 3.12): status, `scimType`, a detail for the sender and a reason for administrators.

use std::borrow::Cow;
use std::fmt;

/// What went wrong. The names are those of RFC 7644's table, and of its statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 7644 3.12 defines them")]
pub enum ScimErrorKind {
    InvalidFilter,
    InvalidPath,
    InvalidSyntax,
    InvalidValue,
    Mutability,
    NoTarget,
    TooMany,
    Uniqueness,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    PreconditionFailed,
    TooLarge,
    MediaType,
    NotImplemented,
}

impl ScimErrorKind {
    /// The status of the answer.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidFilter
            | Self::InvalidPath
            | Self::InvalidSyntax
            | Self::InvalidValue
            | Self::Mutability
            | Self::NoTarget
            | Self::TooMany => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Uniqueness => 409,
            Self::PreconditionFailed => 412,
            Self::TooLarge => 413,
            Self::MediaType => 415,
            Self::NotImplemented => 501,
        }
    }

    /// The `scimType`, where the RFC has one.
    pub const fn scim_type(self) -> Option<&'static str> {
        Some(match self {
            Self::InvalidFilter => "invalidFilter",
            Self::InvalidPath => "invalidPath",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidValue => "invalidValue",
            Self::Mutability => "mutability",
            Self::NoTarget => "noTarget",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Forbidden
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::PreconditionFailed
            | Self::TooLarge
            | Self::MediaType
            | Self::NotImplemented => return None,
        })
    }
}

/// An error of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimError {
    /// What went wrong.
    pub kind: ScimErrorKind,
    /// For the sender.
    pub detail: Cow<'static, str>,
}

impl ScimError {
    /// An error with what the sender is told.
    pub fn new(kind: ScimErrorKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }

    /// A value that cannot be.
    pub fn invalid_value(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ScimErrorKind::InvalidValue, detail)
    }

    /// A body that is not built as it should be.
    pub fn invalid_syntax(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ScimErrorKind::InvalidSyntax, detail)
    }
}

impl fmt::Display for ScimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}",
            self.kind.scim_type().unwrap_or("refused"),
            self.detail
        )
    }
}

impl std::error::Error for ScimError {}
