//! What the tiers write and read.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::config::Config;
use crate::domain::establishment::{Establishment, Feed, OpeningHours, Publication};
use crate::domain::room::Room;
use crate::doors::conferences::representation::rfc3339;
use crate::http::language::Language;

/// A room as everybody with an API key may see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PublicRoom)]
pub struct PublicRoomBody {
    /// What people call it.
    #[schema(required)]
    name: Option<String>,
    /// Names it in its address.
    #[schema(example = "abc-defg-hij")]
    slug: String,
    /// Where people join it.
    #[schema(format = "uri")]
    url: String,
    /// Who has to wait in the lobby: nobody (`public`), or people who did not sign in (`trusted`).
    access_level: &'static str,
}

impl PublicRoomBody {
    /// For a room that is not restricted.
    pub(super) fn new(room: Room, config: &Config) -> Self {
        Self {
            name: room.name,
            url: format!("{}/{}", config.app_url(), room.slug),
            slug: room.slug,
            access_level: room.access_level.as_str(),
        }
    }
}

/// A room of the user's.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserRoom)]
pub struct RoomBody {
    /// Its id.
    id: Uuid,
    #[serde(flatten)]
    #[schema(inline)]
    room: PublicRoomBody,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
}

impl RoomBody {
    /// For those who have a role in it.
    pub(super) fn new(room: Room, config: &Config) -> Self {
        Self {
            id: room.id,
            created_at: rfc3339(room.created_at),
            room: PublicRoomBody::new(room, config),
        }
    }
}

/// The opening hours of a day, or of a part of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpeningHours)]
pub struct OpeningHoursBody {
    /// `monday` to `sunday`.
    #[schema(example = "monday")]
    pub day: String,
    /// From `00:00`.
    #[schema(example = "09:30")]
    pub opens: String,
    /// After `opens`, until `24:00`.
    #[schema(example = "18:00")]
    pub closes: String,
}

/// A record that is to be made.
#[derive(Debug, ToSchema)]
pub struct NewEstablishment {
    /// What people call the place.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// What it offers.
    #[schema(max_length = 5000)]
    pub description: Option<String>,
    /// Street and house number.
    #[schema(max_length = 300)]
    pub street: Option<String>,
    /// Postal code.
    #[schema(max_length = 20)]
    pub postal_code: Option<String>,
    /// Town.
    #[schema(max_length = 100)]
    pub city: Option<String>,
    /// Country (ISO 3166-1 alpha-2).
    #[schema(pattern = "^[A-Z]{2}$", example = "FR")]
    pub country: Option<String>,
    /// Telephone number.
    #[schema(max_length = 32, example = "+33 1 23 45 67 89")]
    pub phone: Option<String>,
    /// Where to write to.
    #[schema(format = Email)]
    pub email: Option<String>,
    /// Its own pages.
    #[schema(format = "uri", max_length = 2000)]
    pub website: Option<String>,
    /// When it is open.
    #[schema(max_items = 28)]
    pub opening_hours: Option<Vec<OpeningHoursBody>>,
}

/// What is to change of a record: any of its fields.
#[derive(Debug, ToSchema)]
pub struct EstablishmentChange {
    /// What people call the place.
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// What it offers.
    #[schema(max_length = 5000)]
    pub description: Option<String>,
    /// Street and house number.
    #[schema(max_length = 300)]
    pub street: Option<String>,
    /// Postal code.
    #[schema(max_length = 20)]
    pub postal_code: Option<String>,
    /// Town.
    #[schema(max_length = 100)]
    pub city: Option<String>,
    /// Country (ISO 3166-1 alpha-2).
    #[schema(pattern = "^[A-Z]{2}$", example = "FR")]
    pub country: Option<String>,
    /// Telephone number.
    #[schema(max_length = 32, example = "+33 1 23 45 67 89")]
    pub phone: Option<String>,
    /// Where to write to.
    #[schema(format = Email)]
    pub email: Option<String>,
    /// Its own pages.
    #[schema(format = "uri", max_length = 2000)]
    pub website: Option<String>,
    /// When it is open.
    #[schema(max_items = 28)]
    pub opening_hours: Option<Vec<OpeningHoursBody>>,
}

/// A record, with the feeds it is published on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Establishment)]
pub struct EstablishmentBody {
    /// What people call the place.
    name: String,
    /// What it offers.
    #[schema(required)]
    description: Option<String>,
    /// Street and house number.
    #[schema(required)]
    street: Option<String>,
    /// Postal code.
    #[schema(required)]
    postal_code: Option<String>,
    /// Town.
    #[schema(required)]
    city: Option<String>,
    /// Country (ISO 3166-1 alpha-2).
    #[schema(required)]
    country: Option<String>,
    /// Telephone number.
    #[schema(required)]
    phone: Option<String>,
    /// Where to write to.
    #[schema(required, format = Email)]
    email: Option<String>,
    /// Its own pages.
    #[schema(required, format = "uri")]
    website: Option<String>,
    /// When it is open.
    #[schema(value_type = Vec<OpeningHoursBody>)]
    opening_hours: Vec<OpeningHours>,
    /// Where it is published.
    publications: Vec<PublicationBody>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl EstablishmentBody {
    /// For the user whose record it is.
    pub(super) fn new(record: Establishment, publications: &[Publication]) -> Self {
        let details = record.details;
        Self {
            name: details.name,
            description: details.description,
            street: details.street,
            postal_code: details.postal_code,
            city: details.city,
            country: details.country,
            phone: details.phone,
            email: details.email.map(|email| email.to_string()),
            website: details.website,
            opening_hours: details.opening_hours,
            publications: publications.iter().map(PublicationBody::from).collect(),
            created_at: rfc3339(record.created_at),
            updated_at: rfc3339(record.updated_at),
        }
    }
}

/// A feed that the record is published on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Publication)]
pub struct PublicationBody {
    /// The feed.
    #[schema(example = "directory")]
    feed: &'static str,
    /// Since when.
    #[schema(format = DateTime)]
    published_at: String,
}

impl From<&Publication> for PublicationBody {
    fn from(publication: &Publication) -> Self {
        Self {
            feed: publication.feed.as_str(),
            published_at: rfc3339(publication.published_at),
        }
    }
}

/// A feed there is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Feed)]
pub struct FeedBody {
    /// Its name in this API.
    #[schema(example = "directory")]
    feed: &'static str,
    /// What it is.
    description: &'static str,
    /// Since when the user's record is on it.
    #[schema(required, format = DateTime)]
    published_at: Option<String>,
}

impl FeedBody {
    /// With what one user published.
    pub(super) fn new(feed: Feed, language: Language, publications: &[Publication]) -> Self {
        let (english, french) = feed.description();
        let publication = publications.iter().find(|publication| publication.feed == feed);
        Self {
            feed: feed.as_str(),
            description: match language {
                Language::English => english,
                Language::French => french,
            },
            published_at: publication.map(|publication| rfc3339(publication.published_at)),
        }
    }
}
