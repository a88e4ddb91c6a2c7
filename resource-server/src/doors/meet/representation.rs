//! A room as the Meet API writes it.

use serde::Serialize;
use uuid::Uuid;

use crate::config::Config;
use crate::domain::attendee::Email;
use crate::domain::room::Room;
use crate::store::RoomView;

/// The documents' Room. `name` and `attendees` are there only when they say something.
#[derive(Debug, Serialize)]
pub(super) struct RoomBody<'a> {
    id: Uuid,
    slug: &'a str,
    access_level: &'static str,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    telephony: Option<Telephony<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attendees: Option<Vec<&'a str>>,
}

#[derive(Debug, Serialize)]
struct Telephony<'a> {
    enabled: bool,
    pin_code: &'a str,
    phone_number: &'a str,
    default_country: &'a str,
}

impl<'a> RoomBody<'a> {
    /// For anybody who may see the room.
    pub(super) fn new(room: &'a Room, config: &'a Config) -> Self {
        let telephony = config
            .telephony
            .enabled
            .then_some(room.pin_code.as_deref())
            .flatten();
        Self {
            id: room.id,
            slug: &room.slug,
            access_level: room.access_level.as_str(),
            url: format!("{}/{}", config.app_url(), room.slug),
            name: room.name.as_deref(),
            telephony: telephony.map(|pin_code| Telephony {
                enabled: true,
                pin_code,
                phone_number: &config.telephony.phone_number,
                default_country: &config.telephony.default_country,
            }),
            attendees: None,
        }
    }

    /// With the list of attendees, for those who manage the room.
    pub(super) fn of_view(view: &'a RoomView, config: &'a Config) -> Self {
        let attendees = view
            .role
            .may_manage()
            .then(|| view.attendees.iter().map(Email::as_str).collect());
        Self {
            attendees,
            ..Self::new(&view.room, config)
        }
    }
}
