//! Users: added, changed, blocked, given another password.

use uuid::Uuid;

use super::Registry;
use super::problem::{Conflict, Problem, RegistryError, Thing, refuse};
use crate::domain::audit::AuditKind;
use crate::domain::directory::Person;
use crate::domain::event::Event;
use crate::domain::listing::Listed;
use crate::domain::role::RolesChange;
use crate::domain::secret::PlainToken;
use crate::domain::user::{User, check_name, check_new_password, default_name, normalize_email};
use crate::domain::webhook::EventType;
use crate::passwords::Passwords;
use crate::store::StoreError;
use crate::store::sql::people::{self, Update, UserQuery};
use crate::store::sql::{mail_links, provisional, users};

/// Languages that pages and messages are written in.
pub const LANGUAGES: [&str; 2] = ["en", "fr"];

/// A user to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// What the user signs in with.
    pub email: String,
    /// Shown on pages; none: what stands before the @.
    pub name: Option<String>,
    /// None: nobody can sign in as the user yet.
    pub password: Option<PlainToken>,
    /// The roles; what is none is not given.
    pub roles: RolesChange,
    /// The language of pages and messages.
    pub language: Option<String>,
}

/// A user who was added.
#[derive(Clone, Debug)]
pub struct MadeUser {
    /// The id.
    pub user_id: Uuid,
    /// The address was known, because an application acted for it: the record became the account, under its id.
    pub claimed: bool,
}

/// What to change of a user; what is none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserChange {
    /// What the user signs in with.
    pub email: Option<String>,
    /// Shown on pages.
    pub name: Option<String>,
    /// The roles.
    pub roles: RolesChange,
    /// The language of pages and messages; `Some(None)`: the browser's.
    pub language: Option<Option<String>>,
    /// Whether the user is blocked.
    pub disabled: Option<bool>,
}

