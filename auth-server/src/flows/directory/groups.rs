//! Groups: they order users for other systems, and allow nothing at this server.

use uuid::Uuid;

use super::{Caller, DirectoryError, changed_since, expected_version, not_found};
use crate::domain::audit::AuditKind;
use crate::domain::directory::{Group, GroupChange, Member, Page};
use crate::flows::Services;
use crate::flows::audit::Subject;
use crate::protocol::scim::error::{ScimError, ScimErrorKind};
use crate::protocol::scim::group::GroupAttribute;
use crate::protocol::scim::query::ListQuery;
use crate::store::sql::groups::{self, Written};

/// Members that a group may have.
const MAX_MEMBERS: i64 = 10_000;
/// Members that one answer may show: as many as the largest two groups have.
const MAX_SHOWN: i64 = 2 * MAX_MEMBERS;

impl Services {
    /// Finds a group.
    pub async fn directory_group(&self, id: Uuid) -> Result<Group, DirectoryError> {
        groups::find(&self.database, id)
            .await?
            .ok_or_else(|| not_found().into())
    }

    /// The groups that a query asks for.
    pub async fn directory_groups(
        &self,
        query: &ListQuery<GroupAttribute>,
    ) -> Result<Page<Group>, DirectoryError> {
        Ok(groups::list(&self.database, query).await?)
    }

    /// The members of groups.
    pub async fn members_of(&self, of: &[Group]) -> Result<Vec<Member>, DirectoryError> {
        let ids: Vec<Uuid> = of.iter().map(|group| group.id).collect();
        let found = groups::members(&self.database, &ids, MAX_SHOWN + 1).await?;
        check_shown(found.len(), MAX_SHOWN, "members")?;
        Ok(found)
    }

    /// Makes a group.
    pub async fn create_group(&self, caller: &Caller, change: GroupChange) -> Result<Group, DirectoryError> {
        let now = self.clock.now();
        let group = Group {
            id: self.clock.new_id(),
            name: change.name.unwrap_or_default(),
            external_id: change.external_id.flatten(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let group = written(
            groups::insert(&self.database, &group, &change.members, MAX_MEMBERS).await?,
            false,
        )?;
        self.group_changed(caller, &group, "added").await;
        Ok(group)
    }

    /// Changes a group and its members, as a whole.
    pub async fn change_group(
        &self,
        caller: &Caller,
        id: Uuid,
        change: &GroupChange,
        if_match: Option<&str>,
    ) -> Result<Group, DirectoryError> {
        let before = self.directory_group(id).await?;
        let version = expected_version(if_match, before.version)?;
        let done = groups::update(&self.database, id, change, version, MAX_MEMBERS, self.clock.now()).await?;
        let group = written(done, version.is_some())?;
        self.group_changed(caller, &group, "changed").await;
        Ok(group)
    }

    /// Deletes a group; its members stay as users.
    pub async fn delete_group(
        &self,
        caller: &Caller,
        id: Uuid,
        if_match: Option<&str>,
    ) -> Result<(), DirectoryError> {
        let before = self.directory_group(id).await?;
        let version = expected_version(if_match, before.version)?;
        if !groups::delete(&self.database, id, version).await? {
            return Err(if version.is_some() {
                changed_since()
            } else {
                not_found()
            }
            .into());
        }
        self.group_changed(caller, &before, "deleted").await;
        Ok(())
    }

    async fn group_changed(&self, caller: &Caller, group: &Group, what: &str) {
        let subject = Subject {
            client_id: Some(caller.client_id()),
            ..Subject::default()
        };
        let detail = format!(
            "group {:?} ({}) {what} {}",
            group.name,
            group.id,
            caller.describe()
        );
        self.audit(AuditKind::DirectoryChange, subject, detail).await;
    }
}

fn written(outcome: Written, version_was_given: bool) -> Result<Group, ScimError> {
    match outcome {
        Written::Changed(group) => Ok(group),
        Written::NotFound if version_was_given => Err(changed_since()),
        Written::NotFound => Err(not_found()),
        Written::NoSuchUser => Err(ScimError::invalid_value("a member is no user of this server")),
        Written::TooManyMembers => Err(ScimError::new(
            ScimErrorKind::TooMany,
            format!("a group has at most {MAX_MEMBERS} members"),
        )),
    }
}

/// Refuses an answer that would be too large to build.
pub(super) fn check_shown(found: usize, most: i64, what: &str) -> Result<(), ScimError> {
    if i64::try_from(found).is_ok_and(|found| found <= most) {
        return Ok(());
    }
    Err(ScimError::new(
        ScimErrorKind::TooMany,
        format!("that is more than {most} {what}: ask for fewer resources, or leave the attribute out"),
    ))
}
