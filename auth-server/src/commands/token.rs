//! `auth-server token`.

use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::output::moment;
use super::{CommandError, Context, found, refused};
use crate::domain::token::{RevocationTarget, TokenFilter, TokenSummary};

/// Issued tokens.
#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// List live tokens of an application or a user.
    List(Whose),
    /// Revoke tokens: one by its id, or all of an application, of a user, or of an application for a user.
    Revoke {
        /// An id as `token list` shows it.
        #[arg(conflicts_with_all = ["app", "user"])]
        id: Option<String>,
        #[command(flatten)]
        whose: Whose,
    },
}

#[derive(Debug, Args)]
pub(super) struct Whose {
    /// The application's client id.
    #[arg(long, value_name = "ID")]
    app: Option<String>,
    /// The user's e-mail address.
    #[arg(long, value_name = "EMAIL")]
    user: Option<String>,
}

const PAGE: u32 = 500;

impl Token {
    pub(super) async fn run(self, context: &Context) -> Result<(), CommandError> {
        match self {
            Self::List(whose) => list(context, whose).await,
            Self::Revoke { id, whose } => revoke(context, id, whose).await,
        }
    }
}

async fn user_id(context: &Context, email: &str) -> Result<Uuid, CommandError> {
    let person = context.registry().user_by_email(email).await;
    found(person, || format!("there is no user {email}")).map(|person| person.user.id)
}

async fn list(context: &Context, whose: Whose) -> Result<(), CommandError> {
    let user = match &whose.user {
        Some(email) => Some(user_id(context, email).await?),
        None => None,
    };
    let filter = match (&whose.app, user) {
        (Some(app), _) => TokenFilter::Client(app.clone()),
        (None, Some(user)) => TokenFilter::User(user),
        (None, None) => return Err(refused("whose tokens? use --app ID or --user EMAIL")),
    };
    let mut rows: Vec<TokenSummary> = Vec::new();
    let mut after = None;
    loop {
        let part = context
            .registry()
            .live_tokens(&filter, after.as_ref(), PAGE)
            .await?;
        rows.extend(
            part.items
                .into_iter()
                .filter(|row| user.is_none_or(|user| row.user_id == Some(user))),
        );
        after = part.next;
        if after.is_none() {
            break;
        }
    }
    context.output.table(
        &["ID", "APPLICATION", "USER", "SCOPE", "LAST USED", "ENDS"],
        &rows,
        |row| {
            vec![
                row.id.clone(),
                row.client_id.clone(),
                row.user_id
                    .map_or_else(|| "server-wide".to_owned(), |id| id.to_string()),
                row.scope.to_string(),
                moment(row.last_used_at_ms / 1000),
                moment(row.expires_at_ms / 1000),
            ]
        },
    );
    Ok(())
}

async fn revoke(context: &Context, id: Option<String>, whose: Whose) -> Result<(), CommandError> {
    let user = match &whose.user {
        Some(email) => Some(user_id(context, email).await?),
        None => None,
    };
    let target = match (id, whose.app, user) {
        (Some(id), _, _) => read_id(&id)?,
        (None, Some(client_id), Some(user_id)) => RevocationTarget::Grant { client_id, user_id },
        (None, Some(client_id), None) => RevocationTarget::Client(client_id),
        (None, None, Some(user_id)) => RevocationTarget::User(user_id),
        (None, None, None) => {
            return Err(refused(
                "which tokens? give an id, --app ID, --user EMAIL or both",
            ));
        }
    };
    context.registry().remove_tokens(&target).await?;
    context.output.done("revoked", &json!({"revoked": true}));
    Ok(())
}

fn read_id(id: &str) -> Result<RevocationTarget, CommandError> {
    RevocationTarget::from_text(id)
        .ok_or_else(|| refused(format!("{id:?} is not an id of `auth-server token list`")))
}
