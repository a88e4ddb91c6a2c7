//! `auth-server app`.

mod edit;
mod review;

use clap::Subcommand;
use serde::Serialize;
use serde_json::json;
use token_format::scope::ScopeSet;
use uuid::Uuid;

use self::edit::Edit;
use self::review::Review;
use super::output::moment;
use super::{CommandError, Context, found, refused};
use crate::domain::application::{Application, ReviewStatus};
use crate::domain::policy::{GrantType, Profile};
use crate::flows::registry::{Kind, NewApplication, RegistryError};
use crate::ldap::Directory;
use crate::store::sql::applications;

/// Applications (OAuth clients).
#[derive(Debug, Subcommand)]
pub(super) enum App {
    /// Register an application; it is approved at once, unless it is to wait for its review.
    Add(Add),
    /// List applications.
    List,
    /// Show one application.
    Show {
        /// Its client id.
        id: String,
    },
    /// Change an application: what is not named stays as it is.
    Edit(Box<Edit>),
    /// Make a new secret; tokens that were issued live on.
    RotateSecret {
        /// Its client id.
        id: String,
        /// Seconds for which the old secret works beside the new one.
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..=2_592_000))]
        overlap: i64,
    },
    /// Block an application: its tokens are revoked.
    Disable {
        /// Its client id.
        id: String,
    },
    /// Let a blocked application work again.
    Enable {
        /// Its client id.
        id: String,
    },
    /// Approve an application that waits for its review.
    Approve(Review),
    /// Put an application's review on hold.
    Hold(Review),
    /// Reject an application.
    Reject(Review),
}

/// A new application.
#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// Shown to users.
    #[arg(long)]
    name: String,
    /// Preset of its token policy: standard, meet, meet-delegated, trueconf, jiomeet or keyed.
    #[arg(long)]
    profile: Profile,
    /// E-mail address of the user who answers for it.
    #[arg(long, value_name = "EMAIL")]
    owner: Option<String>,
    /// Where users are sent back to; may be repeated.
    #[arg(long, value_name = "URL")]
    redirect_uri: Vec<String>,
    /// Permission it may ask for; may be repeated, or hold several separated by spaces.
    #[arg(long)]
    scope: Vec<String>,
    /// Grant it may use, in place of the profile's; may be repeated.
    #[arg(long)]
    grant: Vec<GrantType>,
    /// Seconds that its access tokens live, in place of the profile's.
    #[arg(long, value_name = "SECONDS")]
    access_seconds: Option<i64>,
    /// E-mail domain of users it may act for, with profile meet-delegated; may be repeated.
    #[arg(long)]
    domain: Vec<String>,
    /// It may act for users of every e-mail domain, with profile meet-delegated.
    #[arg(long, conflicts_with = "domain")]
    any_domain: bool,
    /// It waits for its review: it cannot be used, and has no secret, before `app approve`.
    #[arg(long)]
    pending: bool,
    /// It has no secret: a native or browser-based application.
    #[arg(long)]
    public: bool,
    /// Its home page, shown on the consent page.
    #[arg(long, value_name = "URL")]
    homepage_url: Option<String>,
    /// Its privacy policy, shown on the consent page.
    #[arg(long, value_name = "URL")]
    policy_url: Option<String>,
}

/// An application as it is printed: everything but the secrets.
#[derive(Serialize)]
struct Shown {
    client_id: String,
    name: String,
    profile: &'static str,
    public: bool,
    disabled: bool,
    review: &'static str,
    review_reason: Option<String>,
    redirect_uris: Vec<String>,
    scope: String,
    domains: Vec<String>,
    owner_id: Option<Uuid>,
    created_at: i64,
    policy: crate::domain::policy::Policy,
}

impl From<Application> for Shown {
    fn from(application: Application) -> Self {
        Self {
            public: application.is_public(),
            client_id: application.client_id,
            name: application.name,
            profile: application.profile.as_str(),
            disabled: application.disabled,
            review: application.review.as_str(),
            review_reason: application.review_reason,
            redirect_uris: application.redirect_uris,
            scope: application.scope.to_string(),
            domains: application.domains,
            owner_id: application.owner_id,
            created_at: application.created_at,
            policy: application.policy,
        }
    }
}

/// What of a scope the LDAP directory takes away.
fn unavailable(context: &Context, scope: &ScopeSet) -> ScopeSet {
    if Directory::new(&context.config.directory).is_writable() {
        return ScopeSet::default();
    }
    scope.difference(&context.catalogue.without_directory_writes(scope))
}

const PAGE: i64 = 1000;

impl App {
    pub(super) async fn run(self, context: &Context) -> Result<(), CommandError> {
        match self {
            Self::Add(add) => add.run(context).await,
            Self::List => list(context).await,
            Self::Show { id } => show(context, &id).await,
            Self::Edit(edit) => edit.run(context).await,
            Self::RotateSecret { id, overlap } => rotate_secret(context, &id, overlap).await,
            Self::Disable { id } => set_disabled(context, &id, true).await,
            Self::Enable { id } => set_disabled(context, &id, false).await,
            Self::Approve(review) => review.run(context, ReviewStatus::Approved).await,
            Self::Hold(review) => review.run(context, ReviewStatus::OnHold).await,
            Self::Reject(review) => review.run(context, ReviewStatus::Rejected).await,
        }
    }
}

