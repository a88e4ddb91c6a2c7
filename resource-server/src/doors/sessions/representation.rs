//! A session and who is in it, as `/api/v3` writes them.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::access::Role;
use crate::domain::call::{Attendance, Call};
use crate::doors::conferences::representation::rfc3339;

/// What somebody without a role is.
const GUEST: &str = "guest";

/// A running session of a conference.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionBody {
    /// Names it, also in the log of calls.
    id: Uuid,
    /// The conference.
    conference_id: Uuid,
    /// What the conference was called when it started.
    #[schema(required)]
    name: Option<String>,
    /// When it started.
    #[schema(format = DateTime)]
    started_at: String,
    /// Whether it becomes a recording when it ends.
    record: bool,
    /// How many users are in it now.
    #[schema(minimum = 0)]
    participants: i64,
}

impl From<Call> for SessionBody {
    fn from(call: Call) -> Self {
        Self {
            id: call.id,
            conference_id: call.room_id,
            name: call.name,
            started_at: rfc3339(call.started_at),
            record: call.recorded,
            participants: call.participants,
        }
    }
}

/// A user who is in a session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SessionParticipant)]
pub struct PresentBody {
    /// The user.
    user_id: Uuid,
    /// What the others read, where it is known.
    #[schema(required)]
    name: Option<String>,
    /// What they were in the conference when they joined.
    #[schema(pattern = "^(owner|administrator|member|attendee|guest)$")]
    role: &'static str,
    /// When they joined.
    #[schema(format = DateTime)]
    joined_at: String,
    /// Whether they are on the podium.
    on_podium: bool,
}

impl From<Attendance> for PresentBody {
    fn from(stay: Attendance) -> Self {
        Self {
            user_id: stay.user_id,
            name: stay.name,
            role: role(stay.role),
            joined_at: rfc3339(stay.joined_at),
            on_podium: stay.on_podium,
        }
    }
}

/// The word for what somebody is in a call.
pub(in crate::doors) fn role(role: Option<Role>) -> &'static str {
    role.map_or(GUEST, Role::as_str)
}
