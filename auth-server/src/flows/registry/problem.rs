//! Why an operation of the registry was not done: said so exactly that a form can show it beside its field in any
//! language, and a program can act on it.

use crate::keys::KeysError;
use crate::passwords::PasswordError;
use crate::protocol::redirect::UrlProblem;
use crate::store::StoreError;

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Fields that cannot be as they are; all of them, not only the first.
    #[error("{}", listed(.0))]
    Invalid(Vec<FieldProblem>),
    /// There is no such thing, or it is none of the caller's business.
    #[error("there is no such {}", .0.name())]
    NotFound(Thing),
    /// The thing is not in the state for it.
    #[error("{0}")]
    Conflict(#[from] Conflict),
    /// A store is out of reach: nothing changed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The change is saved, but could not be announced.
    #[error("the change is saved, but running servers could not be told ({0}); they notice within a minute")]
    Untold(StoreError),
    /// A password cannot be hashed now.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A key cannot be read or made.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// A field that cannot be as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field, as the API names it.
    pub field: &'static str,
    /// Which of its values, where it has several.
    pub index: Option<usize>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It must have a value.
    #[error("this is needed")]
    Required,
    /// A name of something.
    #[error("a name has 1 to 200 characters, without control characters and invisible ones")]
    Name,
    /// Another application has the name (S4.6).
    #[error("another application has this name already")]
    NameTaken,
    /// More characters than there may be.
    #[error("this has at most {most} characters")]
    TooLong {
        /// How many there may be.
        most: usize,
    },
    /// Line breaks and the like where there may be none.
    #[error("this has control characters")]
    ControlCharacters,
    /// More values than there may be.
    #[error("there may be at most {most}")]
    TooMany {
        /// How many there may be.
        most: usize,
    },
    /// The same value twice.
    #[error("this is there twice")]
    Repeated,
    /// A redirect URI that breaks a rule.
    #[error(transparent)]
    Url(#[from] UrlProblem),
    /// Not an address of a page.
    #[error("this is not a web address that begins with https://")]
    WebAddress,
    /// Not a domain of e-mail addresses.
    #[error("{reason}")]
    Domain {
        /// The rule.
        reason: &'static str,
    },
    /// Not a scope by its characters or its length.
    #[error("scope: {reason}")]
    Scope {
        /// What is wrong.
        reason: String,
    },
    /// A permission that nobody described.
    #[error("there is no permission {scope}")]
    ScopeUnknown {
        /// The permission.
        scope: String,
    },
    /// A permission of this server itself, which no developer takes.
    #[error("the permission {scope} is given by administrators alone")]
    ScopeReserved {
        /// The permission.
        scope: String,
    },
    /// A permission that changes users or groups that live elsewhere (S3.58).
    #[error(
        "users and groups live in an LDAP directory, which cannot be changed from here: {scope} is not to be had"
    )]
    ScopeUnavailable {
        /// The permissions.
        scope: String,
    },
    /// A policy that no server may follow.
    #[error("{reason}")]
    Policy {
        /// The rule.
        reason: String,
    },
    /// None of the list.
    #[error("this is none of the values there are")]
    Choice,
    /// Not an e-mail address.
    #[error("{reason}")]
    Email {
        /// The rule.
        reason: &'static str,
    },
    /// Another user has the address.
    #[error("there is a user with this address already")]
    EmailTaken,
    /// A password nobody may choose.
    #[error("{reason}")]
    NewPassword {
        /// The rule.
        reason: &'static str,
    },
    /// Nobody has this address or id.
    #[error("there is no such user")]
    UnknownUser,
    /// No application has this id, or one of another kind.
    #[error("there is no application with this id")]
    UnknownApplication,
    /// An end that is over already.
    #[error("this moment is over")]
    Past,
    /// A number outside its bounds.
    #[error("this is between {least} and {most}")]
    Range {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// A client id that could be taken for another id.
    #[error(
        "a client id is a UUID of version 4, or 3 to 63 lower-case letters, digits and hyphens that begin with a \
         letter and are no UUID"
    )]
    ClientId,
    /// Another application, resource server or user has it.
    #[error("this is taken already")]
    Taken,
    /// Not the address of a resource server.
    #[error("a resource is an http(s) address without fragment (RFC 8707 2)")]
    Resource,
    /// Not a public key.
    #[error("{reason}")]
    Key {
        /// What is wrong.
        reason: String,
    },
    /// Not an address that events can be sent to.
    #[error("{reason}")]
    Target {
        /// What is wrong.
        reason: String,
    },
    /// The application cannot have it, being of its kind.
    #[error("{reason}")]
    Kind {
        /// The rule.
        reason: &'static str,
    },
}

