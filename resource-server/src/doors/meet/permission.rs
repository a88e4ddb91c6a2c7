//! The scopes of the Meet API.

use crate::bearer::permissions;

permissions! {
    /// See one's rooms.
    List = "rooms:list";
    /// See one room.
    Retrieve = "rooms:retrieve";
    /// Make rooms.
    Create = "rooms:create";
    /// Change rooms.
    Update = "rooms:update";
    /// Delete rooms that the same application made.
    Delete = "rooms:delete";
}
