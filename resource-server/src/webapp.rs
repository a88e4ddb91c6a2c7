//! The pages of rooms for people: what a room is and how to join it; for its owner, signed in through the
//! authorization server, also who gets in.

pub mod access_level;
pub mod assets;
pub mod attendees;
pub mod callback;
mod cookies;
mod editor;
mod failure;
mod form;
pub mod frame;
pub mod name;
pub mod room;
mod session;
pub mod sign_in;
pub mod sign_out;
mod visitor;
