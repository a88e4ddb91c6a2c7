//! A conference as `/api/v3` writes and reads it.

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::config::Config;
use crate::domain::access::Participant;
use crate::domain::room::{self, Room};
use crate::http::error::ApiError;
use crate::state::State;

/// A conference.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Conference)]
pub struct ConferenceBody {
    /// Names it in this API; the same as the id of its room.
    id: Uuid,
    /// What people call it.
    #[schema(required, example = "Monday round")]
    name: Option<String>,
    /// What it is about.
    #[schema(required)]
    description: Option<String>,
    /// When it is planned.
    #[schema(required)]
    schedule: Option<ScheduleBody>,
    /// Names it in its address.
    #[schema(example = "abc-defg-hij")]
    slug: String,
    /// Where people join it.
    #[schema(format = "uri")]
    url: String,
    /// Who has to wait in the lobby: nobody (`public`), people who did not sign in (`trusted`), or
    /// everybody who is not a participant (`restricted`).
    #[schema(pattern = "^(public|trusted|restricted)$")]
    access_level: &'static str,
    /// The users who own it.
    owners: Vec<Uuid>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
}

/// When a conference is planned.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Schedule)]
pub struct ScheduleBody {
    /// Its beginning.
    #[schema(format = DateTime, example = "2030-01-31T09:30:00Z")]
    starts_at: String,
    /// How long it is to last.
    #[schema(minimum = 1, maximum = 10_080)]
    duration_minutes: i64,
}

/// A user with a role in a conference or meeting.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Participant)]
pub struct ParticipantBody {
    /// The user.
    user_id: Uuid,
    /// What they are in it.
    #[schema(pattern = "^(owner|administrator|member)$", example = "member")]
    role: &'static str,
}

impl From<Participant> for ParticipantBody {
    fn from(participant: Participant) -> Self {
        Self {
            user_id: participant.user_id,
            role: participant.role.as_str(),
        }
    }
}

impl ConferenceBody {
    /// For anybody who may see it.
    pub(super) async fn one(room: Room, state: &State) -> Result<Self, ApiError> {
        let mut bodies = Self::all(vec![room], state).await?;
        bodies
            .pop()
            .ok_or_else(|| ApiError::internal("a room is gone from a list"))
    }

    /// The same of many rooms.
    pub(super) async fn all(rooms: Vec<Room>, state: &State) -> Result<Vec<Self>, ApiError> {
        let ids: Vec<Uuid> = rooms.iter().map(|room| room.id).collect();
        let mut owners: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for (room, user) in state.database.owners(&ids).await? {
            owners.entry(room).or_default().push(user);
        }
        let bodies = rooms.into_iter().map(|room| {
            let owners = owners.remove(&room.id).unwrap_or_default();
            Self::new(room, owners, &state.config)
        });
        Ok(bodies.collect())
    }

    fn new(room: Room, owners: Vec<Uuid>, config: &Config) -> Self {
        Self {
            owners,
            id: room.id,
            name: room.name,
            description: room.description,
            schedule: room.schedule.map(ScheduleBody::from),
            url: format!("{}/{}", config.app_url(), room.slug),
            slug: room.slug,
            access_level: room.access_level.as_str(),
            created_at: rfc3339(room.created_at),
        }
    }
}

impl From<room::Schedule> for ScheduleBody {
    fn from(schedule: room::Schedule) -> Self {
        Self {
            starts_at: rfc3339(schedule.starts_at),
            duration_minutes: schedule.duration_minutes,
        }
    }
}

/// Unix seconds as RFC 3339 writes them, in UTC.
pub(in crate::doors) fn rfc3339(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}
