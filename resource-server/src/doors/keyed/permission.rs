//! What the tiers of users ask for.

use crate::bearer::permissions;

permissions! {
    /// Act as the user.
    Act = "user";
}
