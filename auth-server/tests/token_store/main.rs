//! The contract of the token store: every test here runs on Redis, SQLite and PostgreSQL.
//!
//! Redis is taken from `TEST_REDIS_URL` (default 127.0.0.1:6379), PostgreSQL from `TEST_POSTGRES_URL` (default
//! user postgres at 127.0.0.1:5432). A server that does not answer fails the tests; nothing is skipped.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

#[macro_use]
mod backend;
mod fixtures;
#[expect(unreachable_pub, reason = "shared with the harness of the API tests")]
#[path = "../api/harness/ports.rs"]
mod ports;

mod access;
mod codes;
mod counters;
mod events;
mod instances;
mod killed;
mod listing;
mod outage;
mod revocation;
mod rotation;
mod secrecy;
mod sessions;
mod sweep;
mod throughput;