impl Registry<'_> {
    /// Finds a user.
    pub async fn user(&self, id: Uuid) -> Result<Person, RegistryError> {
        people::find(self.database, id)
            .await?
            .ok_or(RegistryError::NotFound(Thing::User))
    }

    /// Finds a user by the e-mail address.
    pub async fn user_by_email(&self, email: &str) -> Result<Person, RegistryError> {
        let email = normalize_email(email).map_err(|reason| Problem::Email { reason }.of("email"))?;
        match users::find_by_email(self.database, &email).await? {
            Some(user) => self.user(user.id).await,
            None => Err(RegistryError::NotFound(Thing::User)),
        }
    }

    /// When a user's address was proven, seconds since the Unix epoch.
    pub async fn email_verified_at(&self, id: Uuid) -> Result<Option<i64>, RegistryError> {
        Ok(mail_links::verified_at(self.database, id).await?)
    }

    /// Lists users, the one added last first.
    pub async fn users(&self, query: &UserQuery) -> Result<Listed<Person>, RegistryError> {
        Ok(people::page(self.database, query).await?)
    }

    /// Adds a user. `passwords` is the pool that hashes.
    pub async fn create_user(&self, passwords: &Passwords, new: NewUser) -> Result<MadeUser, RegistryError> {
        check_new(&new)?;
        let password_hash = match &new.password {
            Some(password) => Some(passwords.hash(password.reveal().to_owned()).await?),
            None => None,
        };
        self.insert_user(self.clock.new_id(), new, password_hash, false)
            .await
    }

    /// Adds a user whose data was checked, under an id; one who was known before keeps the old one.
    pub(super) async fn insert_user(
        &self,
        id: Uuid,
        new: NewUser,
        password_hash: Option<String>,
        disabled: bool,
    ) -> Result<MadeUser, RegistryError> {
        let email = normalize_email(&new.email).map_err(|reason| Problem::Email { reason }.of("email"))?;
        let user = User {
            id,
            name: new.name.unwrap_or_else(|| default_name(&email)),
            password_hash,
            is_admin: new.roles.admin == Some(true),
            is_developer: new.roles.developer == Some(true),
            is_reviewer: new.roles.reviewer == Some(true),
            is_auditor: new.roles.auditor == Some(true),
            language: new.language.clone(),
            disabled,
            created_at: self.clock.now(),
            email: email.clone(),
        };
        let made = match users::insert(self.database, &user).await {
            // Known because an application acted for this address: the record becomes the account, under its id.
            Err(StoreError::Constraint(_)) => {
                let claimed = provisional::claim(self.database, &user).await?;
                let user_id = claimed.ok_or_else(|| Problem::EmailTaken.of("email"))?;
                let update = Update {
                    roles: new.roles,
                    language: new.language.as_deref().map(Some),
                    disabled: disabled.then_some(true),
                    ..Update::default()
                };
                people::update(self.database, user_id, &update, self.clock.now()).await?;
                self.announce(&Event::UserChanged { user_id }).await?;
                MadeUser {
                    user_id,
                    claimed: true,
                }
            }
            other => {
                other?;
                MadeUser {
                    user_id: user.id,
                    claimed: false,
                }
            }
        };
        let done = if made.claimed {
            "added, in place of the provisional one"
        } else {
            "added"
        };
        let detail = format!("user {email} {done}");
        self.audit(AuditKind::AdminCommand, Some(made.user_id), None, detail)
            .await?;
        self.notices().user(EventType::UserCreated, made.user_id).await?;
        Ok(made)
    }

    /// Changes a user; with a version, only while the record has that. Somebody blocked loses every session and token.
    /// The last administrator who can sign in stays one, but on the command line.
    pub async fn edit_user(
        &self,
        id: Uuid,
        change: &UserChange,
        version: Option<i64>,
    ) -> Result<Person, RegistryError> {
        let before = self.user(id).await?;
        check_change(change)?;
        let email = change.email.as_deref().map(normalize_email);
        let email = email
            .transpose()
            .map_err(|reason| Problem::Email { reason }.of("email"))?;
        let takes_admin = change.roles.admin == Some(false) || change.disabled == Some(true);
        let update = Update {
            email: email.as_deref(),
            name: change.name.as_deref(),
            disabled: change.disabled,
            roles: change.roles,
            language: change.language.as_ref().map(Option::as_deref),
            version,
            keep_an_administrator: takes_admin && !self.actor.is_command_line(),
            ..Update::default()
        };
        let after = people::update(self.database, id, &update, self.clock.now())
            .await
            .map_err(|error| match error {
                StoreError::Constraint(_) => RegistryError::from(Problem::EmailTaken.of("email")),
                other => other.into(),
            })?;
        let Some(after) = after else {
            let now = self.user(id).await?;
            return Err(match version {
                Some(version) if version != now.version => Conflict::Changed,
                _ => Conflict::LastAdministrator,
            }
            .into());
        };
        if change.disabled == Some(true) {
            self.accounts().end_access(id).await?;
            if !before.user.disabled {
                self.notices().user(EventType::UserDisabled, id).await?;
            }
        }
        self.announce(&Event::UserChanged { user_id: id }).await?;
        let detail = format!(
            "user {} changed: {}",
            after.user.email,
            differences(&before, &after).join(", ")
        );
        self.audit(AuditKind::AdminCommand, Some(id), None, detail)
            .await?;
        Ok(after)
    }

    /// Blocks a user, who loses every session and token (S3.6), or lets one in again.
    pub async fn set_user_disabled(&self, id: Uuid, disabled: bool) -> Result<Person, RegistryError> {
        let update = Update {
            disabled: Some(disabled),
            keep_an_administrator: disabled && !self.actor.is_command_line(),
            ..Update::default()
        };
        let Some(person) = people::update(self.database, id, &update, self.clock.now()).await? else {
            self.user(id).await?;
            return Err(Conflict::LastAdministrator.into());
        };
        if disabled {
            self.accounts().end_access(id).await?;
            self.notices().user(EventType::UserDisabled, id).await?;
        }
        self.announce(&Event::UserChanged { user_id: id }).await?;
        let state = if disabled { "blocked" } else { "unblocked" };
        let detail = format!("user {} {state}", person.user.email);
        self.audit(AuditKind::AdminCommand, Some(id), None, detail)
            .await?;
        Ok(person)
    }

    /// Gives a user another password, and ends every session and token (B10).
    pub async fn reset_password(
        &self,
        passwords: &Passwords,
        id: Uuid,
        password: &PlainToken,
    ) -> Result<(), RegistryError> {
        if !self.directory_is_writable {
            return Err(Conflict::DirectoryElsewhere.into());
        }
        let person = self.user(id).await?;
        refuse(password_problem(Some(password)).into_iter().collect())?;
        let hash = passwords.hash(password.reveal().to_owned()).await?;
        if !self.accounts().set_password(id, &hash).await? {
            return Err(RegistryError::NotFound(Thing::User));
        }
        self.notices().password_replaced(id).await?;
        self.announce(&Event::UserChanged { user_id: id }).await?;
        let detail = format!("password of {} replaced", person.user.email);
        self.audit(AuditKind::PasswordChanged, Some(id), None, detail)
            .await?;
        Ok(())
    }

    /// Removes every second factor of a user who has lost them, and ends the sessions; how many apps and passkeys
    /// there were.
    pub async fn reset_second_factors(&self, id: Uuid) -> Result<u64, RegistryError> {
        let person = self.user(id).await?;
        let removed = self.accounts().reset_second_factors(id).await?;
        self.notices().second_factors_removed(id).await?;
        self.announce(&Event::UserChanged { user_id: id }).await?;
        let detail = format!("second factors of {} removed: {removed}", person.user.email);
        self.audit(AuditKind::SecondFactorChanged, Some(id), None, detail)
            .await?;
        Ok(removed)
    }
}

