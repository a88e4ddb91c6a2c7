//! Ways to see the same rooms, and what belongs to users. A door translates; the rules are in `domain`.

pub mod addressbook;
pub mod avatars;
mod call;
pub mod call_logs;
pub mod conferences;
mod fields;
pub mod groups;
pub mod keyed;
pub mod meet;
pub mod meetings;
mod room;
pub mod sessions;
pub mod users;
