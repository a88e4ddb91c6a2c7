//! The authorization server over HTTP: one binary; files mirror endpoints and flows.

#![expect(
    unreachable_pub,
    reason = "the harness is a library to the other files of this binary"
)]
#![expect(missing_docs, reason = "test names say what they show")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod harness;

mod authorize;
mod authorize_params;
mod code;
mod consent;
mod consent_scope;
mod form_post;
mod forwarded;
mod login;
mod login_throttle;
mod page_headers;
mod prompt;
mod redirect_uri;
mod registration_rules;
mod session;
