//! `auth-server app approve`, `hold` and `reject`: a reviewer's decision.

use serde_json::json;

use super::unknown;
use crate::commands::{CommandError, Context, found};
use crate::domain::application::ReviewStatus;
use crate::flows::registry::Decision;

/// A reviewer's decision.
#[derive(Debug, clap::Args)]
pub(in crate::commands) struct Review {
    /// Its client id.
    id: String,
    /// Why, for its developer.
    #[arg(long)]
    reason: Option<String>,
    /// Decide about the change that the developer of an approved application proposes.
    #[arg(long)]
    proposal: bool,
}

impl Review {
    pub(super) async fn run(self, context: &Context, status: ReviewStatus) -> Result<(), CommandError> {
        let decision = Decision {
            status,
            reason: self.reason,
            seen: None,
            first_secret: true,
        };
        let (id, review) = (&self.id, status.as_str());
        if self.proposal {
            let decided = context.registry().decide_proposal(id, &decision).await;
            found(decided, || format!("application {id} has no proposal"))?;
            context.output.done(
                &format!("the proposed change of application {id} is {review}"),
                &json!({"client_id": id, "proposal": review}),
            );
            return Ok(());
        }
        let decided = context.registry().decide(id, &decision).await;
        match found(decided, || unknown(id))?.secret {
            None => context.output.done(
                &format!("application {id} is {review}"),
                &json!({"client_id": id, "review": review}),
            ),
            Some(secret) => context.output.secret(
                &format!("application {id} is {review}\nclient_secret  {}", secret.reveal()),
                &json!({"client_id": id, "review": review, "client_secret": secret.reveal()}),
            ),
        }
        Ok(())
    }
}
