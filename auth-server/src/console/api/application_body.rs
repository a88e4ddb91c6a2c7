//! Applications as JSON.

use serde::{Deserialize, Serialize};
use token_format::scope::ScopeSet;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{ApiError, kept};
use crate::domain::application::{About, Application, ReviewStatus};
use crate::domain::listing::Listed;
use crate::domain::policy::{Policy, Profile};
use crate::domain::policy_change::PolicyChange;
use crate::domain::registration::{ApplicationChange, Proposal, Registration, nullable};
use crate::flows::registry::{Created, Kind, NewApplication};

/// How an application proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// By a secret.
    Confidential,
    /// Not at all: a native or browser-based application.
    Public,
    /// By an API key alone (profile keyed).
    KeyOnly,
}

impl ClientKind {
    fn of(application: &Application) -> Self {
        if application.is_public() {
            Self::Public
        } else if application.has_secret() {
            Self::Confidential
        } else {
            Self::KeyOnly
        }
    }
}

/// An application. Times are seconds since the Unix epoch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Application)]
pub struct ApplicationBody {
    /// Never changes.
    client_id: String,
    /// One more with every change; the entity tag.
    version: i64,
    /// Shown to users.
    name: String,
    /// The preset it began with.
    profile: Profile,
    /// How it proves who it is.
    kind: ClientKind,
    /// Its token policy.
    policy: Policy,
    /// Where users are sent back to.
    redirect_uris: Vec<String>,
    /// Permissions it may ask for, separated by spaces.
    scope: String,
    /// E-mail domains of users it may act for.
    domains: Vec<String>,
    /// The user who answers for it.
    owner_id: Option<Uuid>,
    /// Where it stands in its review.
    review: ReviewStatus,
    /// Why, where a reviewer said so.
    review_reason: Option<String>,
    /// When it was submitted for review.
    submitted_at: Option<i64>,
    /// Blocked by an administrator.
    disabled: bool,
    /// Its home page.
    homepage_url: Option<String>,
    /// Its privacy policy.
    policy_url: Option<String>,
    /// Where its logo is fetched from.
    logo_url: Option<String>,
    /// What it is for, of a list.
    use_case: Option<String>,
    /// What it is for, in its developer's words.
    description: Option<String>,
    /// When it was registered.
    created_at: i64,
    /// What its developer wants to change of it, which waits for its own review.
    proposal: Option<ProposalBody>,
}

impl From<Registration> for ApplicationBody {
    fn from(registration: Registration) -> Self {
        let application = registration.application;
        Self {
            version: registration.version,
            kind: ClientKind::of(&application),
            client_id: application.client_id,
            name: application.name,
            profile: application.profile,
            policy: application.policy,
            redirect_uris: application.redirect_uris,
            scope: application.scope.to_string(),
            domains: application.domains,
            owner_id: application.owner_id,
            review: application.review,
            review_reason: application.review_reason,
            submitted_at: application.submitted_at,
            disabled: application.disabled,
            homepage_url: application.homepage_url,
            policy_url: application.policy_url,
            logo_url: application.about.logo_url,
            use_case: application.about.use_case,
            description: application.about.description,
            created_at: application.created_at,
            proposal: registration.proposal.map(ProposalBody::from),
        }
    }
}

/// What the developer of an approved application wants to change of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Proposal)]
pub struct ProposalBody {
    /// The fields with their new values.
    #[schema(value_type = Object)]
    change: ApplicationChange,
    /// Where it stands.
    status: ReviewStatus,
    /// Why, where a reviewer said so.
    reason: Option<String>,
    /// When it was submitted.
    submitted_at: Option<i64>,
}

impl From<Proposal> for ProposalBody {
    fn from(proposal: Proposal) -> Self {
        Self {
            change: proposal.change,
            status: proposal.status,
            reason: proposal.reason,
            submitted_at: proposal.submitted_at,
        }
    }
}

/// A part of the list of applications; proposals are left out.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApplicationList {
    /// The applications.
    items: Vec<ApplicationBody>,
    /// `after` of the next part; null when this was the last.
    next: Option<String>,
}

impl From<Listed<Registration>> for ApplicationList {
    fn from(found: Listed<Registration>) -> Self {
        Self {
            next: found.next.map(|place| place.to_string()),
            items: found.items.into_iter().map(ApplicationBody::from).collect(),
        }
    }
}

/// An application that was made, with its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedApplication {
    /// The application.
    #[serde(flatten)]
    application: ApplicationBody,
    /// Its secret, which is not shown again; absent for one that has none (yet).
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
}

impl From<Created> for CreatedApplication {
    fn from(created: Created) -> Self {
        Self {
            application: created.registration.into(),
            client_secret: created.secret.map(|secret| secret.reveal().to_owned()),
        }
    }
}

