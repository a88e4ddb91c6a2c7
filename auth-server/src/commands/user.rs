//! `auth-server user`.

mod edit;
mod show;

use clap::Subcommand;
use serde_json::json;

use self::edit::Edit;
use self::show::List;
use super::{CommandError, Context, found, refused};
use crate::domain::directory::Person;
use crate::domain::role::RolesChange;
use crate::domain::secret::PlainToken;
use crate::domain::user::normalize_email;
use crate::flows::registry::{NewUser, Problem, RegistryError};
use crate::passwords::Passwords;

/// People.
#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Add a user.
    Add(Add),
    /// List users, the one added last first.
    List(List),
    /// Show one user.
    Show {
        /// The user's e-mail address.
        email: String,
    },
    /// Change a user: what is not named stays as it is.
    Edit(Edit),
    /// Block a user: sessions end, tokens are revoked.
    Disable {
        /// The user's e-mail address.
        email: String,
    },
    /// Give a user another password, read from standard input: sessions end, tokens are revoked.
    ResetPassword {
        /// The user's e-mail address.
        email: String,
        /// Read the password from standard input: one line.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Remove every second factor of a user who has lost them: sessions end.
    ResetSecondFactor {
        /// The user's e-mail address.
        email: String,
    },
    /// Let a blocked user in again.
    Enable {
        /// The user's e-mail address.
        email: String,
    },
}

/// A new user.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Add {
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
    /// May review applications.
    #[arg(long)]
    reviewer: bool,
    /// May look at everything, and change nothing.
    #[arg(long)]
    auditor: bool,
    /// Language of pages and messages: en or fr; default: the browser's.
    #[arg(long)]
    language: Option<String>,
    /// Read the password from standard input: one line.
    #[arg(long, conflicts_with = "password", required_unless_present = "password")]
    password_stdin: bool,
    /// The password; other users of this machine can see it, so prefer --password-stdin.
    #[arg(long)]
    password: Option<String>,
}

impl User {
    pub(super) async fn run(self, context: &Context) -> Result<(), CommandError> {
        match self {
            Self::Add(add) => add.run(context).await,
            Self::List(list) => list.run(context).await,
            Self::Show { email } => show::show(context, &email).await,
            Self::Edit(edit) => edit.run(context).await,
            Self::ResetPassword { email, .. } => reset_password(context, &email, read_password()?).await,
            Self::ResetSecondFactor { email } => reset_second_factor(context, &email).await,
            Self::Disable { email } => set_disabled(context, &email, true).await,
            Self::Enable { email } => set_disabled(context, &email, false).await,
        }
    }
}

/// One line, so that a person who types it is done with the return key.
fn read_password() -> Result<String, CommandError> {
    let mut password = String::new();
    std::io::stdin()
        .read_line(&mut password)
        .map_err(|error| refused(format!("the password cannot be read: {error}")))?;
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}

impl Add {
    async fn run(self, context: &Context) -> Result<(), CommandError> {
        let password = match self.password {
            Some(password) => password,
            None => read_password()?,
        };
        let new = NewUser {
            email: self.email.clone(),
            name: self.name,
            password: Some(PlainToken::presented(password)),
            roles: RolesChange {
                admin: Some(self.admin),
                developer: Some(self.developer),
                reviewer: Some(self.reviewer),
                auditor: Some(self.auditor),
            },
            language: self.language,
        };
        let made = context.registry().create_user(&Passwords::new(1), new).await;
        let made = made.map_err(|error| about(error, &self.email))?;
        let email = normalize_email(&self.email).map_err(refused)?;
        let user_id = made.user_id;
        let done = if made.claimed {
            "added, in place of the provisional one"
        } else {
            "added"
        };
        context.output.done(
            &format!("user {email} {done}: {user_id}"),
            &json!({"user_id": user_id}),
        );
        Ok(())
    }
}

/// What is wrong with a user's data, with the address where it is about that.
fn about(error: RegistryError, email: &str) -> CommandError {
    let RegistryError::Invalid(problems) = &error else {
        return error.into();
    };
    let known = normalize_email(email).unwrap_or_default();
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| match &problem.problem {
            Problem::EmailTaken => format!("there is a user {known} already"),
            Problem::Email { reason } => format!("{email:?}: {reason}"),
            other => other.to_string(),
        })
        .collect();
    refused(lines.join("; "))
}

async fn known(context: &Context, email: &str) -> Result<Person, CommandError> {
    let person = context.registry().user_by_email(email).await;
    found(person, || format!("there is no user {email}"))
}

async fn reset_password(context: &Context, email: &str, password: String) -> Result<(), CommandError> {
    let user = known(context, email).await?.user;
    let password = PlainToken::presented(password);
    let registry = context.registry();
    registry
        .reset_password(&Passwords::new(1), user.id, &password)
        .await?;
    let done = format!("user {} has another password", user.email);
    context.output.done(&done, &json!({"user_id": user.id}));
    Ok(())
}

async fn reset_second_factor(context: &Context, email: &str) -> Result<(), CommandError> {
    let user = known(context, email).await?.user;
    let removed = context.registry().reset_second_factors(user.id).await?;
    context.output.done(
        &format!("second factors of user {} removed: {removed}", user.email),
        &json!({"user_id": user.id, "removed": removed}),
    );
    Ok(())
}

async fn set_disabled(context: &Context, email: &str, disabled: bool) -> Result<(), CommandError> {
    let user = known(context, email).await?.user;
    context.registry().set_user_disabled(user.id, disabled).await?;
    let state = if disabled { "blocked" } else { "unblocked" };
    context.output.done(
        &format!("user {} {state}", user.email),
        &json!({"user_id": user.id, "disabled": disabled}),
    );
    Ok(())
}
