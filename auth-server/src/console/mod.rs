//! The console: pages for people, and the same as JSON for programs.

pub mod account;
pub mod admin;
pub mod api;
pub mod developer;
mod guard;
pub mod outbox;
pub mod people;
pub mod webhooks;

use crate::pages::Moment;

/// A moment as the lists of the administration show it.
fn moment(seconds: i64) -> String {
    Moment(seconds).to_string()
}

/// The place in a list that `before` in a query names: time and id of the last line that was shown.
fn place(before: Option<&str>) -> Option<(i64, &str)> {
    let (at, id) = before?.split_once('.')?;
    Some((at.parse().ok()?, id))
}
