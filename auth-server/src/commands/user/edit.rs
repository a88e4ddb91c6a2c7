//! `auth-server user edit`.

use super::{about, known, show};
use crate::commands::{CommandError, Context, refused};
use crate::domain::role::RolesChange;
use crate::flows::registry::UserChange;

/// What to change of a user.
#[derive(Debug, clap::Args)]
pub(in crate::commands) struct Edit {
    /// The user's e-mail address.
    email: String,
    /// The new e-mail address.
    #[arg(long, value_name = "EMAIL")]
    new_email: Option<String>,
    /// Shown on pages.
    #[arg(long)]
    name: Option<String>,
    /// Whether the user may administer the server.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    admin: Option<bool>,
    /// Whether the user may register applications.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    developer: Option<bool>,
    /// Whether the user may review applications.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    reviewer: Option<bool>,
    /// Whether the user may look at everything.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    auditor: Option<bool>,
    /// Language of pages and messages: en or fr; empty: the browser's.
    #[arg(long)]
    language: Option<String>,
}

impl Edit {
    pub(super) async fn run(self, context: &Context) -> Result<(), CommandError> {
        let change = UserChange {
            email: self.new_email,
            name: self.name,
            roles: RolesChange {
                admin: self.admin,
                developer: self.developer,
                reviewer: self.reviewer,
                auditor: self.auditor,
            },
            language: self
                .language
                .map(|language| Some(language).filter(|language| !language.is_empty())),
            disabled: None,
        };
        if change == UserChange::default() {
            return Err(refused("nothing to change"));
        }
        let id = known(context, &self.email).await?.user.id;
        let edited = context.registry().edit_user(id, &change, None).await;
        let address = change.email.as_deref().unwrap_or(&self.email);
        let person = edited.map_err(|error| about(error, address))?;
        show::print(context, person);
        Ok(())
    }
}
