//! `auth-server user list` and `user show`.

use serde::Serialize;
use uuid::Uuid;

use super::known;
use crate::commands::output::moment;
use crate::commands::{CommandError, Context};
use crate::domain::directory::Person;
use crate::domain::role::Role;
use crate::store::sql::people::UserQuery;

/// Which users to list.
#[derive(Debug, clap::Args)]
pub(in crate::commands) struct List {
    /// The id, or how the e-mail address or the name begins.
    #[arg(long)]
    search: Option<String>,
    /// Only those with a role: admin, developer, reviewer or auditor.
    #[arg(long)]
    role: Option<Role>,
    /// Only those who are blocked.
    #[arg(long)]
    disabled: bool,
}

/// A user as printed: everything but the password.
#[derive(Serialize)]
pub(super) struct Shown {
    user_id: Uuid,
    email: String,
    name: String,
    roles: Vec<&'static str>,
    language: Option<String>,
    disabled: bool,
    has_password: bool,
    created_at: i64,
    updated_at: i64,
}

impl From<Person> for Shown {
    fn from(person: Person) -> Self {
        let user = person.user;
        Self {
            roles: Role::of(&user).iter().map(|role| role.as_str()).collect(),
            user_id: user.id,
            email: user.email,
            name: user.name,
            language: user.language,
            disabled: user.disabled,
            has_password: user.password_hash.is_some(),
            created_at: user.created_at,
            updated_at: person.updated_at,
        }
    }
}

impl Shown {
    const fn state(&self) -> &'static str {
        if self.disabled { "blocked" } else { "active" }
    }
}

const PAGE: i64 = 1000;

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<(), CommandError> {
        let mut query = UserQuery {
            search: self.search,
            role: self.role,
            disabled: self.disabled.then_some(true),
            after: None,
            limit: PAGE,
        };
        let mut rows: Vec<Shown> = Vec::new();
        loop {
            let page = context.registry().users(&query).await?;
            rows.extend(page.items.into_iter().map(Shown::from));
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
        context.output.table(
            &["ID", "EMAIL", "NAME", "ROLES", "STATE", "ADDED"],
            &rows,
            |row| {
                vec![
                    row.user_id.to_string(),
                    row.email.clone(),
                    row.name.clone(),
                    row.roles.join(","),
                    row.state().to_owned(),
                    moment(row.created_at),
                ]
            },
        );
        Ok(())
    }
}

pub(super) async fn show(context: &Context, email: &str) -> Result<(), CommandError> {
    print(context, known(context, email).await?);
    Ok(())
}

pub(super) fn print(context: &Context, person: Person) {
    let shown = Shown::from(person);
    let text = format!(
        "{}\n  user_id   {}\n  email     {}\n  roles     {}\n  state     {}\n  language  {}\n  password  {}\n  \
         added     {}\n  changed   {}",
        shown.name,
        shown.user_id,
        shown.email,
        if shown.roles.is_empty() {
            "none".to_owned()
        } else {
            shown.roles.join(", ")
        },
        shown.state(),
        shown.language.as_deref().unwrap_or("the browser's"),
        if shown.has_password { "yes" } else { "no" },
        moment(shown.created_at),
        moment(shown.updated_at),
    );
    context.output.done(&text, &shown);
}
