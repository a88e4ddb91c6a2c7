//! What developers do with applications of their own (S4.3 to S4.28). An application of somebody else is not there.
//!
//! The review vouches for an application's name, addresses, permissions and logo. While it is approved, its developer
//! changes these by a proposal, which changes nothing that runs before it is approved, too; what it is for, in words, is
//! changed at once. Before and after that, the record itself is changed: nobody can use it.

use uuid::Uuid;

use super::Registry;
use super::changing::{Edited, NextProposal, Step};
use super::problem::{Conflict, FieldProblem, Problem, RegistryError, Thing, refuse};
use super::registering::{Kind, NewApplication};
use crate::domain::application::{About, Application, AuthMethod, ReviewStatus};
use crate::domain::audit::AuditKind;
use crate::domain::listing::{Listed, Place};
use crate::domain::policy::Profile;
use crate::domain::registration::{ApplicationChange, Proposal, Registration};
use crate::domain::webhook::EventType;
use crate::store::sql::registrations::{self, ApplicationQuery};
use token_format::scope::ScopeSet;

/// What an application may be for (S4.10), as it is stored.
pub const USE_CASES: [&str; 8] = [
    "calendar",
    "chat",
    "education",
    "health",
    "customer_support",
    "events",
    "automation",
    "other",
];

/// An application as its developer fills it in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Unique among all applications (S4.6).
    pub name: String,
    /// S4.7.
    pub homepage_url: Option<String>,
    /// S4.8.
    pub policy_url: Option<String>,
    /// S4.9.
    pub logo_url: Option<String>,
    /// One of [`USE_CASES`] (S4.10).
    pub use_case: Option<String>,
    /// Optional (S4.11).
    pub description: Option<String>,
    /// One to ten (S4.12).
    pub redirect_uris: Vec<String>,
    /// S4.13.
    pub scope: ScopeSet,
    /// It has no secret. Decided once, at the beginning.
    pub public: bool,
}

impl Draft {
    /// The draft as a change of an application.
    fn change(&self) -> ApplicationChange {
        let filled = |text: &Option<String>| {
            let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
            Some(text.map(str::to_owned))
        };
        ApplicationChange {
            name: Some(self.name.trim().to_owned()),
            redirect_uris: Some(self.redirect_uris.clone()),
            scope: Some(self.scope.clone()),
            homepage_url: filled(&self.homepage_url),
            policy_url: filled(&self.policy_url),
            logo_url: filled(&self.logo_url),
            use_case: filled(&self.use_case),
            description: filled(&self.description),
            ..ApplicationChange::default()
        }
    }
}

