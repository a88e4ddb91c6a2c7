//! What the operations on groups and their members ask for.

use crate::bearer::permissions;

permissions! {
    /// See groups.
    Read = "groups:read";
    /// Make, change and delete groups.
    Write = "groups:write";
    /// See who is in a group.
    ReadMembers = "groups.users:read";
    /// Put users into a group and take them out.
    WriteMembers = "groups.users:write";
}
