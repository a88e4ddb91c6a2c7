//! What the operations on the log of calls ask for.

use crate::bearer::permissions;

permissions! {
    /// See calls.
    Read = "logs.calls:read";
    /// See who was in.
    ReadParticipants = "logs.calls.participants:read";
    /// See who was invited.
    ReadInvites = "logs.calls.invites:read";
}
