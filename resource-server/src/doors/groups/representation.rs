//! Groups and their members as `/api/v3` writes them.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::actor::Actor;
use crate::domain::directory::{DirectoryUser, Group};

/// A group of users.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Group)]
pub struct GroupBody {
    /// Its id.
    id: Uuid,
    /// Its name; groups may share one.
    #[schema(example = "Sales")]
    name: String,
}

impl From<Group> for GroupBody {
    fn from(group: Group) -> Self {
        Self {
            id: group.id,
            name: group.name,
        }
    }
}

/// A group as a client writes it.
#[derive(Debug, ToSchema)]
#[schema(as = GroupInput)]
pub struct GroupInputBody {
    /// Its name.
    #[schema(min_length = 1, max_length = 200, example = "Sales")]
    pub name: String,
}

/// A user in a group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GroupUser)]
pub struct MemberBody {
    /// The user's id.
    id: Uuid,
    /// What people call the user.
    #[schema(required)]
    name: Option<String>,
    /// What the user signs in with. Shown to applications that act for themselves alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "email", nullable = false)]
    email: Option<String>,
}

impl MemberBody {
    /// Who is in the same group learns the name; addresses of others are not a user's business.
    pub(super) fn new(user: DirectoryUser, reader: &Actor) -> Self {
        Self {
            id: user.id,
            name: user.name,
            email: reader.is_server_wide().then_some(user.email),
        }
    }
}
