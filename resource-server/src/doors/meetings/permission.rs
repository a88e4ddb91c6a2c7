//! What the operations on meetings ask for.

use crate::bearer::permissions;

permissions! {
    /// See the user's profile.
    ReadProfile = "user:read";
    /// See one's meetings.
    Read = "meeting:read";
    /// Make meetings.
    Create = "meeting:create";
    /// Change meetings that the user created.
    Update = "meeting:update";
    /// Delete meetings that the user created.
    Delete = "meeting:delete";
    /// Enter meetings as the user.
    Join = "meeting:join";
}