impl Problem {
    /// A name for the rule, for texts in every language and for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Name => "name",
            Self::NameTaken => "name_taken",
            Self::TooLong { .. } => "too_long",
            Self::ControlCharacters => "control_characters",
            Self::TooMany { .. } => "too_many",
            Self::Repeated => "repeated",
            Self::Url(problem) => problem.code(),
            Self::WebAddress => "web_address",
            Self::Domain { .. } => "domain",
            Self::Scope { .. } => "scope",
            Self::ScopeUnknown { .. } => "scope_unknown",
            Self::ScopeReserved { .. } => "scope_reserved",
            Self::ScopeUnavailable { .. } => "scope_unavailable",
            Self::Policy { .. } => "policy",
            Self::Choice => "choice",
            Self::Email { .. } => "email",
            Self::EmailTaken => "email_taken",
            Self::NewPassword { .. } => "password",
            Self::UnknownUser => "unknown_user",
            Self::UnknownApplication => "unknown_application",
            Self::Past => "past",
            Self::Range { .. } => "range",
            Self::ClientId => "client_id",
            Self::Taken => "taken",
            Self::Resource => "resource",
            Self::Key { .. } => "key",
            Self::Target { .. } => "target",
            Self::Kind { .. } => "kind",
        }
    }

    /// What a text about it may name: `{most}` and the like.
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::TooLong { most } | Self::TooMany { most } => vec![("most", most.to_string())],
            Self::ScopeUnknown { scope }
            | Self::ScopeReserved { scope }
            | Self::ScopeUnavailable { scope } => {
                vec![("scope", scope.clone())]
            }
            Self::Range { least, most } => vec![("least", least.to_string()), ("most", most.to_string())],
            Self::Url(UrlProblem::DangerousScheme { scheme } | UrlProblem::Scheme { scheme }) => {
                vec![("scheme", scheme.clone())]
            }
            Self::Url(UrlProblem::QueryParameter { name }) => vec![("parameter", name.clone())],
            _ => Vec::new(),
        }
    }

    /// The problem of a field.
    pub fn of(self, field: &'static str) -> FieldProblem {
        FieldProblem {
            field,
            index: None,
            problem: self,
        }
    }

    /// The problem of one of a field's values.
    pub fn of_value(self, field: &'static str, index: usize) -> FieldProblem {
        FieldProblem {
            field,
            index: Some(index),
            problem: self,
        }
    }
}

impl From<FieldProblem> for RegistryError {
    fn from(problem: FieldProblem) -> Self {
        Self::Invalid(vec![problem])
    }
}

/// All problems as one error, if there are any.
pub(super) fn refuse(problems: Vec<FieldProblem>) -> Result<(), RegistryError> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(RegistryError::Invalid(problems))
    }
}

fn listed(problems: &[FieldProblem]) -> String {
    let one = |problem: &FieldProblem| format!("{}: {}", problem.field, problem.problem);
    problems.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// What was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// An application.
    Application,
    /// A secret of an application.
    Secret,
    /// A proposal of an application.
    Proposal,
    /// A user.
    User,
    /// A session of a user.
    Session,
    /// A token.
    Token,
    /// An API key.
    ApiKey,
    /// A resource server.
    ResourceServer,
    /// An error report or a line of the audit log.
    Report,
}

impl Thing {
    /// Its name in English.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Secret => "secret",
            Self::Proposal => "proposal",
            Self::User => "user",
            Self::Session => "session",
            Self::Token => "token",
            Self::ApiKey => "API key",
            Self::ResourceServer => "resource server",
            Self::Report => "report",
        }
    }
}

/// Why a thing is not in the state for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Somebody changed or decided it since it was read.
    #[error("it has changed since it was read: look at it again")]
    Changed,
    /// It is in the state already.
    #[error("it is so already")]
    Already,
    /// Its developer has not submitted it.
    #[error("it has not been submitted")]
    NotSubmitted,
    /// It is approved and runs: a review is about what waits.
    #[error("it is approved and in use: an administrator can block it")]
    InUse,
    /// There is nothing to submit.
    #[error("there is nothing to submit")]
    NothingToSubmit,
    /// It gets its secret with its approval (S4.27).
    #[error("this application gets its secret when it is approved")]
    NotApproved,
    /// It proves itself by no secret.
    #[error("this application has no secret")]
    NoSecret,
    /// As many secrets as one application may have.
    #[error("an application has at most 10 secrets")]
    TooManySecrets,
    /// Nobody decides about an application of their own.
    #[error("this is an application of your own: somebody else must decide")]
    OwnApplication,
    /// Nobody could administer the server any more.
    #[error("this is the last administrator who can sign in")]
    LastAdministrator,
    /// Passwords live in the LDAP directory.
    #[error("users live in an LDAP directory, which cannot be changed from here")]
    DirectoryElsewhere,
}

impl Conflict {
    /// A name for it, for texts in every language and for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Already => "already",
            Self::NotSubmitted => "not_submitted",
            Self::InUse => "in_use",
            Self::NothingToSubmit => "nothing_to_submit",
            Self::NotApproved => "not_approved",
            Self::NoSecret => "no_secret",
            Self::TooManySecrets => "too_many_secrets",
            Self::OwnApplication => "own_application",
            Self::LastAdministrator => "last_administrator",
            Self::DirectoryElsewhere => "directory_elsewhere",
        }
    }
}
