//! The scopes of the Meet API.

use crate::bearer::Permission;

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $scope:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Permission for $name {
            const SCOPE: &'static str = $scope;
        }
    )*};
}

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
