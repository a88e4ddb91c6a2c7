//! A template: what new conferences may start from.

use uuid::Uuid;

use super::access::Participant;
use super::change::Change;

/// A template as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Template {
    /// Names it.
    pub id: Uuid,
    /// The user it belongs to, unless an application made it for itself.
    pub owner: Option<Uuid>,
    /// The application that made it.
    pub client_id: String,
    /// What people call it; conferences made from it are called so, too.
    pub name: String,
    /// What they are about.
    pub description: Option<String>,
    /// How long they are to last, in minutes.
    pub duration_minutes: Option<i64>,
    /// Who has which role in them, each user once.
    pub participants: Vec<Participant>,
    /// Unix seconds.
    pub created_at: i64,
}

/// What an update changes; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct TemplateChange {
    /// The new name.
    pub name: Option<String>,
    /// The new description.
    pub description: Change<String>,
    /// The new duration, in minutes.
    pub duration_minutes: Change<i64>,
    /// The new participants, in place of the old ones.
    pub participants: Option<Vec<Participant>>,
}
