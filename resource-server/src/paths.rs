//! Every URL path of this server.

use url::Url;

/// The Meet API: all its routes lie below.
pub const MEET: &str = "/external-api/v1.0";
/// The collection of rooms.
pub const ROOMS: &str = "/external-api/v1.0/rooms";
/// The same, as the documents' clients also write it.
pub const ROOMS_SLASH: &str = "/external-api/v1.0/rooms/";
/// One room.
pub const ROOM: &str = "/external-api/v1.0/rooms/{id}";
/// The same, as the documents' clients also write it.
pub const ROOM_SLASH: &str = "/external-api/v1.0/rooms/{id}/";
/// The Meet API's description.
pub const MEET_OPENAPI: &str = "/external-api/v1.0/openapi.json";
/// Conferences.
pub const CONFERENCES: &str = "/api/v3/conferences";
/// One conference.
pub const CONFERENCE: &str = "/api/v3/conferences/{id}";
/// Users.
pub const USERS: &str = "/api/v3/users";
/// One user.
pub const USER: &str = "/api/v3/users/{id}";
/// A user's contacts.
pub const ADDRESSBOOK: &str = "/api/v3/users/{id}/addressbook";
/// One of a user's contacts.
pub const CONTACT: &str = "/api/v3/users/{id}/addressbook/{contact_id}";
/// About a user's picture.
pub const AVATAR: &str = "/api/v3/users/{id}/avatar";
/// A user's picture.
pub const AVATAR_IMAGE: &str = "/api/v3/users/{id}/avatar/image";
/// Groups.
pub const GROUPS: &str = "/api/v3/groups";
/// One group.
pub const GROUP: &str = "/api/v3/groups/{id}";
/// The users of a group.
pub const GROUP_USERS: &str = "/api/v3/groups/{id}/users";
/// One user of a group.
pub const GROUP_USER: &str = "/api/v3/groups/{id}/users/{user_id}";
/// The users with a role in a conference.
pub const PARTICIPANTS: &str = "/api/v3/conferences/{id}/participants";
/// One of them.
pub const PARTICIPANT: &str = "/api/v3/conferences/{id}/participants/{user_id}";
/// The people invited to a conference by e-mail address.
pub const INVITATIONS: &str = "/api/v3/conferences/{id}/invitations";
/// One of them.
pub const INVITATION: &str = "/api/v3/conferences/{id}/invitations/{email}";
/// The recordings of a conference.
pub const RECORDS: &str = "/api/v3/conferences/{id}/records";
/// One of them.
pub const RECORD: &str = "/api/v3/conferences/{id}/records/{record_id}";
/// The running session of a conference.
pub const SESSION: &str = "/api/v3/conferences/{id}/session";
/// Who is in it.
pub const SESSION_PARTICIPANTS: &str = "/api/v3/conferences/{id}/session/participants";
/// One of them.
pub const SESSION_PARTICIPANT: &str = "/api/v3/conferences/{id}/session/participants/{user_id}";
/// One of those on its podium.
pub const PODIUM: &str = "/api/v3/conferences/{id}/session/podium/{user_id}";
/// All running sessions.
pub const SESSIONS: &str = "/api/v3/sessions";
/// The log of calls.
pub const CALLS: &str = "/api/v3/logs/calls";
/// One call.
pub const CALL: &str = "/api/v3/logs/calls/{id}";
/// Who was in it.
pub const CALL_PARTICIPANTS: &str = "/api/v3/logs/calls/{id}/participants";
/// Who was invited to it.
pub const CALL_INVITES: &str = "/api/v3/logs/calls/{id}/invites";
/// What conferences may start from.
pub const TEMPLATES: &str = "/api/v3/templates/conferences";
/// One of them.
pub const TEMPLATE: &str = "/api/v3/templates/conferences/{id}";
/// The description of all doors but the Meet API.
pub const OPENAPI: &str = "/openapi.json";
/// The profile of a token's user.
pub const USER_PROFILE: &str = "/api/user/profile";
/// The collection of meetings.
pub const MEETINGS: &str = "/api/meetings";
/// One meeting.
pub const MEETING: &str = "/api/meetings/{id}";
/// The way into a meeting.
pub const MEETING_JOIN: &str = "/api/meetings/{id}/join";
/// Protected resource metadata (RFC 9728).
pub const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";
/// A room's page. Only a slug leads there: every other word is no route.
pub const ROOM_PAGE: &str = "/{slug}";
/// Changes the room's name.
pub const ROOM_PAGE_NAME: &str = "/webapp/rooms/{slug}/name";
/// Changes who gets into the room.
pub const ROOM_PAGE_ACCESS_LEVEL: &str = "/webapp/rooms/{slug}/access-level";
/// Adds an attendee.
pub const ROOM_PAGE_ATTENDEES: &str = "/webapp/rooms/{slug}/attendees";
/// Takes an attendee off the room.
pub const ROOM_PAGE_REMOVE_ATTENDEE: &str = "/webapp/rooms/{slug}/attendees/remove";
/// Leads to the authorization server.
pub const SIGN_IN: &str = "/webapp/sign-in";
/// Where the authorization server sends people back to.
pub const SIGN_IN_CALLBACK: &str = "/webapp/callback";
/// Ends a sign-in.
pub const SIGN_OUT: &str = "/webapp/sign-out";
/// Style sheet and logo of the pages.
pub const ASSET: &str = "/assets/{name}";
/// The public key to which introspection answers are encrypted (RFC 7517).
pub const JWKS: &str = "/jwks";
/// The open tier: what the service is, and whether it works.
pub const EXT_STATUS: &str = "/ext/status";
/// The permissions that applications may ask for.
pub const EXT_PERMISSIONS: &str = "/ext/permissions";
/// The tier of API keys: a room by the name in its address.
pub const PUBLIC_ROOM: &str = "/public/rooms/{slug}";
/// The tier of API keys and users: the user.
pub const USER_ME: &str = "/user/me";
/// The user's rooms.
pub const USER_ROOMS: &str = "/user/rooms";
/// The tier of establishments: the user's record.
pub const ESTABLISHMENT: &str = "/pro/establishment";
/// The record on one feed.
pub const PUBLICATION: &str = "/pro/establishment/publications/{feed}";
/// The feeds there are.
pub const FEEDS: &str = "/pro/feeds";
/// Is the process alive?
pub const HEALTH_LIVE: &str = "/health/live";
/// Can it serve requests?
pub const HEALTH_READY: &str = "/health/ready";
/// For Prometheus.
pub const METRICS: &str = "/metrics";

/// Where this server's metadata is: RFC 9728 section 3.1 puts the well-known part between the host
/// and the path of the resource's own URL.
pub fn protected_resource(resource: &Url) -> Url {
    let mut url = resource.clone();
    let path = format!("{PROTECTED_RESOURCE}{}", resource.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::protected_resource;

    /// F12
    #[test]
    fn the_metadata_of_a_resource_with_a_path_is_before_the_path() {
        let of = |resource: &str| protected_resource(&resource.parse().unwrap()).to_string();
        assert_eq!(
            of("https://rooms.example"),
            "https://rooms.example/.well-known/oauth-protected-resource"
        );
        assert_eq!(
            of("https://example.org/rooms/"),
            "https://example.org/.well-known/oauth-protected-resource/rooms"
        );
    }
}
