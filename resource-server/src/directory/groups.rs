//! Groups and their members.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::resources::{GROUP, GroupResource, ListResponse, page_query, patch, quoted};
use super::{Directory, DirectoryError, Reply, Request, unexpected};
use crate::domain::directory::{DirectoryUser, Group};
use crate::domain::page::Page;
use crate::verification::read_json;

const GROUPS: &str = "/Groups";

impl Directory {
    /// The group, if there is one; read a moment ago, perhaps.
    pub async fn group(&self, id: Uuid) -> Result<Option<Group>, DirectoryError> {
        self.groups.get(id, self.read_group(id)).await
    }

    async fn read_group(&self, id: Uuid) -> Result<Option<Group>, DirectoryError> {
        let found: Option<GroupResource> = self.fetch("group", &group_path(id), &without_members()).await?;
        Ok(found.map(Group::from))
    }

    /// One page of the groups, or of those that `member` belongs to, and how many there are.
    pub async fn groups(
        &self,
        member: Option<Uuid>,
        page: Page,
    ) -> Result<(i64, Vec<Group>), DirectoryError> {
        let mut query = [&page_query(page)[..], &without_members()].concat();
        query.extend(member.map(|user| ("filter", has_member(user))));
        let list = self.list_groups(&query).await?;
        let groups = list.resources.into_iter().map(Group::from).collect();
        Ok((list.total_results, groups))
    }

    /// Whether the user belongs to the group; not when one of them does not exist.
    pub async fn is_member(&self, group: Uuid, user: Uuid) -> Result<bool, DirectoryError> {
        let filter = format!("id eq {} and {}", quoted(&group.to_string()), has_member(user));
        // RFC 7644 section 3.4.2.4: with `count` 0 only the number is told.
        let query = [("count", "0".to_owned()), ("filter", filter)];
        Ok(self.list_groups(&query).await?.total_results > 0)
    }

    async fn list_groups(
        &self,
        query: &[(&'static str, String)],
    ) -> Result<ListResponse<GroupResource>, DirectoryError> {
        let what = "groups";
        let list: Option<_> = self.fetch(what, GROUPS, query).await?;
        list.ok_or_else(|| unexpected(what, &Reply::NotFound))
    }

    /// Makes a group.
    pub async fn create_group(&self, name: &str) -> Result<Group, DirectoryError> {
        let what = "new group";
        let body = json!({ "schemas": [GROUP], "displayName": name });
        let _change = self.groups.change();
        match self
            .send(Request::write(what, Method::POST, GROUPS, Some(body)))
            .await?
        {
            Reply::Resource(body) => Ok(read_json::<GroupResource>(what, &body)?.into()),
            Reply::Taken => Err(name_taken()),
            Reply::Invalid(detail) => Err(DirectoryError::field("name", detail)),
            reply => Err(unexpected(what, &reply)),
        }
    }

    /// Gives a group another name; `None` when there is no such group.
    pub async fn rename_group(&self, id: Uuid, name: &str) -> Result<Option<Group>, DirectoryError> {
        let replace = json!({ "op": "replace", "path": "displayName", "value": name });
        let _change = self.groups.change();
        match self.patch_group("group's change", id, replace).await? {
            // The answer may hold all members or nothing at all; the name is known either way.
            Reply::Resource(_) | Reply::NoContent => Ok(Some(Group {
                id,
                name: name.to_owned(),
            })),
            Reply::NotFound => Ok(None),
            Reply::Taken => Err(name_taken()),
            Reply::Invalid(detail) => Err(DirectoryError::field("name", detail)),
        }
    }

    /// Deletes a group; `false` when there was none.
    pub async fn delete_group(&self, id: Uuid) -> Result<bool, DirectoryError> {
        let what = "group's deletion";
        let _change = self.groups.change();
        let path = group_path(id);
        match self
            .send(Request::write(what, Method::DELETE, &path, None))
            .await?
        {
            Reply::NoContent | Reply::Resource(_) => Ok(true),
            Reply::NotFound => Ok(false),
            reply => Err(unexpected(what, &reply)),
        }
    }

    /// One page of a group's members, and how many there are; `None` when there is no such group. They are
    /// asked for as users: SCIM knows no pages of `members`.
    pub async fn members(
        &self,
        group: Uuid,
        page: Page,
    ) -> Result<Option<(i64, Vec<DirectoryUser>)>, DirectoryError> {
        if self.group(group).await?.is_none() {
            return Ok(None);
        }
        let filter = format!("groups.value eq {}", quoted(&group.to_string()));
        self.list_users(Some(filter), page).await.map(Some)
    }

    /// Puts a user into a group, where they may be already; `false` when there is no such group.
    pub async fn add_member(&self, group: Uuid, user: Uuid) -> Result<bool, DirectoryError> {
        let add = json!({ "op": "add", "path": "members", "value": [{ "value": user }] });
        match self.patch_group("new member", group, add).await? {
            Reply::Resource(_) | Reply::NoContent => Ok(true),
            Reply::NotFound => Ok(false),
            Reply::Taken => Err(DirectoryError::field(
                "user_id",
                "The user is in the group already.",
            )),
            Reply::Invalid(detail) => Err(DirectoryError::field("user_id", detail)),
        }
    }

    /// Takes a user out of a group; `false` when there is no such group, or the user was not in it.
    pub async fn remove_member(&self, group: Uuid, user: Uuid) -> Result<bool, DirectoryError> {
        let what = "member's removal";
        if !self.is_member(group, user).await? {
            return Ok(false);
        }
        let path = format!("members[value eq {}]", quoted(&user.to_string()));
        match self
            .patch_group(what, group, json!({ "op": "remove", "path": path }))
            .await?
        {
            Reply::Resource(_) | Reply::NoContent => Ok(true),
            Reply::NotFound => Ok(false),
            reply => Err(unexpected(what, &reply)),
        }
    }

    async fn patch_group(
        &self,
        what: &'static str,
        id: Uuid,
        operation: Value,
    ) -> Result<Reply, DirectoryError> {
        let path = group_path(id);
        let request = Request {
            // Otherwise the answer may list every member.
            query: &without_members(),
            ..Request::write(what, Method::PATCH, &path, Some(patch(&[operation])))
        };
        self.send(request).await
    }
}

fn group_path(id: Uuid) -> String {
    format!("{GROUPS}/{id}")
}

fn without_members() -> [(&'static str, String); 1] {
    [("excludedAttributes", "members".to_owned())]
}

fn has_member(user: Uuid) -> String {
    format!("members.value eq {}", quoted(&user.to_string()))
}

fn name_taken() -> DirectoryError {
    DirectoryError::field("name", "A group with this name exists already.")
}
