//! Users.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::resources::{ListResponse, USER, UserResource, page_query, patch, quoted};
use super::{Directory, DirectoryError, Reply, Request, unexpected};
use crate::domain::directory::{DirectoryUser, NewUser, UserChange, UserFilter};
use crate::domain::page::Page;
use crate::verification::read_json;

const USERS: &str = "/Users";

impl Directory {
    /// The user, if there is one; read a moment ago, perhaps.
    pub async fn user(&self, id: Uuid) -> Result<Option<DirectoryUser>, DirectoryError> {
        self.users.get(id, self.read_user(id)).await
    }

    async fn read_user(&self, id: Uuid) -> Result<Option<DirectoryUser>, DirectoryError> {
        let found: Option<UserResource> = self.fetch("user", &user_path(id), &[]).await?;
        Ok(found.map(DirectoryUser::from))
    }

    /// One page of users, and how many there are.
    pub async fn users(
        &self,
        filter: &UserFilter,
        page: Page,
    ) -> Result<(i64, Vec<DirectoryUser>), DirectoryError> {
        let filter = match filter {
            UserFilter::Everyone => None,
            UserFilter::Email(email) => Some(format!("userName eq {}", quoted(email.as_str()))),
            UserFilter::Text(text) => {
                let text = quoted(text);
                Some(format!("userName co {text} or displayName co {text}"))
            }
        };
        self.list_users(filter, page).await
    }

    /// One page of the users that a SCIM filter describes, and how many there are.
    pub(super) async fn list_users(
        &self,
        filter: Option<String>,
        page: Page,
    ) -> Result<(i64, Vec<DirectoryUser>), DirectoryError> {
        let mut query = page_query(page).to_vec();
        query.extend(filter.map(|filter| ("filter", filter)));
        let what = "users";
        let list: Option<ListResponse<UserResource>> = self.fetch(what, USERS, &query).await?;
        let list = list.ok_or_else(|| unexpected(what, &Reply::NotFound))?;
        let users = list.resources.into_iter().map(DirectoryUser::from).collect();
        Ok((list.total_results, users))
    }

    /// Makes a user.
    pub async fn create_user(&self, new: &NewUser) -> Result<DirectoryUser, DirectoryError> {
        let what = "new user";
        let mut body = json!({ "schemas": [USER], "userName": new.email.as_str(), "active": new.active });
        if let Some(name) = &new.name {
            body["displayName"] = name.as_str().into();
        }
        if let Some(password) = &new.password {
            body["password"] = password.expose().into();
        }
        let _change = self.users.change();
        match self
            .send(Request::write(what, Method::POST, USERS, Some(body)))
            .await?
        {
            Reply::Resource(body) => Ok(read_json::<UserResource>(what, &body)?.into()),
            Reply::Taken => Err(email_taken()),
            // What the other fields may hold was checked; how good a password must be is not known here.
            Reply::Invalid(detail) if new.password.is_some() => {
                Err(DirectoryError::field("password", detail))
            }
            Reply::Invalid(detail) => Err(DirectoryError::field("non_field_errors", detail)),
            reply => Err(unexpected(what, &reply)),
        }
    }

    /// Changes a user; `None` when there is none.
    pub async fn update_user(
        &self,
        id: Uuid,
        change: &UserChange,
    ) -> Result<Option<DirectoryUser>, DirectoryError> {
        let what = "user's change";
        let replace = |path: &str, value: Value| json!({ "op": "replace", "path": path, "value": value });
        let operations: Vec<Value> = [
            change
                .email
                .as_ref()
                .map(|email| replace("userName", email.as_str().into())),
            change
                .name
                .as_ref()
                .map(|name| replace("displayName", name.as_str().into())),
            change.active.map(|active| replace("active", active.into())),
        ]
        .into_iter()
        .flatten()
        .collect();
        if operations.is_empty() {
            return self.user(id).await;
        }
        let _change = self.users.change();
        let path = user_path(id);
        let request = Request::write(what, Method::PATCH, &path, Some(patch(&operations)));
        match self.send(request).await? {
            Reply::Resource(body) => Ok(Some(read_json::<UserResource>(what, &body)?.into())),
            // RFC 7644 section 3.5.2: the answer may leave the resource out.
            Reply::NoContent => self.read_user(id).await,
            Reply::NotFound => Ok(None),
            Reply::Taken => Err(email_taken()),
            Reply::Invalid(detail) => Err(DirectoryError::field("non_field_errors", detail)),
        }
    }

    /// Deletes a user; `false` when there was none.
    pub async fn delete_user(&self, id: Uuid) -> Result<bool, DirectoryError> {
        let what = "user's deletion";
        let _change = self.users.change();
        let path = user_path(id);
        match self
            .send(Request::write(what, Method::DELETE, &path, None))
            .await?
        {
            Reply::NoContent | Reply::Resource(_) => Ok(true),
            Reply::NotFound => Ok(false),
            reply => Err(unexpected(what, &reply)),
        }
    }
}

fn user_path(id: Uuid) -> String {
    format!("{USERS}/{id}")
}

fn email_taken() -> DirectoryError {
    DirectoryError::field("email", "A user with this email address exists already.")
}