impl Registry<'_> {
    /// Finds an application of a developer.
    pub async fn own_application(&self, owner: Uuid, client_id: &str) -> Result<Registration, RegistryError> {
        let registration = self.application(client_id).await?;
        if registration.application.owner_id == Some(owner) {
            Ok(registration)
        } else {
            Err(RegistryError::NotFound(Thing::Application))
        }
    }

    /// Lists a developer's applications, the newest first.
    pub async fn own_applications(
        &self,
        owner: Uuid,
        after: Option<Place>,
        limit: i64,
    ) -> Result<Listed<Registration>, RegistryError> {
        let query = ApplicationQuery {
            owner: Some(owner),
            after,
            limit,
            ..ApplicationQuery::default()
        };
        self.applications(&query).await
    }

    /// Everything that keeps a draft from being submitted, by the rules alone: nothing is fetched or looked up.
    pub fn check_submission(&self, draft: &Draft) -> Vec<FieldProblem> {
        let mut application = blank(draft.public);
        draft.change().apply(&mut application);
        self.incomplete(&application)
    }

    /// The same, and whether the name is another application's than `client_id`'s.
    pub async fn check_draft(
        &self,
        client_id: &str,
        draft: &Draft,
    ) -> Result<Vec<FieldProblem>, RegistryError> {
        let mut problems = self.check_submission(draft);
        problems.extend(self.name_problem(client_id, draft.name.trim()).await?);
        Ok(problems)
    }

    /// What is wrong with an application of a developer that is to be submitted.
    fn incomplete(&self, application: &Application) -> Vec<FieldProblem> {
        let mut problems = self.rules(true).check(application, None);
        for (field, missing) in [
            ("homepage_url", application.homepage_url.is_none()),
            ("policy_url", application.policy_url.is_none()),
            ("logo_url", application.about.logo_url.is_none()),
            ("use_case", application.about.use_case.is_none()),
            ("redirect_uris", application.redirect_uris.is_empty()),
            ("scope", application.scope.is_empty()),
        ] {
            if missing {
                problems.push(Problem::Required.of(field));
            }
        }
        problems.extend(Self::words(application));
        problems
    }

    /// What is wrong with what is chosen from a list.
    fn words(application: &Application) -> Option<FieldProblem> {
        let use_case = application.about.use_case.as_deref()?;
        (!USE_CASES.contains(&use_case)).then(|| Problem::Choice.of("use_case"))
    }

    /// Registers a draft: nobody can use it, and no reviewer sees it, before it is submitted. It need not be complete,
    /// but what is written must be right, and the name is taken from now on.
    pub async fn create_draft(&self, owner: Uuid, draft: &Draft) -> Result<Registration, RegistryError> {
        let mut application = blank(draft.public);
        draft.change().apply(&mut application);
        refuse(Self::words(&application).into_iter().collect())?;
        let kind = if draft.public {
            Kind::Public
        } else {
            Kind::Confidential
        };
        let new = NewApplication {
            kind,
            redirect_uris: application.redirect_uris,
            scope: application.scope,
            owner_id: Some(owner),
            review: ReviewStatus::Draft,
            homepage_url: application.homepage_url,
            policy_url: application.policy_url,
            about: application.about,
            ..NewApplication::of(Profile::Jiomeet, application.name)
        };
        let registration = self.insert(new, true).await?.registration;
        let client_id = &registration.application.client_id;
        let detail = format!("draft {:?} registered", registration.application.name);
        self.audit(AuditKind::DeveloperChange, Some(owner), Some(client_id), detail)
            .await?;
        Ok(registration)
    }

    /// Changes an application of a developer; with a version, only while it has that.
    pub async fn edit_own(
        &self,
        owner: Uuid,
        client_id: &str,
        draft: &Draft,
        version: Option<i64>,
    ) -> Result<Registration, RegistryError> {
        let wanted = draft.change();
        let name_problem = self.name_problem(client_id, &draft.name).await?;
        let edited = self
            .change_own(owner, client_id, version, |before| {
                let mut after = before.application.clone();
                wanted.apply(&mut after);
                let mut problems = self.rules(true).check(&after, Some(&before.application));
                problems.extend(Self::words(&after));
                problems.extend(name_problem.clone());
                // What the review asks for stays there once it was submitted.
                if !matches!(before.application.review, ReviewStatus::Draft) {
                    problems.extend(missing_only(self.incomplete(&after)));
                }
                refuse(problems)?;
                if before.application.review != ReviewStatus::Approved {
                    let detail = wanted.beyond(&before.application).fields().join(", ");
                    return Ok(Step {
                        unique_name: true,
                        ..Step::of(after, detail)
                    });
                }
                Ok(propose(before, &wanted))
            })
            .await?;
        self.own_changed(owner, client_id, &edited).await?;
        Ok(edited.registration)
    }

    /// Submits a draft, or again what was put on hold or rejected; of an approved application its proposal.
    pub async fn submit(&self, owner: Uuid, client_id: &str) -> Result<Registration, RegistryError> {
        let edited = self
            .change_own(owner, client_id, None, |before| {
                let now = self.clock.now();
                let mut after = before.application.clone();
                match (after.review, &before.proposal) {
                    (ReviewStatus::Draft | ReviewStatus::OnHold | ReviewStatus::Rejected, _) => {
                        refuse(self.incomplete(&after))?;
                        after.review = ReviewStatus::Pending;
                        after.review_reason = None;
                        after.submitted_at = Some(now);
                        Ok(Step {
                            unique_name: true,
                            proposal: NextProposal::Remove,
                            entry: Some(self.step("submitted", None)),
                            ..Step::of(after, "submitted for review".to_owned())
                        })
                    }
                    (ReviewStatus::Pending, _) => Err(Conflict::Already.into()),
                    (ReviewStatus::Approved, None) => Err(Conflict::NothingToSubmit.into()),
                    (ReviewStatus::Approved, Some(proposal)) => {
                        if proposal.status == ReviewStatus::Pending {
                            return Err(Conflict::Already.into());
                        }
                        let mut changed = after.clone();
                        proposal.change.apply(&mut changed);
                        refuse(self.incomplete(&changed))?;
                        let proposal = Proposal {
                            status: ReviewStatus::Pending,
                            reason: None,
                            // Later than the application's own submission: what is found belongs to one of them.
                            submitted_at: after.submitted_at.map_or(Some(now), |at| Some(now.max(at + 1))),
                            change: proposal.change.clone(),
                        };
                        Ok(Step {
                            proposal: NextProposal::Set(Box::new(proposal)),
                            entry: Some(self.step("change_submitted", None)),
                            ..Step::of(after, "change submitted for review".to_owned())
                        })
                    }
                }
            })
            .await?;
        self.audit(AuditKind::Review, Some(owner), Some(client_id), &edited.detail)
            .await?;
        self.announce_application(client_id).await?;
        self.notices().submitted(&edited.registration.application).await?;
        Ok(edited.registration)
    }

    /// Forgets what was proposed.
    pub async fn withdraw_proposal(
        &self,
        owner: Uuid,
        client_id: &str,
    ) -> Result<Registration, RegistryError> {
        let edited = self
            .change_own(owner, client_id, None, |before| {
                if before.proposal.is_none() {
                    return Err(RegistryError::NotFound(Thing::Proposal));
                }
                Ok(Step {
                    proposal: NextProposal::Remove,
                    entry: Some(self.step("change_withdrawn", None)),
                    ..Step::of(before.application.clone(), "proposal withdrawn".to_owned())
                })
            })
            .await?;
        self.own_changed(owner, client_id, &edited).await?;
        Ok(edited.registration)
    }

    async fn change_own(
        &self,
        owner: Uuid,
        client_id: &str,
        version: Option<i64>,
        step: impl Fn(&Registration) -> Result<Step, RegistryError> + Send + Sync,
    ) -> Result<Edited, RegistryError> {
        self.change(client_id, version, |before| {
            if before.application.owner_id != Some(owner) {
                return Err(RegistryError::NotFound(Thing::Application));
            }
            step(before)
        })
        .await
    }

    async fn own_changed(&self, owner: Uuid, client_id: &str, edited: &Edited) -> Result<(), RegistryError> {
        if edited.detail.is_empty() {
            return Ok(());
        }
        self.announce_application(client_id).await?;
        let detail = format!("application changed by its developer: {}", edited.detail);
        self.audit(AuditKind::DeveloperChange, Some(owner), Some(client_id), detail)
            .await?;
        Ok(self
            .notices()
            .application(EventType::ApplicationChanged, client_id)
            .await?)
    }

    /// The name that is wanted may be another application's. Between this look and the write, a constraint decides.
    async fn name_problem(&self, client_id: &str, name: &str) -> Result<Option<FieldProblem>, RegistryError> {
        let holder = registrations::name_owner(self.database, name).await?;
        let taken = holder.is_some_and(|holder| holder != client_id);
        Ok(taken.then(|| Problem::NameTaken.of("name")))
    }
}

