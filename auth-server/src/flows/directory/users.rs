//! Users: made, changed and deleted with all that follows from it. The accounts of administrators, reviewers
//! and auditors are out of reach: whoever could set such a password would be one.

use uuid::Uuid;

use super::{Caller, DirectoryError, changed_since, expected_version, not_found};
use crate::domain::audit::AuditKind;
use crate::domain::directory::{Group, Page, Person, PersonChange};
use crate::domain::event::Event;
use crate::domain::secret::PlainToken;
use crate::domain::user::User;
use crate::domain::webhook::{EventType, Happening};
use crate::flows::Services;
use crate::flows::audit::Subject;
use crate::protocol::scim::error::{ScimError, ScimErrorKind};
use crate::protocol::scim::query::ListQuery;
use crate::protocol::scim::user::UserAttribute;
use crate::store::StoreError;
use crate::store::sql::people::{self, Update};
use crate::store::sql::{groups, provisional};

/// Memberships that one answer may show.
const MAX_MEMBERSHIPS: i64 = 20_000;

impl Services {
    /// Finds a user.
    pub async fn directory_user(&self, id: Uuid) -> Result<Person, DirectoryError> {
        people::find(&self.database, id)
            .await?
            .ok_or_else(|| not_found().into())
    }

    /// The users that a query asks for.
    pub async fn directory_users(
        &self,
        query: &ListQuery<UserAttribute>,
    ) -> Result<Page<Person>, DirectoryError> {
        Ok(people::list(&self.database, query).await?)
    }

    /// The groups of users, each with the user's id.
    pub async fn groups_of(&self, users: &[Person]) -> Result<Vec<(Uuid, Group)>, DirectoryError> {
        let ids: Vec<Uuid> = users.iter().map(|person| person.user.id).collect();
        let found = groups::of_users(&self.database, &ids, MAX_MEMBERSHIPS + 1).await?;
        super::groups::check_shown(found.len(), MAX_MEMBERSHIPS, "groups")?;
        Ok(found)
    }

    /// Makes a user. Without a password nobody can sign in as that user yet.
    pub async fn create_user(&self, caller: &Caller, change: PersonChange) -> Result<Person, DirectoryError> {
        let email = change.email.unwrap_or_default();
        let now = self.clock.now();
        let user = User {
            id: self.clock.new_id(),
            name: change.name.unwrap_or_default(),
            password_hash: match change.password.flatten() {
                Some(password) => Some(self.hash(&password).await?),
                None => None,
            },
            is_admin: false,
            is_developer: false,
            is_reviewer: false,
            is_auditor: false,
            language: None,
            disabled: change.active == Some(false),
            created_at: now,
            email,
        };
        let external_id = change.external_id.flatten();
        let person = match people::insert(&self.database, &user, external_id.as_deref()).await {
            Err(StoreError::Constraint(_)) => {
                self.claim(&user, external_id.as_deref(), change.active).await?
            }
            other => {
                other?;
                Person {
                    updated_at: now,
                    version: 1,
                    external_id,
                    user,
                }
            }
        };
        self.emit(Happening::new(EventType::UserCreated).user(person.user.id))
            .await;
        let detail = format!("user {} added {}", person.user.email, caller.describe());
        self.changed(person.user.id, caller, detail).await?;
        Ok(person)
    }

    /// A user whom an application acted for, and who is known by the address alone, becomes the account that is to
    /// be made, under the id that the record has. Any other user with the address is in the way.
    async fn claim(
        &self,
        user: &User,
        external_id: Option<&str>,
        active: Option<bool>,
    ) -> Result<Person, DirectoryError> {
        let id = provisional::claim(&self.database, user)
            .await?
            .ok_or_else(taken)?;
        let update = Update {
            external_id: Some(external_id),
            disabled: active.map(|active| !active),
            spare_staff: true,
            ..Update::default()
        };
        let person = people::update(&self.database, id, &update, self.clock.now())
            .await?
            .ok_or_else(not_found)?;
        if person.user.disabled {
            self.accounts().end_access(id).await?;
        }
        Ok(person)
    }

