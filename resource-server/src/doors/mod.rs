//! Ways to see the same rooms. A door translates; the rules are in `domain`.

pub mod conferences;
mod fields;
pub mod keyed;
pub mod meet;
mod room;
