//! `auth-server user`.

use std::io::Read;

use clap::Subcommand;
use serde_json::json;

use super::{CommandError, Context, refused};
use crate::domain::audit::AuditKind;
use crate::domain::event::Event;
use crate::domain::user::{self, check_name, check_new_password, default_name, normalize_email};
use crate::passwords::Passwords;
use crate::store::StoreError;
use crate::store::sql::{provisional, users};

/// People.
#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Add a user.
    Add {
        /// What the user signs in with.
        #[arg(long)]
        email: String,
        /// Shown on pages; default: what stands before the @.
        #[arg(long)]
        name: Option<String>,
        /// May administer the server.
        #[arg(long)]
        admin: bool,
        /// May register applications.
        #[arg(long)]
        developer: bool,
        /// Read the password from standard input.
        #[arg(long, conflicts_with = "password", required_unless_present = "password")]
        password_stdin: bool,
        /// The password; other users of this machine can see it, so prefer --password-stdin.
        #[arg(long)]
        password: Option<String>,
    },
    /// Block a user: sessions end, tokens are revoked.
    Disable {
        /// The user's e-mail address.
        email: String,
    },
    /// Let a blocked user in again.
    Enable {
        /// The user's e-mail address.
        email: String,
    },
}

impl User {
    pub(super) async fn run(self, context: &Context) -> Result<(), CommandError> {
        match self {
            Self::Add {
                email,
                name,
                admin,
                developer,
                password,
                ..
            } => {
                let password = match password {
                    Some(password) => password,
                    None => read_password()?,
                };
                add(context, &email, name, admin, developer, password).await
            }
            Self::Disable { email } => set_disabled(context, &email, true).await,
            Self::Enable { email } => set_disabled(context, &email, false).await,
        }
    }
}

fn read_password() -> Result<String, CommandError> {
    let mut password = String::new();
    std::io::stdin()
        .read_to_string(&mut password)
        .map_err(|error| refused(format!("the password cannot be read: {error}")))?;
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}

async fn add(
    context: &Context,
    email: &str,
    name: Option<String>,
    is_admin: bool,
    is_developer: bool,
    password: String,
) -> Result<(), CommandError> {
    let email = normalize_email(email).map_err(|problem| refused(format!("{email:?}: {problem}")))?;
    check_new_password(&password).map_err(refused)?;
    let name = name.unwrap_or_else(|| default_name(&email));
    check_name(&name).map_err(refused)?;
    let user = user::User {
        id: context.clock.new_id(),
        name,
        password_hash: Some(Passwords::new(1).hash(password).await?),
        is_admin,
        is_developer,
        disabled: false,
        created_at: context.clock.now(),
        email: email.clone(),
    };
    let (user_id, done) = match users::insert(&context.database, &user).await {
        // Known because an application acted for this address: the record becomes the account, under its id.
        Err(StoreError::Constraint(_)) => {
            let claimed = provisional::claim(&context.database, &user).await?;
            let user_id = claimed.ok_or_else(|| refused(format!("there is a user {email} already")))?;
            context.announce(&Event::UserChanged { user_id }).await?;
            (user_id, "added, in place of the provisional one")
        }
        other => {
            other?;
            (user.id, "added")
        }
    };
    let detail = format!("user {email} {done}");
    context
        .audit(AuditKind::AdminCommand, Some(user_id), None, detail)
        .await?;
    context.output.done(
        &format!("user {email} {done}: {user_id}"),
        &json!({"user_id": user_id}),
    );
    Ok(())
}

async fn set_disabled(context: &Context, email: &str, disabled: bool) -> Result<(), CommandError> {
    let email = normalize_email(email).map_err(refused)?;
    let user = users::find_by_email(&context.database, &email)
        .await?
        .ok_or_else(|| refused(format!("there is no user {email}")))?;
    context.accounts().set_disabled(user.id, disabled).await?;
    context.announce(&Event::UserChanged { user_id: user.id }).await?;
    let state = if disabled { "blocked" } else { "unblocked" };
    context
        .audit(
            AuditKind::AdminCommand,
            Some(user.id),
            None,
            format!("user {email} {state}"),
        )
        .await?;
    context.output.done(
        &format!("user {email} {state}"),
        &json!({"user_id": user.id, "disabled": disabled}),
    );
    Ok(())
}