/// An application as it is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicationInput {
    /// Shown to users.
    name: String,
    /// The preset; `standard` if nothing is said.
    profile: Option<Profile>,
    /// How it proves who it is; by a secret if nothing is said.
    kind: Option<ClientKind>,
    /// What differs from the preset's policy.
    policy: Option<PolicyChange>,
    /// Where users are sent back to.
    #[serde(default)]
    redirect_uris: Vec<String>,
    /// Permissions it may ask for, separated by spaces.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) scope: ScopeSet,
    /// E-mail domains of users it may act for.
    #[serde(default)]
    domains: Vec<String>,
    /// The user who answers for it.
    owner_id: Option<Uuid>,
    /// Where its review begins: approved, pending or draft. For a new one alone.
    review: Option<ReviewStatus>,
    /// Blocked.
    #[serde(default)]
    pub(super) disabled: bool,
    /// Its home page.
    homepage_url: Option<String>,
    /// Its privacy policy.
    policy_url: Option<String>,
    /// Where its logo is fetched from.
    logo_url: Option<String>,
    /// What it is for, of a list.
    use_case: Option<String>,
    /// What it is for, in words.
    description: Option<String>,
}

impl ApplicationInput {
    fn profile(&self) -> Profile {
        self.profile.unwrap_or(Profile::Standard)
    }

    fn policy(&self) -> Policy {
        let preset = self.profile().policy();
        match &self.policy {
            Some(change) => change.applied_to(preset),
            None => preset,
        }
    }

    /// As a new application.
    pub(super) fn into_new(self, client_id: Option<String>) -> Result<NewApplication, ApiError> {
        let review = self.review.unwrap_or(ReviewStatus::Approved);
        if matches!(review, ReviewStatus::OnHold | ReviewStatus::Rejected) {
            return Err(ApiError::bad("a new application is approved, pending or a draft"));
        }
        Ok(NewApplication {
            client_id,
            profile: self.profile(),
            policy: self.policy(),
            kind: match self.kind.unwrap_or(ClientKind::Confidential) {
                ClientKind::Confidential => Kind::Confidential,
                ClientKind::Public => Kind::Public,
                ClientKind::KeyOnly => Kind::KeyOnly,
            },
            name: self.name,
            redirect_uris: self.redirect_uris,
            scope: self.scope,
            domains: self.domains,
            owner_id: self.owner_id,
            review,
            homepage_url: self.homepage_url,
            policy_url: self.policy_url,
            about: About {
                description: self.description,
                use_case: self.use_case,
                logo_url: self.logo_url,
                logo: None,
            },
        })
    }

    /// Refuses to make another kind of an application that is there.
    pub(super) fn same_kind(&self, application: &Application) -> Result<(), ApiError> {
        match self.kind {
            Some(kind) if kind != ClientKind::of(application) => Err(kept("kind")),
            _ => Ok(()),
        }
    }

    /// As a change that leaves nothing as it was.
    pub(super) fn into_change(self) -> ApplicationChange {
        ApplicationChange {
            profile: Some(self.profile()),
            policy: Some(self.policy()),
            name: Some(self.name),
            redirect_uris: Some(self.redirect_uris),
            scope: Some(self.scope),
            domains: Some(self.domains),
            owner_id: Some(self.owner_id),
            homepage_url: Some(self.homepage_url),
            policy_url: Some(self.policy_url),
            logo_url: Some(self.logo_url),
            use_case: Some(self.use_case),
            description: Some(self.description),
        }
    }
}

/// What to change of an application.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::option_option, reason = "absent, null and a value are three things")]
pub struct ApplicationPatch {
    /// Shown to users.
    name: Option<String>,
    /// The preset that is shown; the policy stays.
    profile: Option<Profile>,
    /// Values of the policy.
    pub(super) policy: Option<PolicyChange>,
    /// Where users are sent back to.
    redirect_uris: Option<Vec<String>>,
    /// Permissions it may ask for, separated by spaces.
    #[schema(value_type = Option<String>)]
    pub(super) scope: Option<ScopeSet>,
    /// E-mail domains of users it may act for.
    domains: Option<Vec<String>>,
    /// The user who answers for it.
    #[schema(value_type = Option<Uuid>)]
    #[serde(with = "nullable")]
    owner_id: Option<Option<Uuid>>,
    /// Blocked.
    pub(super) disabled: Option<bool>,
    /// Its home page.
    #[schema(value_type = Option<String>)]
    #[serde(with = "nullable")]
    homepage_url: Option<Option<String>>,
    /// Its privacy policy.
    #[schema(value_type = Option<String>)]
    #[serde(with = "nullable")]
    policy_url: Option<Option<String>>,
    /// Where its logo is fetched from.
    #[schema(value_type = Option<String>)]
    #[serde(with = "nullable")]
    logo_url: Option<Option<String>>,
    /// What it is for, of a list.
    #[schema(value_type = Option<String>)]
    #[serde(with = "nullable")]
    use_case: Option<Option<String>>,
    /// What it is for, in words.
    #[schema(value_type = Option<String>)]
    #[serde(with = "nullable")]
    description: Option<Option<String>>,
}

impl ApplicationPatch {
    /// As a change of an application.
    pub(super) fn into_change(self, application: &Application) -> ApplicationChange {
        ApplicationChange {
            policy: self
                .policy
                .map(|change| change.applied_to(application.policy.clone())),
            name: self.name,
            profile: self.profile,
            redirect_uris: self.redirect_uris,
            scope: self.scope,
            domains: self.domains,
            owner_id: self.owner_id,
            homepage_url: self.homepage_url,
            policy_url: self.policy_url,
            logo_url: self.logo_url,
            use_case: self.use_case,
            description: self.description,
        }
    }
}