    /// Changes a user.
    ///
    /// 1. the user exists, is none of the staff, and has the version that the request is meant for;
    /// 2. the record changes, in one statement that looks at both again;
    /// 3. a blocked user, and one whose password changed, loses every token and session. A repeated request does
    ///    it again, in case the first one got no further.
    pub async fn change_user(
        &self,
        caller: &Caller,
        id: Uuid,
        change: PersonChange,
        if_match: Option<&str>,
    ) -> Result<Person, DirectoryError> {
        let before = self.changeable(id).await?;
        let version = expected_version(if_match, before.version)?;
        let password_hash = match &change.password {
            Some(Some(password)) => Some(Some(self.hash(password).await?)),
            Some(None) => Some(None),
            None => None,
        };
        let update = Update {
            email: change.email.as_deref(),
            name: change.name.as_deref(),
            disabled: change.active.map(|active| !active),
            external_id: change.external_id.as_ref().map(Option::as_deref),
            password_hash: password_hash.as_ref().map(Option::as_deref),
            version,
            spare_staff: true,
            ..Update::default()
        };
        let after = people::update(&self.database, id, &update, self.clock.now())
            .await
            .map_err(|error| match error {
                StoreError::Constraint(_) => DirectoryError::from(taken()),
                other => other.into(),
            })?
            .ok_or_else(|| gone(version))?;
        if change.active == Some(false) || change.password.is_some() {
            self.accounts().end_access(id).await?;
        }
        for (happened, event) in [
            (
                after.user.disabled && !before.user.disabled,
                EventType::UserDisabled,
            ),
            (change.password.is_some(), EventType::PasswordChanged),
        ] {
            if happened {
                self.emit(Happening::new(event).user(id)).await;
            }
        }
        let mut changes = Vec::new();
        if before.user.email != after.user.email {
            changes.push(format!("address was {}", before.user.email));
        }
        if before.user.disabled != after.user.disabled {
            changes.push(
                if after.user.disabled {
                    "blocked"
                } else {
                    "unblocked"
                }
                .to_owned(),
            );
        }
        if change.password.is_some() {
            changes.push("password".to_owned());
        }
        let detail = format!(
            "user {} changed {} ({})",
            after.user.email,
            caller.describe(),
            changes.join(", ")
        );
        self.changed(id, caller, detail).await?;
        Ok(after)
    }

    /// Deletes a user: blocked first, so that nothing new begins; then tokens and sessions end; the record goes
    /// last, so that a request that got no further can be repeated.
    pub async fn delete_user(
        &self,
        caller: &Caller,
        id: Uuid,
        if_match: Option<&str>,
    ) -> Result<(), DirectoryError> {
        let before = self.changeable(id).await?;
        let version = expected_version(if_match, before.version)?;
        let update = Update {
            disabled: Some(true),
            version,
            spare_staff: true,
            ..Update::default()
        };
        people::update(&self.database, id, &update, self.clock.now())
            .await?
            .ok_or_else(|| gone(version))?;
        let accounts = self.accounts();
        accounts.end_access(id).await?;
        if !accounts.delete(id).await? {
            return Err(not_found().into());
        }
        let detail = format!("user {} deleted {}", before.user.email, caller.describe());
        self.changed(id, caller, detail).await
    }

    async fn changeable(&self, id: Uuid) -> Result<Person, DirectoryError> {
        let person = self.directory_user(id).await?;
        if person.user.is_staff() {
            return Err(ScimError::new(
                ScimErrorKind::Forbidden,
                "the account of an administrator, reviewer or auditor is changed by administrators alone",
            )
            .into());
        }
        Ok(person)
    }

    async fn hash(&self, password: &PlainToken) -> Result<String, DirectoryError> {
        Ok(self.passwords.hash(password.reveal().to_owned()).await?)
    }

    async fn changed(&self, user_id: Uuid, caller: &Caller, detail: String) -> Result<(), DirectoryError> {
        self.accounts().announce(&Event::UserChanged { user_id }).await?;
        let subject = Subject {
            user_id: Some(user_id),
            client_id: Some(caller.client_id()),
            address: None,
        };
        self.audit(AuditKind::DirectoryChange, subject, detail).await;
        Ok(())
    }
}

/// Why the statement met no row: another change came between.
fn gone(version: Option<i64>) -> ScimError {
    if version.is_some() {
        changed_since()
    } else {
        not_found()
    }
}

fn taken() -> ScimError {
    ScimError::new(ScimErrorKind::Uniqueness, "another user has that userName")
}
