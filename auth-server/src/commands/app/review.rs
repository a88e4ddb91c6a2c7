//! `auth-server app approve`, `hold` and `reject`: a reviewer's decision.

use serde_json::json;

use super::unknown;
use crate::commands::{CommandError, Context};
use crate::domain::application::ReviewStatus;
use crate::domain::audit::AuditKind;
use crate::domain::event::Event;
use crate::domain::secret::PlainToken;
use crate::mint::SECRET_MARK;
use crate::store::sql::applications;

/// A reviewer's decision.
#[derive(Debug, clap::Args)]
pub(in crate::commands) struct Review {
    /// Its client id.
    id: String,
    /// Why, for its developer.
    #[arg(long)]
    reason: Option<String>,
}

impl Review {
    pub(super) async fn run(self, context: &Context, status: ReviewStatus) -> Result<(), CommandError> {
        let secret = if status == ReviewStatus::Approved {
            self.approve(context).await?
        } else {
            let reason = self.reason.as_deref();
            if !applications::set_review(&context.database, &self.id, status, reason).await? {
                return Err(unknown(&self.id));
            }
            None
        };
        context
            .announce(&Event::ApplicationChanged {
                client_id: self.id.clone(),
            })
            .await?;
        let (id, review) = (&self.id, status.as_str());
        let detail = format!(
            "application is {review}: {}",
            self.reason.as_deref().unwrap_or("no reason given")
        );
        context
            .audit(AuditKind::AdminCommand, None, Some(id), detail)
            .await?;
        match secret {
            None => context.output.done(
                &format!("application {id} is {review}"),
                &json!({"client_id": id, "review": review}),
            ),
            Some(secret) => {
                let detail = "first secret".to_owned();
                context
                    .audit(AuditKind::SecretChanged, None, Some(id), detail)
                    .await?;
                context.output.secret(
                    &format!("application {id} is {review}\nclient_secret  {}", secret.reveal()),
                    &json!({"client_id": id, "review": review, "client_secret": secret.reveal()}),
                );
            }
        }
        Ok(())
    }

    /// Approves it, and returns the secret it got if it had none and needs one (S4.27).
    async fn approve(&self, context: &Context) -> Result<Option<PlainToken>, CommandError> {
        let application = applications::find(&context.database, &self.id)
            .await?
            .ok_or_else(|| unknown(&self.id))?;
        let first = application
            .has_secret()
            .then(|| PlainToken::generate(SECRET_MARK));
        let given = applications::approve(
            &context.database,
            &self.id,
            self.reason.as_deref(),
            first.as_ref().map(PlainToken::hashed).as_ref(),
            context.clock.now(),
        )
        .await?
        .ok_or_else(|| unknown(&self.id))?;
        Ok(first.filter(|_| given))
    }
}
