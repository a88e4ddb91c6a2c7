//! What people may do on this server beside using applications.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::user::User;

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Administer the server.
    Admin,
    /// Register applications (S4.3).
    Developer,
    /// Review applications.
    Reviewer,
    /// Look at everything and change nothing.
    Auditor,
}

impl Role {
    /// Every role, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Developer, Self::Reviewer, Self::Auditor];

    /// Its name in the API and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Reviewer => "reviewer",
            Self::Auditor => "auditor",
        }
    }
}

impl Role {
    /// The roles of a user.
    pub fn of(user: &User) -> Vec<Self> {
        let has = |role: &Self| match role {
            Self::Admin => user.is_admin,
            Self::Developer => user.is_developer,
            Self::Reviewer => user.is_reviewer,
            Self::Auditor => user.is_auditor,
        };
        Self::ALL.into_iter().filter(has).collect()
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == name)
            .ok_or_else(|| format!("unknown role {name:?}; known: admin, developer, reviewer, auditor"))
    }
}

/// Which roles to give and to take; what is none stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RolesChange {
    /// Administer the server.
    pub admin: Option<bool>,
    /// Register applications.
    pub developer: Option<bool>,
    /// Review applications.
    pub reviewer: Option<bool>,
    /// Look at everything.
    pub auditor: Option<bool>,
}

impl RolesChange {
    /// Gives or takes one role.
    pub fn set(&mut self, role: Role, given: bool) {
        let field = match role {
            Role::Admin => &mut self.admin,
            Role::Developer => &mut self.developer,
            Role::Reviewer => &mut self.reviewer,
            Role::Auditor => &mut self.auditor,
        };
        *field = Some(given);
    }

    /// The roles of a list are given, and all others taken.
    pub fn exactly(roles: &[Role]) -> Self {
        let mut change = Self::default();
        for role in Role::ALL {
            change.set(role, roles.contains(&role));
        }
        change
    }

    /// Whether it changes nothing.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}
