//! Three ways to see the same rooms. A door translates; the rules are in `domain`.

pub mod conferences;
mod fields;
pub mod meet;
pub mod meetings;
mod room;