/// Says what is wrong with a user who is to be added.
pub(super) fn check_new(new: &NewUser) -> Result<(), RegistryError> {
    let mut problems = Vec::new();
    if let Err(reason) = normalize_email(&new.email) {
        problems.push(Problem::Email { reason }.of("email"));
    }
    if new.name.as_deref().is_some_and(|name| check_name(name).is_err()) {
        problems.push(Problem::Name.of("name"));
    }
    problems.extend(password_problem(new.password.as_ref()));
    problems.extend(language_problem(new.language.as_deref()));
    refuse(problems)
}

/// Says what is wrong with a change of a user.
pub(super) fn check_change(change: &UserChange) -> Result<(), RegistryError> {
    let mut problems = Vec::new();
    if let Some(Err(reason)) = change.email.as_deref().map(normalize_email) {
        problems.push(Problem::Email { reason }.of("email"));
    }
    if change
        .name
        .as_deref()
        .is_some_and(|name| check_name(name).is_err())
    {
        problems.push(Problem::Name.of("name"));
    }
    problems.extend(language_problem(
        change.language.as_ref().and_then(Option::as_deref),
    ));
    refuse(problems)
}

fn password_problem(password: Option<&PlainToken>) -> Option<super::FieldProblem> {
    let reason = check_new_password(password?.reveal()).err()?;
    Some(Problem::NewPassword { reason }.of("password"))
}

fn language_problem(language: Option<&str>) -> Option<super::FieldProblem> {
    (!LANGUAGES.contains(&language?)).then(|| Problem::Choice.of("language"))
}

/// What differs, for the audit log.
fn differences(before: &Person, after: &Person) -> Vec<String> {
    let (was, is) = (&before.user, &after.user);
    let mut found = Vec::new();
    if was.email != is.email {
        found.push(format!("address was {}", was.email));
    }
    if was.name != is.name {
        found.push("name".to_owned());
    }
    if was.language != is.language {
        found.push("language".to_owned());
    }
    if was.disabled != is.disabled {
        found.push(if is.disabled { "blocked" } else { "unblocked" }.to_owned());
    }
    for (role, had, has) in [
        ("admin", was.is_admin, is.is_admin),
        ("developer", was.is_developer, is.is_developer),
        ("reviewer", was.is_reviewer, is.is_reviewer),
        ("auditor", was.is_auditor, is.is_auditor),
    ] {
        if had != has {
            found.push(format!("{}{role}", if has { "+" } else { "-" }));
        }
    }
    found
}