/// What becomes of an approved application whose developer wants another: words at once, the rest as a proposal.
fn propose(before: &Registration, wanted: &ApplicationChange) -> Step {
    let mut after = before.application.clone();
    let words = ApplicationChange {
        use_case: wanted.use_case.clone(),
        description: wanted.description.clone(),
        ..ApplicationChange::default()
    };
    words.apply(&mut after);
    let vouched = wanted.beyond(&after);
    let mut details = words.beyond(&before.application).fields();
    let proposed = before.proposal.as_ref().map(|proposal| &proposal.change);
    let proposal = if vouched.is_empty() {
        // What is wanted is what runs: there is nothing to propose any more.
        if proposed.is_some() {
            details.push("proposal taken back");
            NextProposal::Remove
        } else {
            NextProposal::Keep
        }
    } else if proposed == Some(&vouched) {
        NextProposal::Keep
    } else {
        details.push("proposal");
        NextProposal::Set(Box::new(Proposal {
            change: vouched,
            status: ReviewStatus::Draft,
            reason: None,
            submitted_at: None,
        }))
    };
    Step {
        proposal,
        ..Step::of(after, details.join(", "))
    }
}

/// Of the problems of a submission, those of what is not there.
fn missing_only(problems: Vec<FieldProblem>) -> impl Iterator<Item = FieldProblem> {
    problems
        .into_iter()
        .filter(|problem| problem.problem == Problem::Required)
}

/// An application in which nothing is filled in.
fn blank(public: bool) -> Application {
    let auth_methods = if public {
        vec![AuthMethod::None]
    } else {
        vec![AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost]
    };
    Application {
        client_id: String::new(),
        name: String::new(),
        profile: Profile::Jiomeet,
        policy: Profile::Jiomeet.policy(),
        auth_methods,
        secrets: Vec::new(),
        redirect_uris: Vec::new(),
        scope: ScopeSet::default(),
        domains: Vec::new(),
        owner_id: None,
        review: ReviewStatus::Draft,
        review_reason: None,
        submitted_at: None,
        disabled: false,
        homepage_url: None,
        policy_url: None,
        about: About::default(),
        created_at: 0,
    }
}
