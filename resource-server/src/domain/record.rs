//! A recording of a room: what is known about it. The recording itself is elsewhere.

use uuid::Uuid;

/// A recording.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// Names it.
    pub id: Uuid,
    /// The room that was recorded.
    pub room_id: Uuid,
    /// What people call it.
    pub name: String,
    /// Unix seconds.
    pub started_at: i64,
    /// How long it is.
    pub duration_seconds: i64,
    /// How much there is to download, where it is known.
    pub size_bytes: Option<i64>,
    /// Where, if it can be downloaded at all.
    pub url: Option<String>,
}
