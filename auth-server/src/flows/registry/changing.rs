//! How an application is changed: read, considered, and written if nobody wrote in between.

use super::Registry;
use super::problem::{Conflict, Problem, RegistryError};
use crate::domain::application::Application;
use crate::domain::registration::{Proposal, Registration, ReviewStep};
use crate::domain::secret::HashedToken;
use crate::store::StoreError;
use crate::store::sql::registrations::{self, Beside, Written};

/// How often a change without a version is tried again when another one came between.
const ATTEMPTS: u32 = 50;

impl Registry<'_> {
    /// Reads an application, lets `step` say what becomes of it, and writes that, if nobody wrote in between. Without a
    /// version it begins anew then; with one the caller is told.
    pub(super) async fn change(
        &self,
        client_id: &str,
        version: Option<i64>,
        step: impl Fn(&Registration) -> Result<Step, RegistryError> + Send + Sync,
    ) -> Result<Edited, RegistryError> {
        for _ in 0..ATTEMPTS {
            let before = self.application(client_id).await?;
            if version.is_some_and(|version| version != before.version) {
                return Err(Conflict::Changed.into());
            }
            let step = step(&before)?;
            let beside = Beside {
                unique_name: step.unique_name,
                first_secret: step
                    .first_secret
                    .as_ref()
                    .map(|secret| (secret, self.clock.now())),
                step: step.entry.as_ref(),
                proposal: step.proposal.as_change(),
                secrets: step.secrets.as_deref().map(|secrets| (secrets, self.clock.now())),
                applied: false,
                logo_reviewed: step.logo_reviewed,
            };
            if step.is_nothing(&before) {
                return Ok(Edited {
                    before: before.clone(),
                    registration: before,
                    secret_given: false,
                    detail: step.detail,
                });
            }
            let version = Some(before.version);
            let written = match registrations::write(self.database, &step.after, version, &beside).await {
                Err(StoreError::Constraint(_)) => return Err(Problem::NameTaken.of("name").into()),
                other => other?,
            };
            if let Some(Written { secret_given, .. }) = written {
                return Ok(Edited {
                    registration: self.application(client_id).await?,
                    before,
                    secret_given,
                    detail: step.detail,
                });
            }
        }
        Err(Conflict::Changed.into())
    }

    /// The same, or with `dry_run` what it would come to.
    pub(super) async fn consider(
        &self,
        client_id: &str,
        dry_run: bool,
        step: impl Fn(&Registration) -> Result<Step, RegistryError> + Send + Sync,
    ) -> Result<Considered, RegistryError> {
        if dry_run {
            let before = self.application(client_id).await?;
            let step = step(&before)?;
            return Ok(Considered {
                before,
                after: step.after,
                secrets_change: step.secrets.is_some(),
            });
        }
        let edited = self.change(client_id, None, step).await?;
        let hashes = |registration: &Registration| -> Vec<HashedToken> {
            let secrets = registration.application.secrets.iter();
            secrets.map(|secret| secret.hash.clone()).collect()
        };
        Ok(Considered {
            secrets_change: hashes(&edited.before) != hashes(&edited.registration),
            before: edited.before,
            after: edited.registration.application,
        })
    }

    /// A step of a review that happens now.
    pub(super) fn step(&self, what: &str, reason: Option<&str>) -> ReviewStep {
        ReviewStep {
            id: self.clock.new_id(),
            at: self.clock.now(),
            what: what.to_owned(),
            reason: reason.map(str::to_owned),
            actor_id: self.actor.user_id(),
        }
    }
}

/// What is to become of an application.
pub(super) struct Step {
    pub(super) after: Application,
    pub(super) proposal: NextProposal,
    pub(super) unique_name: bool,
    pub(super) first_secret: Option<HashedToken>,
    /// Its secrets are these and no others.
    pub(super) secrets: Option<Vec<HashedToken>>,
    pub(super) entry: Option<ReviewStep>,
    /// The logo is what a reviewer saw, or that there is none.
    pub(super) logo_reviewed: bool,
    /// In words, for the audit log.
    pub(super) detail: String,
}

impl Step {
    pub(super) fn of(after: Application, detail: String) -> Self {
        Self {
            after,
            proposal: NextProposal::Keep,
            unique_name: false,
            first_secret: None,
            secrets: None,
            entry: None,
            logo_reviewed: false,
            detail,
        }
    }

    fn is_nothing(&self, before: &Registration) -> bool {
        self.after == before.application
            && matches!(self.proposal, NextProposal::Keep)
            && self.first_secret.is_none()
            && self.secrets.is_none()
            && self.entry.is_none()
    }
}

/// What is to become of an application's proposal.
pub(super) enum NextProposal {
    Keep,
    Set(Box<Proposal>),
    Remove,
}

impl NextProposal {
    fn as_change(&self) -> registrations::ProposalChange<'_> {
        match self {
            Self::Keep => registrations::ProposalChange::Keep,
            Self::Set(proposal) => registrations::ProposalChange::Set(proposal),
            Self::Remove => registrations::ProposalChange::Remove,
        }
    }
}

/// What a change came to, or would come to.
pub(super) struct Considered {
    pub(super) before: Registration,
    pub(super) after: Application,
    pub(super) secrets_change: bool,
}

/// What a change came to.
pub(super) struct Edited {
    pub(super) before: Registration,
    pub(super) registration: Registration,
    pub(super) secret_given: bool,
    pub(super) detail: String,
}
