//! What the operations on conferences ask for.

use crate::bearer::permissions;

permissions! {
    /// See conferences.
    Read = "conferences:read";
    /// Make, change and delete conferences.
    Write = "conferences:write";
}
