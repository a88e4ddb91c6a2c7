//! `auth-server app edit`.

use super::{owner, read_scope, show, unknown, with_values};
use crate::commands::{CommandError, Context, found, refused};
use crate::domain::policy::GrantType;
use crate::domain::registration::ApplicationChange;
use crate::flows::registry::RegistryError;

/// What to change of an application. Lists take the place of the ones before.
#[derive(Debug, clap::Args)]
pub(in crate::commands) struct Edit {
    /// Its client id.
    id: String,
    /// Shown to users.
    #[arg(long)]
    name: Option<String>,
    /// E-mail address of the user who answers for it; empty: nobody.
    #[arg(long, value_name = "EMAIL")]
    owner: Option<String>,
    /// Where users are sent back to; may be repeated, an empty one alone: nowhere.
    #[arg(long, value_name = "URL")]
    redirect_uri: Vec<String>,
    /// Permission it may ask for; may be repeated, or hold several separated by spaces; empty: none.
    #[arg(long)]
    scope: Vec<String>,
    /// Grant it may use; may be repeated.
    #[arg(long)]
    grant: Vec<GrantType>,
    /// Seconds that its access tokens live.
    #[arg(long, value_name = "SECONDS")]
    access_seconds: Option<i64>,
    /// E-mail domain of users it may act for; may be repeated, an empty one alone: none.
    #[arg(long)]
    domain: Vec<String>,
    /// Whether it may act for users of every e-mail domain.
    #[arg(long, value_name = "BOOL")]
    any_domain: Option<bool>,
    /// Its home page; empty: none.
    #[arg(long, value_name = "URL")]
    homepage_url: Option<String>,
    /// Its privacy policy; empty: none.
    #[arg(long, value_name = "URL")]
    policy_url: Option<String>,
    /// What it is for; empty: nothing.
    #[arg(long)]
    description: Option<String>,
}

impl Edit {
    pub(super) async fn run(self, context: &Context) -> Result<(), CommandError> {
        let owner_id = match self.owner.as_deref() {
            None => None,
            Some("") => Some(None),
            Some(email) => Some(Some(owner(context, email).await?)),
        };
        let registry = context.registry();
        let now = found(registry.application(&self.id).await, || unknown(&self.id))?;
        let mut policy = now.application.policy.clone();
        if !self.grant.is_empty() {
            policy.grants.clone_from(&self.grant);
        }
        policy.access_seconds = self.access_seconds.unwrap_or(policy.access_seconds);
        policy.allow_any_domain = self.any_domain.unwrap_or(policy.allow_any_domain);
        let scope = if self.scope.is_empty() {
            None
        } else {
            Some(read_scope(&self.scope)?)
        };
        let (redirect_uris, domains) = (list(&self.redirect_uri), list(&self.domain));
        let change = ApplicationChange {
            name: self.name,
            policy: Some(policy),
            redirect_uris: redirect_uris.clone(),
            scope,
            domains: domains.clone(),
            owner_id,
            homepage_url: self.homepage_url.map(or_none),
            policy_url: self.policy_url.map(or_none),
            description: self.description.map(or_none),
            ..ApplicationChange::default()
        };
        if change.beyond(&now.application).is_empty() {
            return Err(refused("nothing to change"));
        }
        // With the version: the policy was read before.
        let edited = registry
            .edit_application(&self.id, &change, Some(now.version))
            .await;
        edited.map_err(|error: RegistryError| {
            with_values(
                error,
                &redirect_uris.unwrap_or_default(),
                &domains.unwrap_or_default(),
            )
        })?;
        show(context, &self.id).await
    }
}

/// A list as it was given; one empty value stands for none.
fn list(values: &[String]) -> Option<Vec<String>> {
    match values {
        [] => None,
        [only] if only.is_empty() => Some(Vec::new()),
        some => Some(some.to_vec()),
    }
}

fn or_none(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
