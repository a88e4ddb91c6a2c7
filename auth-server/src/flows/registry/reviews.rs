//! The review of applications: what waits, and what is decided about it. A decision is about the version that the
//! reviewer looked at: of two reviewers at once one decides, and the other is told; a developer who changes something in
//! between does not get it approved unseen.

use super::Registry;
use super::changing::{NextProposal, Step};
use super::checks::text;
use super::problem::{Conflict, Problem, RegistryError, Thing, refuse};
use crate::domain::application::ReviewStatus;
use crate::domain::audit::AuditKind;
use crate::domain::listing::{Listed, Place};
use crate::domain::registration::{Proposal, Registration, ReviewStep};
use crate::domain::secret::PlainToken;
use crate::mint::SECRET_MARK;
use crate::store::sql::findings::{self, Submission};
use crate::store::sql::{registrations, reviews as queue};

const LONGEST_REASON: usize = 2000;
/// What has waited longer than this for a reviewer is overdue, seconds: reviews take 24 to 48 hours (S4.16).
pub const REVIEW_SECONDS: i64 = 48 * 3_600;

/// A reviewer's decision.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Approved, on hold or rejected.
    pub status: ReviewStatus,
    /// Why, for the developer. Needed for holding and rejecting, but on the command line.
    pub reason: Option<String>,
    /// The version that was looked at; none: whatever there is (the command line).
    pub seen: Option<i64>,
    /// An approval makes the first secret. In the console the developer makes it, so that no reviewer sees it.
    pub first_secret: bool,
}

/// What a decision came to.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The application as it is now.
    pub registration: Registration,
    /// Its first secret, if it was made.
    pub secret: Option<PlainToken>,
}

/// What waits for a reviewer.
#[derive(Clone, Debug)]
pub struct Queued {
    /// The application.
    pub registration: Registration,
    /// Since when, seconds since the Unix epoch.
    pub submitted_at: i64,
    /// Whether it runs already, and its proposal waits.
    pub is_proposal: bool,
}

/// What there is, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Applications.
    pub applications: i64,
    /// Those of them that are blocked.
    pub disabled: i64,
    /// What waits for a reviewer.
    pub waiting: i64,
    /// What of it has waited longer than [`REVIEW_SECONDS`].
    pub overdue: i64,
}

