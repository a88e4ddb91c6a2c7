//! SQL. One file per noun; each query runs on SQLite and PostgreSQL as it stands.

mod access;
mod attendee;
mod audit;
mod avatar;
mod call;
mod call_participant;
mod contact;
mod database;
mod error;
mod establishment;
mod record;
mod room;
mod session;
mod template;
mod user;

pub use audit::{Action, AuditEntry};
pub use call_participant::Arrival;
pub use contact::ContactOutcome;
pub use database::{Database, MIGRATOR, MigrationReport};
pub use error::StoreError;
pub use room::{NewRoom, RoomView, Viewer};
