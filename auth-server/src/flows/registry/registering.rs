//! Applications registered: by administrators, by developers as drafts, and by a file that declares them.

use token_format::scope::ScopeSet;
use uuid::Uuid;

use super::Registry;
use super::checks;
use super::problem::{FieldProblem, Problem, RegistryError, refuse};
use crate::domain::application::{About, Application, AuthMethod, ReviewStatus};
use crate::domain::audit::AuditKind;
use crate::domain::policy::{Policy, Profile};
use crate::domain::registration::Registration;
use crate::domain::secret::{HashedToken, PlainToken};
use crate::domain::webhook::EventType;
use crate::mint::SECRET_MARK;
use crate::store::StoreError;
use crate::store::sql::registrations::{self, Beside};
use crate::store::sql::users;

/// How an application proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By a secret.
    Confidential,
    /// Not at all: a native or browser-based application.
    Public,
    /// By an API key alone (profile keyed).
    KeyOnly,
}

impl Kind {
    pub(super) fn auth_methods(self) -> Vec<AuthMethod> {
        match self {
            Self::Confidential => vec![AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost],
            Self::Public => vec![AuthMethod::None],
            Self::KeyOnly => Vec::new(),
        }
    }
}

/// An application to be registered.
#[derive(Clone, Debug)]
pub struct NewApplication {
    /// A chosen client id; none: a new UUID.
    pub client_id: Option<String>,
    /// Shown to users.
    pub name: String,
    /// The preset.
    pub profile: Profile,
    /// Its token policy.
    pub policy: Policy,
    /// How it proves who it is.
    pub kind: Kind,
    /// Where users are sent back to.
    pub redirect_uris: Vec<String>,
    /// Permissions it may ask for.
    pub scope: ScopeSet,
    /// E-mail domains of users it may act for.
    pub domains: Vec<String>,
    /// The user who answers for it.
    pub owner_id: Option<Uuid>,
    /// Where its review begins. Only an approved one gets a secret at once.
    pub review: ReviewStatus,
    /// Its home page.
    pub homepage_url: Option<String>,
    /// Its privacy policy.
    pub policy_url: Option<String>,
    /// What it is for, and its logo.
    pub about: About,
}

impl NewApplication {
    /// A confidential, approved application with the values of its profile.
    pub fn of(profile: Profile, name: impl Into<String>) -> Self {
        Self {
            client_id: None,
            name: name.into(),
            profile,
            policy: profile.policy(),
            kind: Kind::Confidential,
            redirect_uris: Vec::new(),
            scope: ScopeSet::default(),
            domains: Vec::new(),
            owner_id: None,
            review: ReviewStatus::Approved,
            homepage_url: None,
            policy_url: None,
            about: About::default(),
        }
    }
}

/// An application that was registered.
#[derive(Clone, Debug)]
pub struct Created {
    /// As it is.
    pub registration: Registration,
    /// Its secret, which is not shown again; none for public, unapproved and key-only ones.
    pub secret: Option<PlainToken>,
}

