//! What the operations on users ask for.

use crate::bearer::permissions;

permissions! {
    /// See users.
    Read = "users:read";
    /// Make, change and delete users.
    Write = "users:write";
}
