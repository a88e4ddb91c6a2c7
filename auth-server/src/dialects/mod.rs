//! One file per vendor's dialect: its paths, encodings and error shapes, translated to the flows of the core. No
//! rule of OAuth lives here. A dialect serves the applications of its own profile; all others are unknown to it.

pub mod jiomeet;
pub mod keyed;
pub mod meet;
pub mod trueconf;
