//! SQL. One file per noun; each query runs on SQLite and PostgreSQL as it stands.

mod access;
mod attendee;
mod audit;
mod database;
mod error;
mod room;
mod session;

pub use attendee::Addition;
pub use audit::{Action, AuditEntry};
pub use database::{Database, MIGRATOR, MigrationReport};
pub use error::StoreError;
pub use room::{NewRoom, RoomView, Viewer};
