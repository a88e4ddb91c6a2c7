//! What the operations on address books ask for.

use crate::bearer::permissions;

permissions! {
    /// See contacts.
    Read = "users.addressbook:read";
    /// Make, change and delete contacts.
    Write = "users.addressbook:write";
}
