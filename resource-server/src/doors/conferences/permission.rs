//! What the operations on conferences ask for.

use crate::bearer::permissions;

permissions! {
    /// See conferences.
    Read = "conferences:read";
    /// Make, change and delete conferences.
    Write = "conferences:write";
    /// See who takes part.
    ReadParticipants = "conferences.participants:read";
    /// Say who takes part.
    WriteParticipants = "conferences.participants:write";
    /// See and say who is invited: one permission for both.
    Invitations = "conferences.invitations";
    /// See recordings.
    ReadRecords = "conferences.records:read";
    /// See templates.
    ReadTemplates = "templates.conferences:read";
    /// Make, change and delete templates.
    WriteTemplates = "templates.conferences:write";
}
