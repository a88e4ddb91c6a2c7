//! Three ways to see the same rooms. A door translates; the rules are in `domain`.

pub mod meet;
