//! A meeting as `/api/meetings` writes and reads it.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::config::Config;
use crate::domain::access::Participant;
use crate::domain::attendee::Email;
use crate::domain::room::Room;
use crate::doors::conferences::representation::{ParticipantBody, ScheduleBody, rfc3339};
use crate::store::RoomView;

/// A meeting.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Meeting)]
pub struct MeetingBody {
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
    /// Its page, for people.
    #[schema(format = "uri")]
    url: String,
    /// Who has to wait in the lobby: nobody (`public`), people who did not sign in (`trusted`), or
    /// everybody who is not a participant (`restricted`).
    access_level: &'static str,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// Who has a role in it. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    participants: Option<Vec<ParticipantBody>>,
    /// Who is invited by e-mail address. For owners and administrators; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    attendees: Option<Vec<String>>,
}

/// What a meeting is to be; every field may be left out.
#[derive(Debug, ToSchema)]
pub struct MeetingFields {
    /// What people call it; null or blank for none.
    #[schema(max_length = 200, example = "Monday round")]
    pub name: Option<String>,
    /// What it is about; null or blank for none.
    #[schema(max_length = 4000)]
    pub description: Option<String>,
    /// When it is planned; null for not at all.
    pub schedule: Option<ScheduleBody>,
    /// `trusted` or `restricted`: a meeting cannot be made public through this API.
    #[schema(nullable = false, example = "trusted")]
    pub access_level: Option<String>,
    /// Who is invited by e-mail address. A new list takes the place of the old one.
    #[schema(nullable = false, max_items = 500, example = json!(["ann@example.org"]))]
    pub attendees: Option<Vec<String>>,
}

impl MeetingBody {
    /// As it stands in a list.
    pub(super) fn new(room: Room, config: &Config) -> Self {
        Self {
            id: room.id,
            name: room.name,
            description: room.description,
            schedule: room.schedule.map(ScheduleBody::from),
            url: format!("{}/{}", config.app_url(), room.slug),
            slug: room.slug,
            access_level: room.access_level.as_str(),
            created_at: rfc3339(room.created_at),
            participants: None,
            attendees: None,
        }
    }

    /// With the people, as far as the viewer may see them.
    pub(super) fn detailed(view: RoomView, participants: Vec<Participant>, config: &Config) -> Self {
        let attendees = view.role.may_manage().then_some(view.attendees);
        let addresses = |emails: Vec<Email>| emails.iter().map(Email::to_string).collect();
        Self {
            participants: Some(participants.into_iter().map(Into::into).collect()),
            attendees: attendees.map(addresses),
            ..Self::new(view.room, config)
        }
    }
}
