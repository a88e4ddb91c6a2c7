//! The resource server over HTTP, on SQLite and PostgreSQL, with a real issuer beside it.
//!
//! PostgreSQL is expected at 127.0.0.1:5432 (user postgres); TEST_POSTGRES_URL names another,
//! and ANTEROOM_TEST_SKIP_POSTGRES=1 leaves its tests out.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![expect(unreachable_pub, reason = "the harness is a library for this binary alone")]

mod harness;

mod addressbook;
mod avatars;
mod bearer;
mod call_logs;
mod command_line;
mod conferences;
mod conferences_change;
mod conferences_invitations;
mod conferences_participants;
mod conferences_records;
mod conferences_templates;
mod descriptions;
mod directory;
mod discovery;
mod every_route;
mod groups;
mod hostile;
mod introspection;
mod jwks;
mod jwt_attacks;
mod keyed;
mod keyed_tiers;
mod meeting_join;
mod meetings;
mod openapi;
mod outage;
mod profile;
mod revocation;
mod room_page;
mod room_page_changes;
mod room_page_sign_in;
mod rooms_create;
mod rooms_delete;
mod rooms_list;
mod rooms_retrieve;
mod rooms_update;
mod sessions;
mod signed_introspection;
mod users;
