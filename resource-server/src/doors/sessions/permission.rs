//! What the operations on sessions ask for.

use crate::bearer::permissions;

permissions! {
    /// See sessions.
    Read = "conferences.sessions:read";
    /// Start and end them: a matter of the conference.
    Write = "conferences:write";
    /// See who is in.
    ReadParticipants = "conferences.sessions.participants:read";
    /// Let people in and out.
    WriteParticipants = "conferences.participants:write";
    /// Say who is on the podium.
    Podium = "conferences.sessions.podiums.participants";
}