impl Add {
    async fn run(self, context: &Context) -> Result<(), CommandError> {
        let owner_id = match &self.owner {
            None => None,
            Some(email) => Some(owner(context, email).await?),
        };
        let mut policy = self.profile.policy();
        if !self.grant.is_empty() {
            policy.grants.clone_from(&self.grant);
        }
        policy.access_seconds = self.access_seconds.unwrap_or(policy.access_seconds);
        policy.allow_any_domain = self.any_domain;
        let new = NewApplication {
            policy,
            kind: if self.public {
                Kind::Public
            } else {
                Kind::Confidential
            },
            redirect_uris: self.redirect_uri.clone(),
            scope: read_scope(&self.scope)?,
            domains: self.domain.clone(),
            owner_id,
            review: if self.pending {
                ReviewStatus::Pending
            } else {
                ReviewStatus::Approved
            },
            homepage_url: self.homepage_url.clone(),
            policy_url: self.policy_url.clone(),
            ..NewApplication::of(self.profile, self.name.clone())
        };
        let created = context
            .registry()
            .create_application(new)
            .await
            .map_err(|error| with_values(error, &self.redirect_uri, &self.domain))?;
        let application = &created.registration.application;
        let (id, review) = (&application.client_id, application.review.as_str());
        match &created.secret {
            Some(secret) => context.output.secret(
                &format!("client_id      {id}\nclient_secret  {}", secret.reveal()),
                &json!({"client_id": id, "client_secret": secret.reveal()}),
            ),
            None if self.pending => context.output.done(
                &format!("client_id      {id}\nreview         {review}"),
                &json!({"client_id": id, "review": review}),
            ),
            None => context
                .output
                .done(&format!("client_id      {id}"), &json!({"client_id": id})),
        }
        Ok(())
    }
}

fn read_scope(values: &[String]) -> Result<ScopeSet, CommandError> {
    values
        .join(" ")
        .parse()
        .map_err(|error: token_format::scope::ScopeError| refused(format!("scope: {error}")))
}

/// Names the value that is wrong, of an option that may be repeated.
fn with_values(error: RegistryError, redirect_uris: &[String], domains: &[String]) -> CommandError {
    let RegistryError::Invalid(problems) = error else {
        return error.into();
    };
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| {
            let values = match problem.field {
                "redirect_uris" => redirect_uris,
                "domains" => domains,
                _ => &[],
            };
            match problem.index.and_then(|index| values.get(index)) {
                Some(value) => format!("{value:?}: {}", problem.problem),
                None => format!("{}: {}", problem.field, problem.problem),
            }
        })
        .collect();
    refused(lines.join("; "))
}

fn unknown(id: &str) -> String {
    format!("there is no application {id}; `auth-server app list` shows them")
}

async fn owner(context: &Context, email: &str) -> Result<Uuid, CommandError> {
    let person = context.registry().user_by_email(email).await;
    found(person, || format!("there is no user {email}")).map(|person| person.user.id)
}

async fn list(context: &Context) -> Result<(), CommandError> {
    let mut rows: Vec<Shown> = Vec::new();
    loop {
        let after = rows.last().map(|last| (last.created_at, last.client_id.clone()));
        let page = applications::list(
            &context.database,
            after.as_ref().map(|(at, id)| (*at, id.as_str())),
            PAGE,
        )
        .await?;
        let full = page.len() == usize::try_from(PAGE).unwrap_or(usize::MAX);
        rows.extend(page.into_iter().map(Shown::from));
        if !full {
            break;
        }
    }
    context.output.table(
        &["CLIENT ID", "NAME", "PROFILE", "STATE", "REGISTERED", "REASON"],
        &rows,
        |row| {
            let state = if row.disabled { "disabled" } else { row.review };
            vec![
                row.client_id.clone(),
                row.name.clone(),
                row.profile.to_owned(),
                state.to_owned(),
                moment(row.created_at),
                row.review_reason.clone().unwrap_or_default(),
            ]
        },
    );
    Ok(())
}

async fn show(context: &Context, id: &str) -> Result<(), CommandError> {
    let application = found(context.registry().application(id).await, || unknown(id))?.application;
    let secrets = application.secrets.len();
    let unavailable = match unavailable(context, &application.scope) {
        none if none.is_empty() => String::new(),
        some => format!(" (not to be had while users live in an LDAP directory: {some})"),
    };
    let shown = Shown::from(application);
    let text = format!(
        "{}\n  client_id      {}\n  profile        {}\n  kind           {}\n  state          {}\n  review         {}\n  \
         grants         {}\n  scope          {}{unavailable}\n  redirect URIs  {}\n  domains        {}\n  secrets        {secrets}\n  \
         registered     {}",
        shown.name,
        shown.client_id,
        shown.profile,
        if shown.public { "public" } else { "confidential" },
        if shown.disabled { "disabled" } else { "enabled" },
        match &shown.review_reason {
            Some(reason) => format!("{}: {reason}", shown.review),
            None => shown.review.to_owned(),
        },
        shown
            .policy
            .grants
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
        shown.scope,
        shown.redirect_uris.join(", "),
        if shown.policy.allow_any_domain {
            "every one".to_owned()
        } else {
            shown.domains.join(", ")
        },
        moment(shown.created_at),
    );
    context.output.done(&text, &shown);
    Ok(())
}

async fn rotate_secret(context: &Context, id: &str, overlap: i64) -> Result<(), CommandError> {
    let made = context.registry().rotate_secret(id, overlap, None).await;
    let secret = found(made, || unknown(id))?.secret;
    context.output.secret(
        &format!("client_secret  {}", secret.reveal()),
        &json!({"client_id": id, "client_secret": secret.reveal()}),
    );
    Ok(())
}

async fn set_disabled(context: &Context, id: &str, disabled: bool) -> Result<(), CommandError> {
    let done = context.registry().set_application_disabled(id, disabled).await;
    found(done, || unknown(id))?;
    let state = if disabled { "disabled" } else { "enabled" };
    context.output.done(
        &format!("application {id} {state}"),
        &json!({"client_id": id, "disabled": disabled}),
    );
    Ok(())
}
