//! Users and groups as other systems keep them in step (SCIM, RFC 7643).

use uuid::Uuid;

use super::secret::PlainToken;
use super::user::User;

/// A user with what provisioning needs beside the account itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub user: User,
    /// What the provisioning system calls the user.
    pub external_id: Option<String>,
    /// One more with every change.
    pub version: i64,
    /// Seconds since the Unix epoch.
    pub updated_at: i64,
}

/// What to change about a user; what is none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonChange {
    /// The address the user signs in with, normalized.
    pub email: Option<String>,
    /// The name on pages.
    pub name: Option<String>,
    /// The provisioning system's id; `Some(None)` takes it away.
    pub external_id: Option<Option<String>>,
    /// Whether the user may sign in.
    pub active: Option<bool>,
    /// The password; `Some(None)` takes it away.
    pub password: Option<Option<PlainToken>>,
}

/// A group of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// A UUIDv7.
    pub id: Uuid,
    /// Shown to people; several groups may have the same.
    pub name: String,
    /// What the provisioning system calls the group.
    pub external_id: Option<String>,
    /// One more with every change, of its members too.
    pub version: i64,
    /// Seconds since the Unix epoch.
    pub created_at: i64,
    /// Seconds since the Unix epoch.
    pub updated_at: i64,
}

/// A user in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The group.
    pub group_id: Uuid,
    /// The user.
    pub user_id: Uuid,
}

/// What to change about a group; the changes of its members are made in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupChange {
    /// The name.
    pub name: Option<String>,
    /// The provisioning system's id; `Some(None)` takes it away.
    pub external_id: Option<Option<String>>,
    /// The members.
    pub members: Vec<MemberChange>,
}

/// One change of a group's members. Adding who is in, or removing who is not, changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// Everybody leaves.
    Clear,
    /// Users join.
    Add(Vec<Uuid>),
    /// Users leave.
    Remove(Vec<Uuid>),
}

/// A part of a list, and how long all of it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The part.
    pub items: Vec<T>,
    /// How many there are.
    pub total: i64,
}
