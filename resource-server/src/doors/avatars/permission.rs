//! What the operations on pictures ask for.

use crate::bearer::permissions;

permissions! {
    /// See pictures.
    Read = "users.avatar:read";
    /// Set and delete pictures.
    Write = "users.avatar:write";
}