impl Registry<'_> {
    /// Registers an application.
    pub async fn create_application(&self, new: NewApplication) -> Result<Created, RegistryError> {
        let created = self.insert(new, false).await?;
        let application = &created.registration.application;
        let detail = format!(
            "application {:?} added, profile {}, {}",
            application.name,
            application.profile,
            application.review.as_str()
        );
        self.audit(
            AuditKind::AdminCommand,
            application.owner_id,
            Some(&application.client_id),
            detail,
        )
        .await?;
        Ok(created)
    }

    pub(super) async fn insert(
        &self,
        new: NewApplication,
        developer: bool,
    ) -> Result<Created, RegistryError> {
        let client_id = new
            .client_id
            .clone()
            .unwrap_or_else(|| Uuid::new_v4().to_string());
        let gets_secret = new.has_secret() && new.review == ReviewStatus::Approved;
        let application = self.drafted(new, client_id, developer).await?;
        let secret = gets_secret.then(|| PlainToken::generate(SECRET_MARK));
        let hashes: Vec<HashedToken> = secret.iter().map(PlainToken::hashed).collect();
        self.write_new(&application, &hashes, developer, false).await?;
        Ok(Created {
            registration: self.application(&application.client_id).await?,
            secret,
        })
    }

    /// Registers an application that is declared; the secrets are given, or one is made.
    pub(super) async fn insert_declared(
        &self,
        new: NewApplication,
        disabled: bool,
        secrets: Option<&[HashedToken]>,
    ) -> Result<Created, RegistryError> {
        let gets_secret = new.has_secret() && new.review == ReviewStatus::Approved && secrets.is_none();
        self.check_owner(new.owner_id).await?;
        let client_id = new.client_id.clone().unwrap_or_default();
        let mut application = self.drafted(new, client_id, false).await?;
        application.disabled = disabled;
        let secret = gets_secret.then(|| PlainToken::generate(SECRET_MARK));
        let mut hashes: Vec<HashedToken> = secret.iter().map(PlainToken::hashed).collect();
        hashes.extend(secrets.unwrap_or_default().iter().cloned());
        self.write_new(&application, &hashes, false, true).await?;
        Ok(Created {
            registration: self.application(&application.client_id).await?,
            secret,
        })
    }

    /// Says what is wrong with an application that is to be declared, but who answers for it: that user may be declared
    /// in the same file.
    pub(super) async fn check_new(&self, new: &NewApplication) -> Result<(), RegistryError> {
        let new = NewApplication {
            owner_id: None,
            ..new.clone()
        };
        let client_id = new.client_id.clone().unwrap_or_default();
        self.drafted(new, client_id, false).await.map(|_| ())
    }

    pub(super) async fn check_owner(&self, owner: Option<Uuid>) -> Result<(), RegistryError> {
        refuse(self.owner_problem(owner).await?.into_iter().collect())
    }

    /// An application that may be written.
    async fn drafted(
        &self,
        new: NewApplication,
        client_id: String,
        developer: bool,
    ) -> Result<Application, RegistryError> {
        let now = self.clock.now();
        let waits = new.review == ReviewStatus::Pending;
        let application = Application {
            client_id,
            name: new.name,
            profile: new.profile,
            policy: new.policy,
            auth_methods: new.kind.auth_methods(),
            secrets: Vec::new(),
            redirect_uris: new.redirect_uris,
            scope: new.scope,
            domains: checks::normalized_domains(&new.domains),
            owner_id: new.owner_id,
            review: new.review,
            review_reason: None,
            submitted_at: waits.then_some(now),
            disabled: false,
            homepage_url: new.homepage_url,
            policy_url: new.policy_url,
            about: new.about,
            created_at: now,
        };
        let mut problems = self.rules(developer).check(&application, None);
        if let Some(Err(problem)) = new.client_id.as_deref().map(checks::check_client_id) {
            problems.push(problem.of("client_id"));
        }
        problems.extend(self.owner_problem(application.owner_id).await?);
        if developer
            && registrations::name_owner(self.database, &application.name)
                .await?
                .is_some()
        {
            problems.push(Problem::NameTaken.of("name"));
        }
        refuse(problems)?;
        Ok(application)
    }

    async fn write_new(
        &self,
        application: &Application,
        secrets: &[HashedToken],
        developer: bool,
        applied: bool,
    ) -> Result<(), RegistryError> {
        let step = self.step("created", None);
        let beside = Beside {
            unique_name: developer,
            secrets: Some((secrets, application.created_at)),
            step: Some(&step),
            applied,
            ..Beside::default()
        };
        if let Err(error) = registrations::write(self.database, application, None, &beside).await {
            return Err(match error {
                StoreError::Constraint(_) if developer => Problem::NameTaken.of("name").into(),
                StoreError::Constraint(_) => Problem::Taken.of("client_id").into(),
                other => other.into(),
            });
        }
        // No server remembers what it did not find, so none must be told; and the secret is shown now or never.
        if let Err(error) = self.announce_application(&application.client_id).await {
            tracing::warn!(%error, client_id = application.client_id, "a new application was not announced");
        }
        let created = EventType::ApplicationCreated;
        Ok(self
            .notices()
            .application(created, &application.client_id)
            .await?)
    }

    pub(super) async fn owner_problem(
        &self,
        owner: Option<Uuid>,
    ) -> Result<Option<FieldProblem>, StoreError> {
        let Some(owner) = owner else { return Ok(None) };
        let known = users::find(self.database, owner).await?.is_some();
        Ok((!known).then(|| Problem::UnknownUser.of("owner_id")))
    }
}