impl Registry<'_> {
    /// What there is, in numbers.
    pub async fn overview(&self) -> Result<Overview, RegistryError> {
        let (applications, disabled) = queue::application_counts(self.database).await?;
        Ok(Overview {
            applications,
            disabled,
            waiting: self.queue_length().await?,
            overdue: self.overdue().await?,
        })
    }

    /// How much has waited longer than [`REVIEW_SECONDS`] for a reviewer.
    pub async fn overdue(&self) -> Result<i64, RegistryError> {
        let before = self.clock.now() - REVIEW_SECONDS;
        Ok(queue::waiting_since_before(self.database, before).await?)
    }

    /// What is pending or on hold, oldest first: applications, and changes of those that run.
    pub async fn queue(
        &self,
        status: ReviewStatus,
        after: Option<&Place>,
        limit: i64,
    ) -> Result<Listed<Queued>, RegistryError> {
        let waiting = queue::queue(self.database, status, after, limit).await?;
        let mut items = Vec::with_capacity(waiting.items.len());
        for row in waiting.items {
            // Decided since the queue was read: not there any more.
            if let Some(registration) = registrations::find(self.database, &row.client_id).await? {
                items.push(Queued {
                    registration,
                    submitted_at: row.submitted_at,
                    is_proposal: row.is_proposal,
                });
            }
        }
        Ok(Listed {
            items,
            next: waiting.next,
        })
    }

    /// How much waits for a reviewer.
    pub async fn queue_length(&self) -> Result<i64, RegistryError> {
        Ok(queue::queue_length(self.database).await?)
    }

    /// The steps of an application's reviews, oldest first.
    pub async fn timeline(&self, client_id: &str) -> Result<Vec<ReviewStep>, RegistryError> {
        Ok(queue::steps(self.database, client_id).await?)
    }

    /// Decides about an application. One that may not be used any more loses its tokens.
    pub async fn decide(&self, client_id: &str, decision: &Decision) -> Result<Decided, RegistryError> {
        self.check_decision(decision)?;
        let approved = decision.status == ReviewStatus::Approved;
        let secret = (decision.first_secret && approved).then(|| PlainToken::generate(SECRET_MARK));
        let edited = self
            .change(client_id, decision.seen, |before| {
                self.check_impartial(before)?;
                let mut after = before.application.clone();
                if after.review == ReviewStatus::Draft {
                    return Err(Conflict::NotSubmitted.into());
                }
                if after.review == decision.status && decision.seen.is_some() {
                    return Err(Conflict::Already.into());
                }
                // Whoever takes back what runs does it on the command line, knowing so; a reviewer decides about what
                // waits.
                if after.review == ReviewStatus::Approved && decision.seen.is_some() {
                    return Err(Conflict::InUse.into());
                }
                after.review = decision.status;
                after.review_reason.clone_from(&decision.reason);
                if after.review == ReviewStatus::OnHold {
                    // One that nobody ever submitted is found in the reviewers' list, too.
                    after.submitted_at.get_or_insert(self.clock.now());
                }
                let what = decision.status.as_str();
                Ok(Step {
                    first_secret: secret
                        .as_ref()
                        .filter(|_| after.has_secret())
                        .map(PlainToken::hashed),
                    entry: Some(self.step(what, decision.reason.as_deref())),
                    logo_reviewed: approved,
                    ..Step::of(after, String::new())
                })
            })
            .await?;
        if edited.before.application.is_usable() && !edited.registration.application.is_usable() {
            self.revoke_all_of(client_id).await?;
        }
        self.announce_application(client_id).await?;
        let detail = format!(
            "application is {}: {}",
            decision.status.as_str(),
            decision.reason.as_deref().unwrap_or("no reason given")
        );
        let owner = edited.registration.application.owner_id;
        self.audit(AuditKind::Review, owner, Some(client_id), detail)
            .await?;
        let application = &edited.registration.application;
        self.notices()
            .decided(application, decision.status, decision.reason.as_deref())
            .await?;
        let secret = secret.filter(|_| edited.secret_given);
        if secret.is_some() {
            self.audit(AuditKind::SecretChanged, None, Some(client_id), "first secret")
                .await?;
        }
        Ok(Decided {
            registration: edited.registration,
            secret,
        })
    }

    /// Decides about the change that the developer of an approved application proposed. Approved, it runs at once.
    pub async fn decide_proposal(
        &self,
        client_id: &str,
        decision: &Decision,
    ) -> Result<Registration, RegistryError> {
        self.check_decision(decision)?;
        let examined = self.examined_logo(client_id).await?;
        let edited = self
            .change(client_id, decision.seen, |before| {
                self.check_impartial(before)?;
                let proposal = before
                    .proposal
                    .as_ref()
                    .ok_or(RegistryError::NotFound(Thing::Proposal))?;
                match proposal.status {
                    ReviewStatus::Draft => return Err(Conflict::NotSubmitted.into()),
                    status if status == decision.status => return Err(Conflict::Already.into()),
                    _ => {}
                }
                let mut after = before.application.clone();
                let next = if decision.status == ReviewStatus::Approved {
                    proposal.change.apply(&mut after);
                    if after.about.logo.is_none() {
                        let of_this = examined
                            .as_ref()
                            .filter(|(at, _)| proposal.submitted_at == Some(*at));
                        after.about.logo = of_this.map(|(_, logo)| logo.clone());
                    }
                    refuse(self.rules(true).check(&after, Some(&before.application)))?;
                    NextProposal::Remove
                } else {
                    NextProposal::Set(Box::new(Proposal {
                        status: decision.status,
                        reason: decision.reason.clone(),
                        ..proposal.clone()
                    }))
                };
                let what = format!("change_{}", decision.status.as_str());
                Ok(Step {
                    unique_name: true,
                    proposal: next,
                    entry: Some(self.step(&what, decision.reason.as_deref())),
                    logo_reviewed: decision.status == ReviewStatus::Approved,
                    ..Step::of(after, proposal.change.fields().join(", "))
                })
            })
            .await?;
        self.announce_application(client_id).await?;
        let detail = format!(
            "change of {} is {}: {}",
            edited.detail,
            decision.status.as_str(),
            decision.reason.as_deref().unwrap_or("no reason given")
        );
        let owner = edited.registration.application.owner_id;
        self.audit(AuditKind::Review, owner, Some(client_id), detail)
            .await?;
        let application = &edited.registration.application;
        self.notices()
            .decided(application, decision.status, decision.reason.as_deref())
            .await?;
        Ok(edited.registration)
    }

    /// The logo that was fetched for the change under review, and when that was submitted.
    async fn examined_logo(&self, client_id: &str) -> Result<Option<(i64, String)>, RegistryError> {
        let registration = self.application(client_id).await?;
        let Some((_, submitted_at)) = registration.submitted_change() else {
            return Ok(None);
        };
        let submission = Submission {
            client_id,
            submitted_at,
        };
        let examination = findings::find(self.database, submission).await?;
        let logo = examination.and_then(|examination| examination.logo);
        Ok(logo.map(|logo| (submitted_at, logo)))
    }

    /// Nobody decides about an application that they answer for themselves, administrators included.
    fn check_impartial(&self, before: &Registration) -> Result<(), RegistryError> {
        match self.actor.user_id() {
            Some(user) if before.application.owner_id == Some(user) => Err(Conflict::OwnApplication.into()),
            _ => Ok(()),
        }
    }

    fn check_decision(&self, decision: &Decision) -> Result<(), RegistryError> {
        let mut problems = Vec::new();
        let reason = decision
            .reason
            .as_deref()
            .map(str::trim)
            .filter(|reason| !reason.is_empty());
        match (decision.status, reason) {
            (ReviewStatus::Draft | ReviewStatus::Pending, _) => problems.push(Problem::Choice.of("status")),
            (ReviewStatus::OnHold | ReviewStatus::Rejected, None) if !self.actor.is_command_line() => {
                problems.push(Problem::Required.of("reason"));
            }
            (_, Some(reason)) => {
                if let Err(problem) = text(reason, LONGEST_REASON) {
                    problems.push(problem.of("reason"));
                }
            }
            _ => {}
        }
        refuse(problems)
    }
}
